"""Each call of a game's provider moved what it says, once; a bet was given back whole, once.

A bet under whose id a rollback was heard was either given back or never taken.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger

SOURCE_GAME = "GameTransaction"
"""``transactions.transactionable_type`` of what a provider's call moved."""


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part("calls", _calls(ledger.transactions, "game_transactions")),
        Part("rollbacks", _rollbacks("true")),
    ]


def _recent(ledger: Ledger) -> list[Part]:
    # A call is kept in its ledger row's transaction, under the very same moment.
    which = f"created_at >= {ledger.moment}"
    calls = f"(SELECT * FROM game_transactions WHERE {which})"
    return [
        Part("calls", _calls(ledger.recent, calls)),
        Part("rollbacks", _rollbacks(f"r.{which}")),
    ]


def _calls(transactions: str, calls: str) -> str:
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id, count(*) AS rows, sum(amount) AS amount,
                   min(user_id) AS user_id, min(type) AS type, min(created_at) AS created_at,
                   bool_and(currency_type = 1 AND transactionable_id IS NOT NULL
                            AND transactionable_type = '{SOURCE_GAME}') AS is_whole
            FROM {transactions} AS t
            WHERE (type IN ('game_bet', 'game_win', 'game_rollback')
                   OR transactionable_type = '{SOURCE_GAME}')
            GROUP BY transactionable_id
        )
        SELECT COALESCE(g.id, b.id) AS game_transaction_id, g.type, b.type AS ledger_type,
               g.amount, b.amount AS ledger_amount, g.user_id, b.user_id AS ledger_user_id,
               b.rows
        FROM {calls} AS g FULL JOIN booked b ON b.id = g.id
        WHERE COALESCE(g.amount, 0) <> COALESCE(b.amount, 0)
           OR (b.rows IS NOT NULL
               AND (g.id IS NULL OR b.rows <> 1 OR NOT b.is_whole OR b.user_id <> g.user_id
                    OR b.type <> 'game_' || g.type OR b.created_at <> g.created_at))
    """


def _rollbacks(which: str) -> str:
    return f"""
        SELECT r.id AS game_transaction_id, b.id AS bet_id, b.type AS bet_type,
               b.amount AS bet_amount, sum(r.amount) OVER (PARTITION BY b.id) AS given_back
        FROM game_transactions r
        LEFT JOIN game_transactions b ON b.provider_id = r.provider_id
             AND b.provider_transaction_id = r.bet_transaction_id
        WHERE r.type = 'rollback' AND r.status = 200 AND {which}
          AND (SELECT sum(o.amount) FROM game_transactions o
               WHERE o.provider_id = r.provider_id AND o.status = 200
                 AND o.bet_transaction_id = r.bet_transaction_id)
              <> CASE WHEN b.type = 'bet' AND b.user_id = r.user_id THEN b.amount ELSE 0 END
    """


INVARIANT = Invariant(
    "games",
    "each call of a game's provider stands in the ledger once, each rollback for its whole bet",
    _parts,
    _recent,
)
