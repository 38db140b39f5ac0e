"""Each row's balance before is the balance after of the row before it.

By id: a ledger row gets its id while its users' rows are locked, so per user ids are in the
order of the movements.
"""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "chains",
    "each row begins with the balance that the row before it left",
    """
    WITH sides AS (
        SELECT id, user_id, currency_type, user_balance_before AS before,
               user_balance_after AS after
        FROM transactions WHERE NOT is_adopted
        UNION ALL
        SELECT id, beneficiary_id, beneficiary_currency_type, beneficiary_balance_before,
               beneficiary_balance_after
        FROM transactions WHERE beneficiary_id IS NOT NULL AND NOT is_adopted
    ), linked AS (
        SELECT id, user_id, currency_type, before,
               lag(after, 1, 0.00) OVER (PARTITION BY user_id, currency_type ORDER BY id)
                   AS expected
        FROM sides
    )
    SELECT id AS transaction_id, user_id, currency_type, before, expected
    FROM linked WHERE before <> expected ORDER BY id
    """,
)
