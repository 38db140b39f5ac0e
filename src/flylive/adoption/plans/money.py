"""Money: history goes over as it stands, and nothing of it is made to add up."""

from flylive.adoption.plans import Change, Left, Plan, one_of

_BEFORE_IT = """(SELECT p.{moment} FROM old_{table} p
                 WHERE p.id < o.id AND p.{moment} IS NOT NULL ORDER BY p.id DESC LIMIT 1)"""


def moment(table: str, column: str, *others: str) -> str:
    """When a row happened; without a date, as the row before it, else on the adoption's day."""
    columns = ", ".join(f"o.{name}" for name in (column, *others))
    return f"COALESCE({columns}, {_BEFORE_IT.format(table=table, moment=column)}, now())"


def _dated(table: str, column: str, *others: str) -> Change:
    return Change(
        column,
        moment(table, column, *others),
        f"o.{column} IS NULL",
        "is missing: as the row before it",
    )


_KEPT = "stands as it was found"

GIFT_TRANSACTIONS = Plan(
    "gift_transactions",
    prepare=(
        f"""
        CREATE TEMP TABLE adopt_earnings ON COMMIT DROP AS
        SELECT e.id, e.source_id, e.agency_id, e.commission_rate,
               {moment("gift_transactions", "sent_at")} AS sent_at,
               row_number() OVER (PARTITION BY e.source_id ORDER BY e.id) AS place
        FROM old_agency_earnings e JOIN old_gift_transactions o ON o.id = e.source_id
        JOIN agencies a ON a.id = e.agency_id
        WHERE lower(btrim(e.source_type)) = 'gift' AND e.user_id = o.recipient_id
          AND e.commission_amount = o.agency_commission;
        DELETE FROM adopt_earnings WHERE place > 1;
        ALTER TABLE adopt_earnings ADD PRIMARY KEY (id);
        CREATE UNIQUE INDEX ON adopt_earnings (source_id);
        ANALYZE adopt_earnings;
        """,
    ),
    joins="LEFT JOIN adopt_earnings e ON e.source_id = o.id",
    changes=(
        Change("is_adopted", "true"),
        Change("batch_id", "o.id"),
        Change("quantity", None, "o.quantity NOT BETWEEN 1 AND 9999", _KEPT),
        Change(
            "price",
            """CASE WHEN o.quantity > 0 THEN round(o.total_cost / o.quantity, 2)
                    ELSE o.total_cost END""",
        ),
        Change(
            "total_cost",
            "o.total_cost",
            """o.total_cost <> o.recipient_earnings + COALESCE(o.agency_commission, 0)
                               + COALESCE(o.platform_fee, 0)""",
            f"is not the sum of its parts: {_KEPT}",
        ),
        Change("agency_id", "e.agency_id"),
        Change("commission_rate", "COALESCE(LEAST(GREATEST(e.commission_rate, 0), 100), 0)"),
        Change("sender_id", "o.sender_id", "o.sender_id = o.recipient_id", f"to himself: {_KEPT}"),
        _dated("gift_transactions", "sent_at"),
    ),
)

AGENCY_EARNINGS = Plan(
    "agency_earnings",
    joins="LEFT JOIN adopt_earnings e ON e.id = o.id",
    changes=(
        Change("is_adopted", "true"),
        Change(
            "source_id",
            "o.source_id",
            "lower(btrim(o.source_type)) = 'gift' AND e.id IS NULL",
            "no gift of that id went to him with that commission: the earning does not open into"
            " a gift",
        ),
        Change("source_date", "e.sent_at"),
        Change(
            "commission_amount",
            "o.commission_amount",
            "o.commission_amount NOT BETWEEN 0 AND o.amount",
            f"is more than what it was taken from: {_KEPT}",
        ),
        _dated("agency_earnings", "earned_at"),
    ),
)

TRANSACTIONS = Plan(
    "transactions",
    left=(Left("o.amount <= 0", "moves nothing"),),
    changes=(
        Change("is_adopted", "true"),
        Change(
            "direction",
            "CASE WHEN o.user_balance_after > o.user_balance_before THEN 2 ELSE 1 END",
        ),
        Change(
            "user_balance_after",
            "o.user_balance_after",
            "abs(o.user_balance_after - o.user_balance_before) <> o.amount",
            f"does not follow from the balance before and the amount: {_KEPT}",
        ),
        Change(
            "status",
            "COALESCE(o.status, 'completed')",
            "COALESCE(o.status, 'completed') <> 'completed' OR o.deleted_at IS NOT NULL",
            f"never completed, or was deleted: {_KEPT}",
        ),
        Change(
            "currency_type",
            "o.currency_type",
            "o.currency_type NOT IN (1, 2)",
            f"is no currency that there is: {_KEPT}, and counts for nothing",
        ),
        Change(
            "metadata",
            """CASE WHEN jsonb_typeof(o.metadata) <> 'object'
                    THEN jsonb_build_object('laravel', o.metadata) ELSE o.metadata END""",
            "jsonb_typeof(o.metadata) <> 'object'",
            "is JSON, but no object: stands in one, as laravel",
        ),
        _dated("transactions", "created_at", "updated_at"),
        Change(
            "updated_at",
            f"COALESCE(o.updated_at, {moment('transactions', 'created_at')})",
        ),
    ),
)

COIN_REQUESTS = Plan(
    "coin_requests",
    left=(
        Left("o.amount <= 0", "asks for nothing"),
        Left("o.user_id = o.requested_from", "was asked of oneself"),
    ),
    changes=(
        one_of("type", ("purchase", "credit"), "purchase"),
        Change(
            "credit_days",
            """CASE WHEN lower(btrim(o.type)) = 'credit'
                    THEN GREATEST(COALESCE(o.credit_days, 1), 1) END""",
            """(lower(btrim(o.type)) = 'credit') IS DISTINCT FROM (o.credit_days >= 1)
               AND (o.credit_days IS NOT NULL OR lower(btrim(o.type)) = 'credit')""",
            "credit has a day at least, and a purchase none",
        ),
        one_of("status", ("pending", "approved", "rejected", "cancelled"), "cancelled", "pending"),
        Change(
            "due_at",
            """CASE WHEN lower(btrim(o.type)) = 'credit' AND lower(btrim(o.status)) = 'approved'
                    THEN COALESCE(o.updated_at, o.created_at, now())
                         + GREATEST(COALESCE(o.credit_days, 1), 1) * interval '1 day' END""",
            "lower(btrim(o.type)) = 'credit' AND lower(btrim(o.status)) = 'approved'",
            "credit that nobody wrote down as paid: it is open until the reseller settles it",
        ),
    ),
)

PLANS = (GIFT_TRANSACTIONS, AGENCY_EARNINGS, TRANSACTIONS, COIN_REQUESTS)
