"""Adopted rows are those that were adopted, and each account was opened with what was found.

An adopted row escapes the other invariants and the tables' CHECKs, so nobody may write another
one: the owner noted at adoption how many there are, in a table that nobody else can write.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part(
            "adopted rows",
            f"""
            WITH adopted AS (
                SELECT 'transactions' AS table_name, count(*) AS rows
                FROM {ledger.everything} AS t WHERE is_adopted
                UNION ALL
                SELECT 'gift_transactions', count(*) FROM {ledger.every_gift} AS t WHERE is_adopted
                UNION ALL
                SELECT 'agency_earnings', count(*) FROM agency_earnings WHERE is_adopted
            ), opened AS (
                SELECT user_id, currency_type, sum(amount) AS amount
                FROM {ledger.transactions} AS t
                WHERE type = 'opening_balance'
                  AND type NOT IN ('gift', 'agency_commission', 'lucky_win', 'game_bet',
                                   'game_win')
                GROUP BY user_id, currency_type
            ), found AS (
                SELECT a.user_id, b.currency_type, b.amount FROM adopted_accounts a
                CROSS JOIN LATERAL (VALUES (1, a.coin_balance), (2, a.diamond_balance))
                     AS b (currency_type, amount)
                WHERE b.amount > 0
            )
            SELECT a.table_name AS subject, NULL::integer AS currency_type,
                   COALESCE(t.rows, 0)::numeric AS adopted, a.rows::numeric AS found
            FROM adopted a LEFT JOIN adopted_tables t USING (table_name)
            WHERE a.rows <> COALESCE(t.rows, 0)
            UNION ALL
            SELECT 'user ' || COALESCE(f.user_id, o.user_id),
                   COALESCE(f.currency_type, o.currency_type), f.amount, o.amount
            FROM found f FULL JOIN opened o
                 ON o.user_id = f.user_id AND o.currency_type = f.currency_type
            WHERE f.amount IS DISTINCT FROM o.amount
            ORDER BY 1
            """,
        )
    ]


INVARIANT = Invariant(
    "adoption",
    "no row calls itself adopted but those that were, and each account opened with what was found",
    _parts,
    _parts,
)
