"""Each debt is what refunds could not take back minus what was repaid."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "debts",
    "each debt is what refunds left owed minus what was repaid",
    """
    WITH owed AS (
        SELECT o.user_id, sum(o.coin_amount + o.bonus_coins) AS amount
        FROM recharge_orders o WHERE o.status = 'refunded' GROUP BY o.user_id
    ), paid AS (
        SELECT user_id, sum(amount) AS amount FROM transactions
        WHERE type IN ('recharge_refund', 'debt_repayment') GROUP BY user_id
    )
    SELECT u.id AS user_id, u.coin_debt, COALESCE(o.amount, 0) AS refunded,
           COALESCE(p.amount, 0) AS taken_back
    FROM users u LEFT JOIN owed o ON o.user_id = u.id LEFT JOIN paid p ON p.user_id = u.id
    WHERE u.coin_debt <> COALESCE(o.amount, 0) - COALESCE(p.amount, 0)
    ORDER BY u.id
    """,
)
