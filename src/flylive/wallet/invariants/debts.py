"""Each debt is what refunds, and gifts taken back, could not take minus what was repaid.

A balance below zero that an adopted database had is a debt too.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part(
            "users",
            f"""
            WITH owed AS (
                SELECT user_id, sum(amount) AS amount FROM (
                    SELECT user_id, refunded_coins AS amount
                    FROM recharge_orders WHERE refunded_coins > 0
                    UNION ALL SELECT recipient_id, recipient_owed FROM gift_reversals
                    UNION ALL SELECT owner_id, owner_owed FROM gift_reversals) AS o
                GROUP BY user_id
            ), paid AS (
                SELECT user_id,
                       sum(CASE type WHEN 'recharge_reinstated' THEN -amount ELSE amount END)
                           AS amount
                FROM {ledger.transactions} AS t
                WHERE type IN ('recharge_refund', 'recharge_reinstated', 'debt_repayment')
                  AND type NOT IN ('gift', 'agency_commission', 'lucky_win', 'game_bet',
                                   'game_win')
                GROUP BY user_id
            ), found AS (
                SELECT user_id, GREATEST(- coin_balance, 0) AS amount FROM adopted_accounts
            )
            SELECT u.id AS user_id, u.coin_debt, COALESCE(o.amount, 0) AS refunded,
                   COALESCE(p.amount, 0) AS taken_back, COALESCE(f.amount, 0) AS adopted
            FROM users u LEFT JOIN owed o ON o.user_id = u.id
                 LEFT JOIN paid p ON p.user_id = u.id LEFT JOIN found f ON f.user_id = u.id
            WHERE u.coin_debt
                  <> COALESCE(f.amount, 0) + COALESCE(o.amount, 0) - COALESCE(p.amount, 0)
            ORDER BY u.id
            """,
        )
    ]


INVARIANT = Invariant(
    "debts", "each debt is what refunds left owed minus what was repaid", _parts, _parts
)
