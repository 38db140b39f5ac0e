"""``users.total_spent`` and ``total_received`` are the sums of the rows that count for them."""

from flylive.wallet.invariants import Invariant
from flylive.wallet.movements import SHAPES

_SPENT = ", ".join(f"'{kind}'" for kind, shape in SHAPES.items() if shape.counts_as_spent)
_RECEIVED = ", ".join(f"'{kind}'" for kind, shape in SHAPES.items() if shape.counts_as_received)

INVARIANT = Invariant(
    "totals",
    "coins spent and diamonds earned are the sums of their ledger rows",
    f"""
    WITH spent AS (
        SELECT user_id, sum(amount) AS amount FROM transactions
        WHERE type IN ({_SPENT}) AND direction = 1 AND currency_type = 1 GROUP BY user_id
    ), received AS (
        SELECT user_id, sum(amount) AS amount FROM (
            SELECT user_id, amount FROM transactions
            WHERE type IN ({_RECEIVED}) AND direction = 2 AND currency_type = 2
            UNION ALL
            SELECT beneficiary_id, beneficiary_amount FROM transactions
            WHERE type IN ({_RECEIVED}) AND beneficiary_currency_type = 2
        ) AS r GROUP BY user_id
    )
    SELECT u.id AS user_id, u.total_spent, COALESCE(s.amount, 0) AS ledger_spent,
           u.total_received, COALESCE(r.amount, 0) AS ledger_received
    FROM users u LEFT JOIN spent s ON s.user_id = u.id LEFT JOIN received r ON r.user_id = u.id
    WHERE u.total_spent <> COALESCE(s.amount, 0) OR u.total_received <> COALESCE(r.amount, 0)
    ORDER BY u.id
    """,
)
