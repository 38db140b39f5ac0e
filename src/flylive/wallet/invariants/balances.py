"""Balance = sum of the ledger, per user and currency; an adopted one's from its opening row."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "balances",
    "each balance is the sum of its ledger rows",
    """
    WITH moved AS (
        SELECT user_id, currency_type,
               CASE direction WHEN 2 THEN amount ELSE -amount END AS amount
        FROM transactions WHERE NOT is_adopted
        UNION ALL
        SELECT beneficiary_id, beneficiary_currency_type, beneficiary_amount
        FROM transactions WHERE beneficiary_id IS NOT NULL AND NOT is_adopted
    ), ledger AS (
        SELECT user_id, sum(amount) FILTER (WHERE currency_type = 1) AS coins,
               sum(amount) FILTER (WHERE currency_type = 2) AS diamonds
        FROM moved GROUP BY user_id
    )
    SELECT u.id AS user_id, u.coin_balance, COALESCE(l.coins, 0) AS ledger_coins,
           u.diamond_balance, COALESCE(l.diamonds, 0) AS ledger_diamonds
    FROM users u LEFT JOIN ledger l ON l.user_id = u.id
    WHERE u.coin_balance <> COALESCE(l.coins, 0) OR u.diamond_balance <> COALESCE(l.diamonds, 0)
    ORDER BY u.id
    """,
)
