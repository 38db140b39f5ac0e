"""What the staff do with providers and games: list, make, change, give a provider a new secret."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, update

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.games import signing
from flylive.games.errors import NameTaken, UnknownGame, UnknownProvider
from flylive.games.models import Game, GameProvider
from flylive.http.fields import MAX_ID

_GAMES, _PROVIDERS = Game.__table__, GameProvider.__table__
_LOCK = "games:catalogue"


async def list_providers(tx: Reading) -> Sequence[Row[Any]]:
    """Every provider, oldest first."""
    return await tx.rows(select(_PROVIDERS).order_by(_PROVIDERS.c.id))


async def list_games(tx: Reading) -> Sequence[Row[Any]]:
    """Every game, oldest first."""
    return await tx.rows(select(_GAMES).order_by(_GAMES.c.id))


async def find_provider(tx: Reading, provider_id: int) -> Row[Any]:
    """Raises UnknownProvider."""
    row = await tx.row(select(_PROVIDERS).where(_PROVIDERS.c.id == provider_id))
    if row is None:
        raise UnknownProvider
    return row


async def find_game(tx: Reading, game_id: int) -> Row[Any]:
    """Raises UnknownGame."""
    row = await tx.row(select(_GAMES).where(_GAMES.c.id == game_id))
    if row is None:
        raise UnknownGame
    return row


async def make_provider(tx: Transaction, name: str) -> Row[Any]:
    """A new provider. Raises NameTaken."""
    await tx.lock(_LOCK)
    if await tx.row(select(_PROVIDERS.c.id).where(_PROVIDERS.c.name == name)) is not None:
        raise NameTaken
    made = await tx.row(insert(GameProvider).values(name=name).returning(_PROVIDERS))
    assert made is not None
    return made


async def switch_provider(tx: Transaction, provider_id: int, *, is_active: bool) -> Row[Any]:
    """Let a provider's calls be heard, or not. Raises UnknownProvider."""
    return await _change_provider(tx, provider_id, {"is_active": is_active})


async def rotate_secret(
    tx: Transaction, provider_id: int, *, drops_previous: bool
) -> tuple[Row[Any], Row[Any]]:
    """Give a provider a new secret; before and after.

    The one before holds on for :data:`signing.ROTATION`, unless `drops_previous`.
    Raises UnknownProvider.
    """
    await tx.lock(_LOCK)
    before = await find_provider(tx, provider_id)
    after = await _change_provider(
        tx,
        provider_id,
        {
            "secret_version": before.secret_version + 1,
            "previous_until": None if drops_previous else now() + signing.ROTATION,
        },
    )
    return before, after


async def _change_provider(
    tx: Transaction, provider_id: int, values: Mapping[str, Any]
) -> Row[Any]:
    changed = await tx.row(
        update(GameProvider)
        .where(_PROVIDERS.c.id == provider_id)
        .values(**values, updated_at=now())
        .returning(_PROVIDERS)
    )
    if changed is None:
        raise UnknownProvider
    return changed


async def make_game(tx: Transaction, values: Mapping[str, Any]) -> Row[Any]:
    """A new game. Raises UnknownProvider, NameTaken."""
    await tx.lock(_LOCK)
    await find_provider(tx, values["provider_id"])
    if await tx.row(select(_GAMES.c.id).where(_GAMES.c.code == values["code"])) is not None:
        raise NameTaken
    made = await tx.row(insert(Game).values(**values).returning(_GAMES))
    assert made is not None
    return made


async def change_game(tx: Transaction, game_id: int, values: Mapping[str, Any]) -> Row[Any]:
    """Change a game that is there."""
    changed = await tx.row(
        update(Game)
        .where(_GAMES.c.id == game_id)
        .values(**values, updated_at=now())
        .returning(_GAMES)
    )
    assert changed is not None
    return changed


async def lock_game(tx: Transaction, game_id: int) -> Row[Any]:
    """A game, with nobody else changing any. Raises UnknownGame."""
    await tx.lock(_LOCK)
    return await find_game(tx, game_id)


_LIST_PLAY = text(
    """
    SELECT id, provider_id, game_id, session_id, user_id, type, provider_transaction_id,
           bet_transaction_id, round_id, requested, amount, status, answer ->> 'code' AS code,
           created_at
    FROM game_transactions
    WHERE user_id = :user_id
      AND (created_at, id) < (COALESCE(CAST(:at AS timestamptz), 'infinity'), :before)
      AND (CAST(:round_id AS text) IS NULL OR round_id = :round_id)
    ORDER BY created_at DESC, id DESC LIMIT :limit
    """
)


async def list_play(
    tx: Reading,
    user_id: int,
    *,
    round_id: str | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """What providers asked of a user, newest first."""
    at, id_ = before or (None, MAX_ID)
    return await tx.rows(
        _LIST_PLAY,
        {"user_id": user_id, "round_id": round_id, "at": at, "before": id_, "limit": limit},
    )
