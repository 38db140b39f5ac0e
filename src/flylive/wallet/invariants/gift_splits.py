"""Each gift line: its parts add up, and exactly one ledger row moved exactly its amounts.

The probe joins nothing: what lines say that the ledger has to hold, and what it holds, are two
heaps of the same rows if they are as many and their fingerprints (:mod:`~flylive.wallet.proving.
marks`) have the same sum.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger
from flylive.wallet.proving.marks import Marks

SOURCE_GIFT = "GiftTransaction"
"""``transactions.transactionable_type`` of what a gift moved."""


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part(i.label, _named(i.transactions, i.gifts), _probe(i.transactions, i.gifts))
        for i in ledger.intervals
    ]


def _recent(ledger: Ledger) -> list[Part]:
    return [Part("lines", _named(ledger.recent, ledger.recent_gifts))]


def _named(transactions: str, gifts: str) -> str:
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id, created_at,
                   count(*) FILTER (WHERE type = 'gift') AS rows,
                   min(user_id) FILTER (WHERE type = 'gift') AS sender_id,
                   min(beneficiary_id) FILTER (WHERE type = 'gift') AS recipient_id,
                   sum(amount) FILTER (WHERE type = 'gift') AS cost,
                   COALESCE(sum(beneficiary_amount) FILTER (WHERE type = 'gift'), 0) AS earnings,
                   COALESCE(sum(amount) FILTER (WHERE type = 'agency_commission'), 0)
                       AS commission,
                   count(*) FILTER (WHERE type = 'agency_commission') AS commissions
            FROM {transactions} AS t
            WHERE transactionable_type = '{SOURCE_GIFT}' AND type IN ('gift', 'agency_commission')
            GROUP BY transactionable_id, created_at
        )
        SELECT COALESCE(g.id, b.id) AS gift_transaction_id, g.total_cost, b.cost AS ledger_cost,
               g.recipient_earnings, b.earnings AS ledger_earnings,
               g.agency_commission, b.commission AS ledger_commission, g.platform_fee, b.rows,
               b.commissions
        FROM {gifts} AS g
        FULL JOIN booked b ON b.id = g.id AND b.created_at = g.sent_at
        WHERE g.id IS NULL OR b.id IS NULL OR b.rows <> 1 OR b.commissions > 1
           OR g.total_cost <> g.price * g.quantity
           OR g.recipient_earnings + g.agency_commission + g.platform_fee <> g.total_cost
           OR b.cost <> g.total_cost OR b.earnings <> g.recipient_earnings
           OR b.commission <> g.agency_commission OR b.sender_id <> g.sender_id
           OR (b.recipient_id <> g.recipient_id AND g.recipient_earnings > 0)
        ORDER BY 1
    """


def _probe(transactions: str, gifts: str) -> str:
    marks = Marks()
    # Who earns nothing is not named by the ledger.
    moved = marks.of(
        ids=["transactionable_id", "user_id", "COALESCE(beneficiary_id, 0)"],
        amounts=["amount", "COALESCE(beneficiary_amount, 0)"],
        moments=["created_at"],
    )
    gift = marks.of(
        ids=["id", "sender_id", "CASE WHEN recipient_earnings = 0 THEN 0 ELSE recipient_id END"],
        amounts=["total_cost", "recipient_earnings"],
        moments=["sent_at"],
    )
    paid = marks.of(ids=["transactionable_id"], amounts=["amount"], moments=["created_at"])
    commission = marks.of(ids=["id"], amounts=["agency_commission"], moments=["sent_at"])
    return f"""
        SELECT lines.unfit = 0 AND ROW(lines.gifts, lines.gift_marks, lines.commissions,
                                       lines.commission_marks)
                   IS NOT DISTINCT FROM ROW(booked.gifts, booked.gift_marks, booked.commissions,
                                            booked.commission_marks)
        FROM (
            SELECT count(*) FILTER (
                       WHERE total_cost <> price * quantity
                          OR recipient_earnings + agency_commission + platform_fee
                             <> total_cost) AS unfit,
                   count(*) AS gifts, sum({gift}) AS gift_marks,
                   count(*) FILTER (WHERE agency_commission <> 0) AS commissions,
                   sum({commission}) FILTER (WHERE agency_commission <> 0) AS commission_marks
            FROM {gifts} AS g
        ) AS lines, (
            SELECT count(*) FILTER (WHERE type = 'gift') AS gifts,
                   sum({moved}) FILTER (WHERE type = 'gift') AS gift_marks,
                   count(*) FILTER (WHERE type = 'agency_commission') AS commissions,
                   sum({paid}) FILTER (WHERE type = 'agency_commission') AS commission_marks
            FROM {transactions} AS t
            WHERE transactionable_type = '{SOURCE_GIFT}' AND type IN ('gift', 'agency_commission')
        ) AS booked
    """


INVARIANT = Invariant(
    "gift_splits",
    "each gift's parts add up to its cost and stand in the ledger once",
    _parts,
    _recent,
)
