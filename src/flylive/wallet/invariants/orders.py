"""Each paid order was credited once and whole, each refunded one taken back once.

What a refund could not take back is a debt; a reversed refund gave back what it had taken.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger

SOURCE_ORDER = "RechargeOrder"
"""``transactions.transactionable_type`` of what an order moved."""


def _parts(ledger: Ledger) -> list[Part]:
    return [Part("orders", _query(ledger.transactions, "recharge_orders"))]


def _recent(ledger: Ledger) -> list[Part]:
    # Whole orders: their rows may be older than what touched them last.
    touched = f"""
        SELECT id FROM recharge_orders WHERE updated_at >= {ledger.moment}
        UNION SELECT transactionable_id FROM {ledger.recent} AS t
        WHERE transactionable_type = '{SOURCE_ORDER}'
    """
    booked = f"""
        (SELECT t.* FROM ({touched}) AS k JOIN {ledger.transactions} AS t
                ON t.transactionable_type = '{SOURCE_ORDER}' AND t.transactionable_id = k.id)
    """
    return [
        Part("orders", _query(booked, f"(SELECT * FROM recharge_orders WHERE id IN ({touched}))"))
    ]


def _query(transactions: str, orders: str) -> str:
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id,
                   COALESCE(sum(amount) FILTER (WHERE type = 'recharge'), 0) AS coins,
                   COALESCE(sum(amount) FILTER (WHERE type = 'recharge_bonus'), 0) AS bonus,
                   COALESCE(sum(amount) FILTER (WHERE type = 'recharge_refund'), 0) AS refunded,
                   COALESCE(sum(amount) FILTER (WHERE type = 'recharge_reinstated'), 0)
                       AS reinstated,
                   count(*) FILTER (WHERE type = 'recharge') AS credits,
                   min(user_id) AS user_id, max(user_id) AS last_user_id
            FROM {transactions} AS t
            WHERE transactionable_type = '{SOURCE_ORDER}'
            GROUP BY transactionable_id
        )
        SELECT COALESCE(o.id, b.id) AS order_id, o.status, o.coin_amount, b.coins AS ledger_coins,
               o.bonus_coins, b.bonus AS ledger_bonus, o.refunded_coins,
               b.refunded AS ledger_refunded, b.reinstated AS ledger_reinstated, b.credits
        FROM {orders} AS o FULL JOIN booked b ON b.id = o.id
        WHERE o.id IS NULL
           OR COALESCE(b.coins, 0)
              <> CASE WHEN o.status IN ('paid', 'refunded') THEN o.coin_amount ELSE 0 END
           OR COALESCE(b.bonus, 0)
              <> CASE WHEN o.status IN ('paid', 'refunded') THEN o.bonus_coins ELSE 0 END
           OR b.credits > 1
           OR COALESCE(b.refunded, 0) > o.refunded_coins + COALESCE(b.reinstated, 0)
           OR (b.id IS NOT NULL AND (b.user_id <> o.user_id OR b.last_user_id <> o.user_id))
    """


INVARIANT = Invariant(
    "orders",
    "each order is in the ledger as often and as large as its status says",
    _parts,
    _recent,
)
