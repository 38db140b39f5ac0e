"""Per currency: what was created minus what was destroyed is what is held."""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.accounts import sides
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part(
            "currencies",
            f"""
            SELECT h.currency_type, m.created, m.destroyed, h.held
            FROM (SELECT 1 AS currency_type, COALESCE(sum(coin_balance), 0) AS held FROM users
                  UNION ALL SELECT 2, COALESCE(sum(diamond_balance), 0) FROM users) AS h
            LEFT JOIN (SELECT account & 3 AS currency_type,
                              COALESCE(sum(delta) FILTER (WHERE delta > 0), 0) AS created,
                              COALESCE(- sum(delta) FILTER (WHERE delta < 0), 0) AS destroyed
                       FROM ({sides(ledger.transactions)}) AS s
                       GROUP BY account & 3) AS m
                 USING (currency_type)
            WHERE COALESCE(m.created - m.destroyed, 0) <> h.held
            """,
            probe="""
            SELECT held.coins = moved.coins AND held.diamonds = moved.diamonds
            FROM (SELECT COALESCE(sum(coin_balance), 0) AS coins,
                         COALESCE(sum(diamond_balance), 0) AS diamonds FROM users) AS held,
                 (SELECT COALESCE(sum(coins), 0) AS coins,
                         COALESCE(sum(diamonds), 0) AS diamonds FROM proof_people) AS moved
            """,
        )
    ]


INVARIANT = Invariant(
    "conservation",
    "per currency, created minus destroyed is held",
    _parts,
    is_about_accounts=True,
)
