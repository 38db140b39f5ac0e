"""``users.total_spent`` and ``total_received`` are the sums of the rows that count for them.

On top of what an adopted database had already.
"""

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
        WHERE type IN ({_SPENT}) AND direction = 1 AND currency_type = 1
          AND NOT is_adopted GROUP BY user_id
    ), received AS (
        SELECT user_id, sum(amount) AS amount FROM (
            SELECT user_id, amount FROM transactions
            WHERE type IN ({_RECEIVED}) AND direction = 2 AND currency_type = 2
              AND NOT is_adopted
            UNION ALL
            SELECT beneficiary_id, beneficiary_amount FROM transactions
            WHERE type IN ({_RECEIVED}) AND beneficiary_currency_type = 2
              AND NOT is_adopted
        ) AS r GROUP BY user_id
    ), found AS (
        SELECT user_id, GREATEST(total_spent, 0) AS spent, GREATEST(total_received, 0) AS received
        FROM adopted_accounts
    )
    SELECT u.id AS user_id, u.total_spent, COALESCE(s.amount, 0) AS ledger_spent,
           f.spent AS adopted_spent, u.total_received,
           COALESCE(r.amount, 0) AS ledger_received, f.received AS adopted_received
    FROM users u LEFT JOIN spent s ON s.user_id = u.id LEFT JOIN received r ON r.user_id = u.id
         LEFT JOIN found f ON f.user_id = u.id
    WHERE u.total_spent <> COALESCE(s.amount, 0) + COALESCE(f.spent, 0)
       OR u.total_received <> COALESCE(r.amount, 0) + COALESCE(f.received, 0)
    ORDER BY u.id
    """,
)
