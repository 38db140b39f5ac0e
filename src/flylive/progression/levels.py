"""Wealth, charm and room levels: which are reached, and what they pay, each exactly once.

Whoever calls holds the lock on the user (or room), so that of two gifts at once each level
is crossed by one.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.money import Currency
from flylive.progression.events import LevelUp
from flylive.progression.rules import Ladder, Level
from flylive.realtime import record, user_stream
from flylive.shop.frames import give_frames
from flylive.wallet import Account, Book, Movement

CATALOGUE_SECONDS = 5.0
SOURCE_LEVEL = "Level"

_LEVELS = text(
    """
    SELECT id, type, level_number, name, required_xp, coin_reward, diamond_reward,
           COALESCE(frame_rewards, '{}') AS frame_rewards, icon_url, badge_url, is_active
    FROM levels ORDER BY type, level_number
    """
)


async def load_ladders(tx: Reading) -> dict[str, Ladder]:
    """The active levels by type; each ladder also knows the place of those switched off."""
    levels: dict[str, list[Level]] = {"wealth": [], "charm": [], "room": [], "vip": []}
    retired: dict[str, dict[int, int]] = {kind: {} for kind in levels}
    for row in await tx.rows(_LEVELS):
        columns = row._asdict()
        if columns.pop("is_active"):
            levels[row.type].append(Level(**columns))
        else:
            retired[row.type][row.id] = row.level_number
    return {kind: Ladder(found, retired[kind]) for kind, found in levels.items()}


class LevelCatalogue:
    """The active levels, read again when what is kept is older than five seconds."""

    def __init__(self) -> None:
        self._ladders: dict[str, Ladder] = {}
        self._until = 0.0

    async def load(self, tx: Reading) -> dict[str, Ladder]:
        """The levels by type: wealth, charm, room, vip."""
        if time.monotonic() > self._until:
            self._ladders = await load_ladders(tx)
            self._until = time.monotonic() + CATALOGUE_SECONDS
        return self._ladders


class Reached(NamedTuple):
    """A level that a user reached, with his XP at that moment."""

    user_id: int
    level: Level
    xp: int


def raise_levels(book: Book, account: Account, ladders: dict[str, Ladder]) -> list[Reached]:
    """Lift a locked account to what its XP earns and credit each crossed level's rewards."""
    reached: list[Reached] = []
    for level in ladders["wealth"].crossed(account.wealth_level_id, account.wealth_xp):
        account.wealth_level_id = level.id
        reached.append(Reached(account.id, level, account.wealth_xp))
    for level in ladders["charm"].crossed(account.charm_level_id, account.charm_xp):
        account.charm_level_id = level.id
        reached.append(Reached(account.id, level, account.charm_xp))
    for _, level, _ in reached:
        account.is_changed = True
        pay_reward(book, account, level)
    return reached


def pay_reward(book: Book, account: Account, level: Level) -> None:
    """Credit a level's coins and diamonds."""
    for currency, amount in (
        (Currency.COINS, level.coin_reward),
        (Currency.DIAMONDS, level.diamond_reward),
    ):
        book.credit(
            account,
            Movement.LEVEL_REWARD,
            currency,
            amount * 100,
            source=(SOURCE_LEVEL, level.id),
            metadata={"type": level.type, "level_number": level.level_number},
        )


_RETIRE = text(
    """
    UPDATE user_levels l SET is_active = false
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:types AS text[])) AS r (user_id, type)
    WHERE l.user_id = r.user_id AND l.type = r.type AND l.is_active
    """
)
_KEEP = text(
    """
    INSERT INTO user_levels (user_id, level_id, type, current_xp, achieved_at, is_active)
    SELECT r.user_id, r.level_id, r.type, r.xp, :at, r.is_active
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:level_ids AS bigint[]),
                CAST(:types AS text[]), CAST(:xps AS bigint[]), CAST(:actives AS boolean[]))
         AS r (user_id, level_id, type, xp, is_active)
    """
)


async def record_levels(tx: Transaction, reached: Iterable[Reached], at: datetime) -> None:
    """Write the history, give the frames, and tell each user; after the Book was written."""
    steps = list(reached)
    if not steps:
        return
    last = {(step.user_id, step.level.type): step.level.id for step in steps}
    columns = {
        "user_ids": array_literal(step.user_id for step in steps),
        "types": array_literal(step.level.type for step in steps),
    }
    await tx.execute(_RETIRE, columns)
    await tx.execute(
        _KEEP,
        columns
        | {
            "level_ids": array_literal(step.level.id for step in steps),
            "xps": array_literal(step.xp for step in steps),
            "actives": array_literal(
                last[(step.user_id, step.level.type)] == step.level.id for step in steps
            ),
            "at": at,
        },
    )
    await give_frames(
        tx, [(step.user_id, frame) for step in steps for frame in step.level.frame_rewards], at
    )
    for step in steps:
        record(tx, user_stream(step.user_id), level_up(step.level))


async def retire(
    tx: Transaction, user_id: int, kind: str, lower: Level | None, xp: int, at: datetime
) -> None:
    """End a locked user's active level of this type; `lower` is the one he falls to, if any."""
    columns = {"user_ids": array_literal([user_id]), "types": array_literal([kind])}
    await tx.execute(_RETIRE, columns)
    if lower is not None:
        rest = {"level_ids": [lower.id], "xps": [xp], "actives": [True], "at": at}
        await tx.execute(_KEEP, columns | rest)


def level_up(level: Level) -> LevelUp:
    """The event of reaching a level."""
    return LevelUp(
        level_type=level.type,
        level_id=level.id,
        level_number=level.level_number,
        name=level.name,
        icon_url=level.icon_url,
        badge_url=level.badge_url,
        coin_reward=level.coin_reward,
        diamond_reward=level.diamond_reward,
        frame_rewards=list(level.frame_rewards),
    )
