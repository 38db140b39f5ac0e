"""Each debt is what refunds could not take back minus what was repaid.

A balance below zero that an adopted database had is a debt too.
"""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "debts",
    "each debt is what refunds left owed minus what was repaid",
    """
    WITH owed AS (
        SELECT o.user_id, sum(o.refunded_coins) AS amount
        FROM recharge_orders o WHERE o.refunded_coins > 0 GROUP BY o.user_id
    ), paid AS (
        SELECT user_id,
               sum(CASE type WHEN 'recharge_reinstated' THEN -amount ELSE amount END) AS amount
        FROM transactions
        WHERE type IN ('recharge_refund', 'recharge_reinstated', 'debt_repayment')
          AND NOT is_adopted
        GROUP BY user_id
    ), found AS (
        SELECT user_id, GREATEST(- coin_balance, 0) AS amount FROM adopted_accounts
    )
    SELECT u.id AS user_id, u.coin_debt, COALESCE(o.amount, 0) AS refunded,
           COALESCE(p.amount, 0) AS taken_back, COALESCE(f.amount, 0) AS adopted
    FROM users u LEFT JOIN owed o ON o.user_id = u.id LEFT JOIN paid p ON p.user_id = u.id
         LEFT JOIN found f ON f.user_id = u.id
    WHERE u.coin_debt <> COALESCE(f.amount, 0) + COALESCE(o.amount, 0) - COALESCE(p.amount, 0)
    ORDER BY u.id
    """,
)
