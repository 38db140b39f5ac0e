"""Per currency: what was created minus what was destroyed is what is held."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "conservation",
    "per currency, created minus destroyed is held",
    """
    WITH created AS (
        SELECT currency_type, sum(amount) AS amount FROM (
            SELECT currency_type, amount FROM transactions
            WHERE direction = 2 AND NOT is_adopted
            UNION ALL
            SELECT beneficiary_currency_type, beneficiary_amount
            FROM transactions WHERE beneficiary_id IS NOT NULL AND NOT is_adopted
        ) AS c GROUP BY currency_type
    ), destroyed AS (
        SELECT currency_type, sum(amount) AS amount
        FROM transactions WHERE direction = 1 AND NOT is_adopted GROUP BY currency_type
    ), held AS (
        SELECT 1 AS currency_type, sum(coin_balance) AS amount FROM users
        UNION ALL SELECT 2, sum(diamond_balance) FROM users
    )
    SELECT h.currency_type, COALESCE(c.amount, 0) AS created, COALESCE(d.amount, 0) AS destroyed,
           COALESCE(h.amount, 0) AS held
    FROM held h LEFT JOIN created c USING (currency_type) LEFT JOIN destroyed d
         USING (currency_type)
    WHERE COALESCE(c.amount, 0) - COALESCE(d.amount, 0) <> COALESCE(h.amount, 0)
    """,
)
