"""Balance = sum of the ledger, per user and currency; an adopted one's from its opening row.

Of recent rows: whoever they moved has the balance that his last row left.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.accounts import sides
from flylive.wallet.proving.ledger import Ledger


def _parts(_ledger: Ledger) -> list[Part]:
    return [
        Part(
            "users",
            """
            SELECT u.id AS user_id, u.coin_balance, COALESCE(l.coins, 0) AS ledger_coins,
                   u.diamond_balance, COALESCE(l.diamonds, 0) AS ledger_diamonds
            FROM users u LEFT JOIN proof_people l ON l.user_id = u.id
            WHERE u.coin_balance <> COALESCE(l.coins, 0)
               OR u.diamond_balance <> COALESCE(l.diamonds, 0)
            ORDER BY u.id
            """,
        )
    ]


def _recent(ledger: Ledger) -> list[Part]:
    return [
        Part(
            "users",
            f"""
            SELECT u.id AS user_id, l.account & 3 AS currency_type,
                   CASE l.account & 3 WHEN 1 THEN u.coin_balance ELSE u.diamond_balance END
                       AS balance, l.after AS ledger_balance, l.id AS transaction_id
            FROM (SELECT DISTINCT ON (account) account, id, after
                  FROM ({sides(ledger.recent)}) AS s ORDER BY account, id DESC) AS l
            JOIN users u ON u.id = l.account >> 2
            WHERE l.after <> CASE l.account & 3 WHEN 1 THEN u.coin_balance
                             ELSE u.diamond_balance END
            ORDER BY u.id
            """,
        )
    ]


INVARIANT = Invariant(
    "balances", "each balance is the sum of its ledger rows", _parts, _recent, True
)
