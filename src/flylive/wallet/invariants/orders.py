"""Each paid order was credited once and whole, each refunded one taken back once."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "orders",
    "each order is in the ledger as often and as large as its status says",
    """
    WITH booked AS (
        SELECT transactionable_id AS id,
               COALESCE(sum(amount) FILTER (WHERE type = 'recharge'), 0) AS coins,
               COALESCE(sum(amount) FILTER (WHERE type = 'recharge_bonus'), 0) AS bonus,
               COALESCE(sum(amount) FILTER (WHERE type = 'recharge_refund'), 0) AS refunded,
               COALESCE(sum(amount) FILTER (WHERE type = 'recharge_reinstated'), 0) AS reinstated,
               count(DISTINCT user_id) AS users, min(user_id) AS user_id
        FROM transactions WHERE transactionable_type = 'RechargeOrder' AND NOT is_adopted
        GROUP BY transactionable_id
    )
    SELECT COALESCE(o.id, b.id) AS order_id, o.status, o.coin_amount, b.coins AS ledger_coins,
           o.bonus_coins, b.bonus AS ledger_bonus, o.refunded_coins,
           b.refunded AS ledger_refunded, b.reinstated AS ledger_reinstated
    FROM recharge_orders o FULL JOIN booked b ON b.id = o.id
    WHERE o.id IS NULL
       OR COALESCE(b.coins, 0)
          <> CASE WHEN o.status IN ('paid', 'refunded') THEN o.coin_amount ELSE 0 END
       OR COALESCE(b.bonus, 0)
          <> CASE WHEN o.status IN ('paid', 'refunded') THEN o.bonus_coins ELSE 0 END
       OR COALESCE(b.refunded, 0) > o.refunded_coins + COALESCE(b.reinstated, 0)
       OR (b.id IS NOT NULL AND (b.users <> 1 OR b.user_id <> o.user_id))
    ORDER BY 1
    """,
)
