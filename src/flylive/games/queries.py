"""All SQL of games."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.database import Reading, Transaction

_FIND_GAME = text(
    """
    SELECT g.*, p.secret_version, p.previous_until, p.is_active AS is_provider_active
    FROM games g JOIN game_providers p ON p.id = g.provider_id
    WHERE g.code = :code
    """
)

_LIST_OPEN = text(
    """
    SELECT g.id, g.code, g.name, g.thumbnail_url, g.min_bet, g.max_bet, g.max_win
    FROM games g JOIN game_providers p ON p.id = g.provider_id AND p.is_active
    JOIN users u ON u.id = :user_id
    WHERE g.is_active AND g.id > :after_id
      AND (g.country_restrictions IS NULL OR u.country = ANY (g.country_restrictions))
      AND (g.blocked_countries IS NULL OR u.country <> ALL (g.blocked_countries))
    ORDER BY g.id LIMIT :limit
    """
)


async def list_open(tx: Reading, user_id: int, *, after_id: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` games that a user may play, by id."""
    values = {"user_id": user_id, "after_id": after_id, "limit": limit}
    return await tx.rows(_LIST_OPEN, values)


async def find_game(tx: Reading, code: str) -> Row[Any] | None:
    """A game, and what is needed to tell its provider's signature."""
    return await tx.row(_FIND_GAME, {"code": code})


_REMEMBER = text(
    """
    INSERT INTO game_signatures (signature, expires_at) VALUES (:signature, :expires_at)
    ON CONFLICT (signature) DO NOTHING RETURNING true
    """
)
_FORGET = text("DELETE FROM game_signatures WHERE expires_at < :now")


async def remember(tx: Transaction, signature: bytes, expires_at: datetime) -> bool:
    """Keep a signature; False if it was heard before."""
    found = await tx.scalar(_REMEMBER, {"signature": signature, "expires_at": expires_at})
    return found is not None


async def forget_signatures(tx: Transaction, now: datetime) -> int:
    """Drop the signatures whose calls are too old by now; how many they were."""
    return (await tx.execute(_FORGET, {"now": now})).rowcount


_END = text(
    """
    UPDATE game_sessions SET ended_at = :at
    WHERE user_id = :user_id AND game_id = :game_id AND ended_at IS NULL
    """
)
_START = text(
    """
    INSERT INTO game_sessions (game_id, user_id, token_hash, access_token_id, created_at,
                               expires_at)
    VALUES (:game_id, :user_id, :token_hash, :access_token_id, :at, :expires_at)
    """
)
_SESSION = text(
    """
    SELECT s.id, s.user_id, s.ended_at, s.expires_at,
           EXISTS (SELECT FROM personal_access_tokens t
                   WHERE t.id = s.access_token_id AND t.tokenable_id = s.user_id
                     AND t.tokenable_type = :tokenable_type
                     AND (t.expires_at IS NULL OR t.expires_at > :now)) AS is_signed_in
    FROM game_sessions s WHERE s.token_hash = :token_hash AND s.game_id = :game_id
    """
)


async def end_session(tx: Transaction, user_id: int, game_id: int, at: datetime) -> None:
    """End a locked user's open session of a game, if there is one."""
    await tx.execute(_END, {"user_id": user_id, "game_id": game_id, "at": at})


async def start_session(tx: Transaction, **columns: Any) -> None:
    """A new session of a locked user's."""
    await tx.execute(_START, columns)


async def find_session(
    tx: Reading, token_hash: str, game_id: int, now: datetime
) -> Row[Any] | None:
    """A session by its token; `is_signed_in`: the access token that began it still holds."""
    return await tx.row(
        _SESSION,
        {
            "token_hash": token_hash,
            "game_id": game_id,
            "now": now,
            "tokenable_type": TOKENABLE_TYPE,
        },
    )


