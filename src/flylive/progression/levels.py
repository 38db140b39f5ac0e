"""Wealth, charm and room levels: which are reached, and what they pay, each exactly once.

Whoever calls holds the lock on the user (or room), so that of two gifts at once each level
is crossed by one.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from flylive.accounts import privileges
from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.money import Currency
from flylive.progression.events import LevelLowered, LevelUp, Standing
from flylive.progression.rules import Ladder, Level
from flylive.realtime import record, user_stream
from flylive.shop.frames import give_frames
from flylive.wallet import Account, Book, Movement

CATALOGUE_SECONDS = 5.0
SOURCE_LEVEL = "Level"

_LEVELS = text(
    """
    SELECT id, type, level_number, name, required_xp, coin_reward, diamond_reward,
           COALESCE(frame_rewards, '{}') AS frame_rewards, icon_url, badge_url, is_active,
           privileges, created_at, updated_at
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
            columns["privileges"] = privileges.clean(row.privileges)
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
        paid = account.wealth_level_paid
        reached.append(Reached(account.id, level.after(paid), account.wealth_xp))
    for level in ladders["charm"].crossed(account.charm_level_id, account.charm_xp):
        account.charm_level_id = level.id
        paid = account.charm_level_paid
        reached.append(Reached(account.id, level.after(paid), account.charm_xp))
    for _, level, _ in reached:
        account.is_changed = True
        pay_reward(book, account, level)
    return reached


class Fallen(NamedTuple):
    """A level that a user falls to, the number of the one that he leaves, and his XP."""

    user_id: int
    level: Level
    left: int
    xp: int


def settle(
    book: Book, account: Account, kind: str, ladder: Ladder
) -> tuple[list[Reached], Fallen | None]:
    """Bring a locked account to where its wealth or charm XP puts it after levels were changed.

    Levels that are crossed for the first time pay. Who falls keeps what he was paid, and is not
    paid for those levels again.
    """
    name, paid_name = f"{kind}_level_id", f"{kind}_level_paid"
    xp: int = getattr(account, f"{kind}_xp")
    paid: int = getattr(account, paid_name)
    number = ladder.number_of(getattr(account, name))
    reached = []
    if number is None:
        if not ladder.levels:
            return [], None
        # Without a level yet: the lowest is where everybody starts, and it pays nothing.
        lowest = ladder.levels[0]
        number = lowest.level_number
        reached.append(Reached(account.id, lowest.after(number), xp))
    crossed, lower = ladder.settled(number, xp)
    reached += [Reached(account.id, level.after(paid), xp) for level in crossed]
    for _, level, _ in reached:
        setattr(account, name, level.id)
        account.is_changed = True
        pay_reward(book, account, level)
    if lower is None:
        return reached, None
    setattr(account, name, lower.id)
    setattr(account, paid_name, max(paid, number))
    account.is_changed = True
    return [], Fallen(account.id, lower, number, xp)


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
    UPDATE user_levels l SET is_active = false, ended_at = :at
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:types AS text[])) AS r (user_id, type)
    WHERE l.user_id = r.user_id AND l.type = r.type AND l.is_active
    """
)
# A level other than VIP has one row: whoever reaches it again stands on it as of the first time.
_KEEP = text(
    """
    INSERT INTO user_levels (user_id, level_id, type, current_xp, achieved_at, is_active, ended_at)
    SELECT r.user_id, r.level_id, r.type, r.xp, :at, r.is_active,
           CASE WHEN NOT r.is_active THEN CAST(:at AS timestamptz) END
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:level_ids AS bigint[]),
                CAST(:types AS text[]), CAST(:xps AS bigint[]), CAST(:actives AS boolean[]))
         AS r (user_id, level_id, type, xp, is_active)
    ON CONFLICT (user_id, level_id) WHERE type <> 'vip' DO UPDATE SET
        is_active = excluded.is_active, ended_at = excluded.ended_at
    RETURNING user_id, level_id, current_xp, achieved_at
    """
)
_REMEMBER_PAID = text(
    """
    UPDATE users u SET
        wealth_level_paid = CASE WHEN CAST(:type AS text) = 'wealth'
            THEN GREATEST(u.wealth_level_paid, f.number) ELSE u.wealth_level_paid END,
        charm_level_paid = CASE WHEN CAST(:type AS text) = 'charm'
            THEN GREATEST(u.charm_level_paid, f.number) ELSE u.charm_level_paid END
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:numbers AS integer[])) AS f (user_id, number)
    WHERE u.id = f.user_id
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
        "at": at,
    }
    await tx.execute(_RETIRE, columns)
    kept = await tx.rows(
        _KEEP,
        columns
        | {
            "level_ids": array_literal(step.level.id for step in steps),
            "xps": array_literal(step.xp for step in steps),
            "actives": array_literal(
                last[(step.user_id, step.level.type)] == step.level.id for step in steps
            ),
        },
    )
    await give_frames(
        tx, [(step.user_id, frame) for step in steps for frame in step.level.frame_rewards], at
    )
    rows = {(row.user_id, row.level_id): row for row in kept}
    for step in steps:
        row = rows[(step.user_id, step.level.id)]
        record(tx, user_stream(step.user_id), level_up(step.level, row.current_xp, row.achieved_at))


async def record_falls(tx: Transaction, fallen: Sequence[Fallen], at: datetime) -> None:
    """Write the history of locked users who fell, what they are paid for, and tell each."""
    for kind in sorted({fall.level.type for fall in fallen}):
        falls = [fall for fall in fallen if fall.level.type == kind]
        await tx.execute(
            _REMEMBER_PAID,
            {
                "type": kind,
                "user_ids": array_literal(fall.user_id for fall in falls),
                "numbers": array_literal(fall.left for fall in falls),
            },
        )
        for fall in falls:
            standing = await retire(tx, fall.user_id, kind, fall.level, fall.xp, at)
            event = LevelLowered(kind="level_lowered", level_type=kind, standing=standing)
            record(tx, user_stream(fall.user_id), event)


async def retire(
    tx: Transaction, user_id: int, kind: str, lower: Level | None, xp: int, at: datetime
) -> Standing | None:
    """End a locked user's active level of this type; `lower` is the one he falls to, if any.

    Where he stands then.
    """
    columns = {
        "user_ids": array_literal([user_id]),
        "types": array_literal([kind]),
        "at": at,
    }
    await tx.execute(_RETIRE, columns)
    if lower is None:
        return None
    rest = {"level_ids": [lower.id], "xps": [xp], "actives": [True]}
    kept = (await tx.execute(_KEEP, columns | rest)).one()
    return Standing(
        level_id=lower.id,
        level_number=lower.level_number,
        name=lower.name,
        icon_url=lower.icon_url,
        badge_url=lower.badge_url,
        current_xp=kept.current_xp,
        achieved_at=kept.achieved_at,
    )


def level_up(
    level: Level, xp: int, achieved_at: datetime, *, room_id: int | None = None
) -> LevelUp:
    """The event of reaching a level with so much XP."""
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
        current_xp=xp,
        achieved_at=achieved_at,
        room_id=room_id,
    )
