"""Each posted adjustment moved its amount once, and no other row says that it did."""

from flylive.wallet.adjustments import SOURCE
from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    return [Part("adjustments", _query(ledger.transactions, "adjustments"))]


def _recent(ledger: Ledger) -> list[Part]:
    touched = f"""
        SELECT id FROM adjustments WHERE decided_at >= {ledger.moment}
        UNION SELECT transactionable_id FROM {ledger.recent} AS t
        WHERE transactionable_type = '{SOURCE}'
    """
    booked = f"""
        (SELECT t.* FROM ({touched}) AS k JOIN {ledger.transactions} AS t
                ON t.transactionable_type = '{SOURCE}' AND t.transactionable_id = k.id)
    """
    return [
        Part("adjustments", _query(booked, f"(SELECT * FROM adjustments WHERE id IN ({touched}))"))
    ]


def _query(transactions: str, adjustments: str) -> str:
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id, count(*) AS rows, min(id) AS transaction_id,
                   min(user_id) AS user_id, min(currency_type) AS currency_type,
                   sum(CASE direction WHEN 2 THEN amount ELSE - amount END) AS amount,
                   bool_and(type = 'adjustment') AS is_one
            FROM {transactions} AS t
            WHERE transactionable_type = '{SOURCE}'
            GROUP BY transactionable_id
        ), posted AS (
            SELECT * FROM {adjustments} AS a WHERE status = 'posted'
        )
        SELECT COALESCE(p.id, b.id) AS adjustment_id, b.transaction_id, p.user_id, p.amount,
               b.user_id AS moved_of, b.amount AS ledger_amount, b.rows
        FROM posted p FULL JOIN booked b ON b.id = p.id
        WHERE p.id IS NULL OR b.id IS NULL OR b.rows <> 1 OR NOT b.is_one
           OR b.user_id <> p.user_id OR b.currency_type <> p.currency_type
           OR b.amount <> p.amount
    """


INVARIANT = Invariant(
    "adjustments",
    "each posted adjustment moved its amount once, and no other row says that it did",
    _parts,
    _recent,
)