_FIND = text(
    """
    SELECT user_id, fingerprint, status, answer::text AS answer FROM game_transactions
    WHERE provider_id = :provider_id AND provider_transaction_id = :name
    """
)
_NEXT_ID = text("SELECT nextval('game_transactions_id_seq')")
_KEEP = text(
    """
    INSERT INTO game_transactions (
        id, provider_id, game_id, session_id, user_id, type, provider_transaction_id,
        bet_transaction_id, round_id, requested, amount, fingerprint, status, answer, created_at)
    VALUES (
        :id, :provider_id, :game_id, :session_id, :user_id, :type, :provider_transaction_id,
        :bet_transaction_id, :round_id, :requested, :amount, :fingerprint, :status,
        CAST(:answer AS json), :created_at)
    """
)
_GIVEN_BACK = """
    EXISTS (SELECT FROM game_transactions r
            WHERE r.provider_id = b.provider_id AND r.bet_transaction_id = b.provider_transaction_id
              AND r.status = 200)
"""
_ROUND = text(
    f"""
    SELECT count(*) FILTER (WHERE b.type = 'bet' AND NOT given_back) AS bets,
           count(*) FILTER (WHERE b.type = 'bet' AND given_back) AS rolled_back,
           count(*) FILTER (WHERE b.type = 'win') AS wins,
           COALESCE(sum(b.amount) FILTER (WHERE b.type = 'win') * 100, 0)::bigint AS won
    FROM (SELECT b.type, b.amount, b.type = 'bet' AND {_GIVEN_BACK} AS given_back
          FROM game_transactions b
          WHERE b.user_id = :user_id AND b.round_id = :round_id AND b.game_id = :game_id
            AND b.provider_id = :provider_id AND b.status = 200) AS b
    """
)
_BET = text(
    f"""
    SELECT b.type, b.user_id = :user_id AND b.game_id = :game_id AS is_players,
           (b.amount * 100)::bigint AS amount, {_GIVEN_BACK} AS is_rolled_back,
           EXISTS (SELECT FROM game_transactions w
                   WHERE w.user_id = b.user_id AND w.round_id = b.round_id
                     AND w.game_id = b.game_id AND w.provider_id = b.provider_id
                     AND w.type = 'win' AND w.status = 200) AS is_settled
    FROM game_transactions b
    WHERE b.provider_id = :provider_id AND b.provider_transaction_id = :name
    """
)
_ROLLED_BACK = text(
    """
    SELECT EXISTS (SELECT FROM game_transactions
                   WHERE provider_id = :provider_id AND bet_transaction_id = :name
                     AND status = 200)
    """
)
# A bet that was given back counts on no day, a win on the day it was paid.
_LOST = text(
    f"""
    SELECT COALESCE(sum(CASE WHEN b.type = 'win' THEN - b.amount
                             WHEN {_GIVEN_BACK} THEN 0 ELSE b.amount END) * 100, 0)::bigint
    FROM game_transactions b
    WHERE b.user_id = :user_id AND b.created_at >= :since AND b.created_at < :until
      AND b.type IN ('bet', 'win') AND b.status = 200
    """
)


async def find_answer(tx: Reading, provider_id: int, name: str) -> Row[Any] | None:
    """What a provider was answered under an id of his."""
    return await tx.row(_FIND, {"provider_id": provider_id, "name": name})


async def next_id(tx: Transaction) -> int:
    """The id of the call that is being decided, under which its ledger row stands."""
    found: int = await tx.scalar(_NEXT_ID)
    return found


async def keep(tx: Transaction, columns: Mapping[str, Any]) -> None:
    """Keep a call and its answer."""
    await tx.execute(_KEEP, columns)


async def find_round(
    tx: Reading, provider_id: int, game_id: int, user_id: int, round_id: str
) -> Row[Any]:
    """Counts of a player's round: `bets`, `rolled_back`, `wins`, `won` (hundredths)."""
    found = await tx.row(
        _ROUND,
        {
            "provider_id": provider_id,
            "game_id": game_id,
            "user_id": user_id,
            "round_id": round_id,
        },
    )
    assert found is not None
    return found


async def find_bet(
    tx: Reading, provider_id: int, game_id: int, user_id: int, name: str
) -> Row[Any] | None:
    """What stands under an id, as a rollback must know it."""
    return await tx.row(
        _BET,
        {"provider_id": provider_id, "game_id": game_id, "user_id": user_id, "name": name},
    )


async def is_rolled_back(tx: Reading, provider_id: int, name: str) -> bool:
    """Whether a rollback of this bet was heard."""
    return bool(await tx.scalar(_ROLLED_BACK, {"provider_id": provider_id, "name": name}))


async def lost(tx: Reading, user_id: int, since: datetime, until: datetime) -> int:
    """What a locked user staked less what he won in between, in hundredths."""
    found: int = await tx.scalar(_LOST, {"user_id": user_id, "since": since, "until": until})
    return found
