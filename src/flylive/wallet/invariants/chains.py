"""Each row's balance before is the balance after of the row before it, and its sums are right.

By id: a ledger row gets its id while its users' rows are locked, so per user ids are in the
order of the movements. Months are cut by time, which near midnight need not be the order of
ids; so what the walk finds is a suspicion, and every row of a suspect is looked at by id alone.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.accounts import sides
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    return [
        # A CHECK forbids it; where somebody took it away, such a row is in nobody's chain.
        Part(
            "sides",
            f"""
            SELECT id AS transaction_id, beneficiary_id, beneficiary_currency_type,
                   beneficiary_amount
            FROM {ledger.transactions} AS t
            WHERE beneficiary_id IS NOT NULL
              AND num_nulls(beneficiary_currency_type, beneficiary_amount,
                            beneficiary_balance_before, beneficiary_balance_after) > 0
            ORDER BY id
            """,
        ),
        Part(
            "links",
            _links(
                ledger,
                """
                SELECT account FROM (
                    SELECT account, breaks, before, COALESCE(sum(delta) OVER (
                               PARTITION BY account ORDER BY part
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS expected
                    FROM proof_accounts) AS p
                WHERE breaks > 0 OR before <> expected
                UNION
                SELECT u.id * 4 + c.currency FROM users u JOIN proof_people p ON p.user_id = u.id
                CROSS JOIN LATERAL (VALUES (1, u.coin_balance, p.coins),
                                           (2, u.diamond_balance, p.diamonds))
                     AS c (currency, held, summed)
                WHERE c.held <> c.summed
                """,
            ),
        ),
    ]


def _recent(ledger: Ledger) -> list[Part]:
    moment = ledger.moment
    return [
        Part(
            "links",
            _links(
                ledger,
                f"""
                SELECT l.account FROM (
                    SELECT account, id, before, delta, after,
                           lag(after) OVER (PARTITION BY account ORDER BY id) AS expected
                    FROM ({sides(ledger.recent)}) AS s) AS l
                WHERE after <> before + delta OR before <> COALESCE(expected, (
                    SELECT earlier.after FROM (
                        (SELECT id, user_balance_after AS after FROM {ledger.transactions} AS t
                         WHERE user_id = l.account >> 2 AND currency_type = l.account & 3
                           AND created_at < {moment}
                         ORDER BY created_at DESC, id DESC LIMIT 1)
                        UNION ALL
                        (SELECT id, beneficiary_balance_after FROM {ledger.transactions} AS t
                         WHERE beneficiary_id = l.account >> 2
                           AND beneficiary_currency_type = l.account & 3
                           AND created_at < {moment}
                         ORDER BY created_at DESC, id DESC LIMIT 1)
                    ) AS earlier ORDER BY id DESC LIMIT 1), 0)
                """,
            ),
        )
    ]


def _links(ledger: Ledger, suspects: str) -> str:
    """The rows of suspects' accounts that do not continue the one before them."""
    rows = f"""
        (SELECT t.* FROM suspects s JOIN {ledger.transactions} AS t ON t.user_id = s.user_id
         UNION
         SELECT t.* FROM suspects s JOIN {ledger.transactions} AS t
                ON t.beneficiary_id = s.user_id)
    """
    return f"""
        WITH suspects AS MATERIALIZED (
            SELECT DISTINCT account >> 2 AS user_id FROM ({suspects}) AS found
        )
        SELECT id AS transaction_id, account >> 2 AS user_id, account & 3 AS currency_type,
               before, expected, after, before + delta AS expected_after
        FROM (SELECT *, lag(after, 1, 0.00) OVER (PARTITION BY account ORDER BY id) AS expected
              FROM ({sides(rows)}) AS s
              WHERE account >> 2 IN (SELECT user_id FROM suspects)) AS linked
        WHERE before <> expected OR after <> before + delta
        ORDER BY id
    """


INVARIANT = Invariant(
    "chains",
    "each row begins with the balance that the row before it left",
    _parts,
    _recent,
    True,
)
