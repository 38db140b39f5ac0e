"""Each approved coin request moved its amount once, from who was asked to who asked.

A request that was approved before this database was adopted has no row of ours.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger
from flylive.wallet.sales import SOURCE_REQUEST


def _parts(ledger: Ledger) -> list[Part]:
    return [Part("requests", _query(ledger.transactions, "coin_requests"))]


def _recent(ledger: Ledger) -> list[Part]:
    touched = f"""
        SELECT id FROM coin_requests WHERE updated_at >= {ledger.moment}
        UNION SELECT transactionable_id FROM {ledger.recent} AS t
        WHERE transactionable_type = '{SOURCE_REQUEST}'
    """
    booked = f"""
        (SELECT t.* FROM ({touched}) AS k JOIN {ledger.transactions} AS t
                ON t.transactionable_type = '{SOURCE_REQUEST}' AND t.transactionable_id = k.id)
    """
    return [
        Part("requests", _query(booked, f"(SELECT * FROM coin_requests WHERE id IN ({touched}))"))
    ]


def _query(transactions: str, requests: str) -> str:
    # Both currencies and both amounts: nothing may be lost on the way.
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id, count(*) AS rows, min(id) AS transaction_id,
                   min(user_id) AS paid_by, min(beneficiary_id) AS paid_to, sum(amount) AS amount,
                   bool_and(type = 'coin_request' AND currency_type = 1
                            AND beneficiary_currency_type = 1
                            AND beneficiary_amount = amount) AS is_whole
            FROM {transactions} AS t
            WHERE transactionable_type = '{SOURCE_REQUEST}'
            GROUP BY transactionable_id
        ), approved AS (
            SELECT r.*, COALESCE(a.adopted_at >= CASE r.type
                            WHEN 'credit' THEN r.due_at - r.credit_days * interval '1 day'
                            ELSE r.updated_at END, false) AS is_old
            FROM {requests} AS r
            LEFT JOIN adopted_tables a ON a.table_name = 'transactions'
            WHERE r.status = 'approved'
        )
        SELECT COALESCE(r.id, b.id) AS coin_request_id, b.transaction_id, r.status, r.amount,
               b.amount AS ledger_amount, r.requested_from, b.paid_by, r.user_id, b.paid_to,
               b.rows
        FROM approved r FULL JOIN booked b ON b.id = r.id
        WHERE r.id IS NULL OR (b.id IS NULL AND NOT r.is_old)
           OR b.rows <> 1 OR NOT COALESCE(b.is_whole, b.id IS NULL) OR b.amount <> r.amount
           OR b.paid_by <> r.requested_from OR b.paid_to <> r.user_id
    """


INVARIANT = Invariant(
    "coin_requests",
    "each approved coin request moved its coins once, and no other row says that it did",
    _parts,
    _recent,
)
