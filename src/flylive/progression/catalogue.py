"""Making, changing and retiring levels and badges; who may, why, and the audit log are above.

Whoever saves a level or badge that changes who has what begins a run (:mod:`.runs`), which goes
through all users or rooms.
"""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Row, Table, text

from flylive.accounts import privileges
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.database.saving import save
from flylive.errors import InvalidRequest
from flylive.http.fields import FieldChecks
from flylive.progression import runs
from flylive.progression.badges import award
from flylive.progression.badges import queries as badges
from flylive.progression.badges.rules import Fault, Subject, parse, subject_of
from flylive.progression.errors import (
    BadgeHadAlready,
    BadgeInactive,
    FirstLevelNeeded,
    LevelNumberTaken,
    UnknownBadge,
    UnknownLevel,
)
from flylive.progression.models import Badge, Level
from flylive.progression.schemas import RunView
from flylive.rooms import service as rooms
from flylive.shop import pictures

_LEVELS = cast("Table", Level.__table__)
_BADGES = cast("Table", Badge.__table__)

_TYPE = text("SELECT type FROM levels WHERE id = :id")
_LOCK_LEVEL = text("SELECT * FROM levels WHERE id = :id FOR UPDATE")
_NUMBER = text("SELECT id FROM levels WHERE type = :type AND level_number = :number")
_NEIGHBOURS = text(
    """
    SELECT max(required_xp) FILTER (WHERE level_number < :number) AS below,
           min(required_xp) FILTER (WHERE level_number > :number) AS above
    FROM levels WHERE type = :type AND is_active AND level_number <> :number
    """
)
_KNOWN_FRAMES = text("SELECT id FROM frames WHERE id = ANY(CAST(:ids AS bigint[]))")

MOVING = frozenset({"required_xp", "is_active"})
"""What of a level decides who stands on it."""


async def lock_level(tx: Transaction, level_id: int) -> Row[Any]:
    """A level, held with all levels of its type. Raises UnknownLevel."""
    kind = await tx.scalar(_TYPE, {"id": level_id})
    if kind is None:
        raise UnknownLevel
    await tx.lock(f"levels:{kind}")
    return (await tx.execute(_LOCK_LEVEL, {"id": level_id})).one()


async def save_level(
    tx: Transaction, actor_id: int, values: Mapping[str, Any], before: Row[Any] | None
) -> tuple[Row[Any], RunView | None]:
    """A new level, or another one's new columns; and the run that brings everybody to it.

    A level's XP lies between those of its neighbours. Raises InvalidRequest that names the
    fields at fault, LevelNumberTaken, FirstLevelNeeded.
    """
    kept: dict[str, Any] = before._asdict() if before is not None else {"is_active": True}
    after = kept | dict(values)
    kind, number = after["type"], after["level_number"]
    if before is None:
        await tx.lock(f"levels:{kind}")
        if await tx.scalar(_NUMBER, {"type": kind, "number": number}) is not None:
            raise LevelNumberTaken
    if kind != "vip" and number == 1 and not _is_first(after):
        raise FirstLevelNeeded
    checks = FieldChecks()
    if kind == "vip" and number > 7:
        checks.refuse("level_number", "must be 1–7 for VIP")
    for name, words in privileges.check(values.get("privileges") or {}).items():
        checks.refuse(f"privileges.{name}", words)
    if after["is_active"]:
        await _check_between(tx, checks, kind, number, after["required_xp"])
    wanted = set(values.get("frame_rewards") or ())
    known = await tx.rows(_KNOWN_FRAMES, {"ids": array_literal(sorted(wanted))})
    if missing := sorted(wanted - {row.id for row in known}):
        checks.refuse("frame_rewards", f"there are no frames {missing}")
    await pictures.check(tx, checks, actor_id, values, kept, ("icon_url", "badge_url"))
    checks.done()
    level = await save(tx, _LEVELS, values, before)
    is_moving = before is None or any(before._mapping[one] != level._mapping[one] for one in MOVING)
    if not is_moving:
        return level, None
    return level, await runs.begin(tx, "levels", subject=kind, of_rooms=kind == "room")


def _is_first(level: Mapping[str, Any]) -> bool:
    rewards = ("required_xp", "coin_reward", "diamond_reward", "frame_rewards")
    return bool(level["is_active"]) and not any(level.get(name) for name in rewards)


async def _check_between(
    tx: Transaction, checks: FieldChecks, kind: str, number: int, required_xp: int
) -> None:
    found = (await tx.execute(_NEIGHBOURS, {"type": kind, "number": number})).one()
    if found.below is not None and required_xp <= found.below:
        checks.refuse("required_xp", f"must be above the {found.below} of the level below it")
    if found.above is not None and required_xp >= found.above:
        checks.refuse("required_xp", f"must be below the {found.above} of the level above it")


async def lock_badge(tx: Transaction, badge_id: int) -> Row[Any]:
    """A badge, held. Raises UnknownBadge."""
    badge = await badges.lock_badge(tx, badge_id)
    if badge is None:
        raise UnknownBadge
    return badge


async def save_badge(
    tx: Transaction, actor_id: int, values: Mapping[str, Any], before: Row[Any] | None
) -> tuple[Row[Any], RunView | None]:
    """A new badge, or another one's new columns; and the run that gives it to who earned it.

    Whoever has it keeps it. Raises InvalidRequest that names the fields at fault: of
    requirements, the very place in them.
    """
    kept: dict[str, Any] = before._asdict() if before is not None else {"is_active": True}
    after = kept | dict(values)
    subject = subject_of(after["category"])
    checks = FieldChecks()
    if before is not None and subject_of(before.category) != subject:
        checks.refuse("category", "a badge stays one of users, or of rooms")
    elif "requirements" in values or after["is_active"]:
        try:
            parse(after["requirements"], subject)
        except Fault as fault:
            checks.refuse(fault.path, fault.message)
    await pictures.check(tx, checks, actor_id, values, kept, ("icon_url",))
    checks.done()
    badge = await save(tx, _BADGES, values, before)
    deciding = ("requirements", "is_active")
    is_new = before is None or any(before._mapping[one] != badge._mapping[one] for one in deciding)
    if not badge.is_active or not is_new:
        return badge, None
    of_rooms = subject == "room"
    return badge, await runs.begin(tx, "badge", subject_id=badge.id, of_rooms=of_rooms)


async def grant_badge(
    tx: Transaction, badge_id: int, *, user_id: int | None, room_id: int | None
) -> tuple[Subject, int]:
    """Give a badge by hand, earned or not; to whom it was given.

    Raises InvalidRequest, UnknownUser, UnknownRoom, UnknownBadge, BadgeInactive, BadgeHadAlready.
    """
    badge = await badges.lock_badge(tx, badge_id)
    if badge is None:
        raise UnknownBadge
    subject = subject_of(badge.category)
    wanted, other = (room_id, user_id) if subject == "room" else (user_id, room_id)
    if wanted is None or other is not None:
        raise InvalidRequest.field(f"{subject}_id", f"this badge is given to a {subject}")
    if not badge.is_active:
        raise BadgeInactive
    owner_id = wanted
    if subject == "room":
        owner_id = (await rooms.find(tx, wanted)).user_id
    elif not await accounts.hold_user(tx, wanted):
        raise UnknownUser
    if not await award.give(tx, subject, [(wanted, badge)], {wanted: owner_id}):
        raise BadgeHadAlready
    return subject, wanted
