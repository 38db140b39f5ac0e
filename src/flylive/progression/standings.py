"""Reading levels: the catalogue, where users and rooms stand, VIP. Nothing here writes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import privileges
from flylive.accounts.errors import UnknownUser
from flylive.accounts.queries import VIP_LEVEL
from flylive.clock import now
from flylive.database import Reading
from flylive.errors import Unauthenticated
from flylive.progression.levels import load_ladders
from flylive.progression.rules import Ladder, Level, vip_at
from flylive.progression.schemas import (
    HistoryView,
    LevelView,
    NextLevel,
    RoomLevelsView,
    StandingView,
    UserHistoryView,
    UserLevelsView,
    VipView,
)
from flylive.rooms import service as rooms
from flylive.wallet.recharge import service as recharge

HISTORY = 200

_LIST = text(
    """
    SELECT * FROM levels
    WHERE (is_active OR :all_of_them) AND (CAST(:type AS text) IS NULL OR type = :type)
      AND (type, level_number) > (CAST(:after_type AS text), CAST(:after_number AS integer))
    ORDER BY type, level_number LIMIT :limit
    """
)
_USER = text(
    f"""
    SELECT u.wealth_level_id, u.charm_level_id, u.wealth_xp, u.charm_xp,
           {VIP_LEVEL} AS vip_level, u.vip_expires_at
    FROM users u WHERE u.id = :user_id AND u.deleted_at IS NULL
    """
)
_LEVELS = text("SELECT * FROM levels WHERE id = ANY(CAST(:ids AS bigint[]))")
_VIP = text("SELECT * FROM levels WHERE type = 'vip' AND level_number = :number")
_ACTIVE = text(
    "SELECT type, level_id, achieved_at FROM user_levels WHERE user_id = :user_id AND is_active"
)
_HISTORY = text(
    """
    SELECT h.id, h.user_id, h.level_id, h.type, l.level_number, l.name, h.current_xp, h.achieved_at,
           h.ended_at, h.is_active
    FROM user_levels h JOIN levels l ON l.id = h.level_id
    WHERE h.user_id = :user_id ORDER BY h.id DESC LIMIT :limit
    """
)
_ROOM_HISTORY = text(
    """
    SELECT h.id, h.level_id, l.type, l.level_number, l.name, h.current_xp, h.achieved_at,
           h.ended_at, h.is_active
    FROM room_levels h JOIN levels l ON l.id = h.level_id
    WHERE h.room_id = :room_id ORDER BY h.id DESC LIMIT :limit
    """
)
_OF_ROOM = text("SELECT * FROM levels WHERE type = 'room' AND level_number = :number")


def level_view(row: Row[Any]) -> LevelView:
    """A level of the catalogue, its privileges those that mean something."""
    columns = row._asdict() | {
        "privileges": privileges.clean(row.privileges),
        "frame_rewards": row.frame_rewards or [],
    }
    return msgspec.convert(columns, LevelView)


async def list_levels(
    tx: Reading,
    *,
    limit: int,
    kind: str | None = None,
    after: tuple[str, int] = ("", 0),
    all_of_them: bool = False,
) -> Sequence[Row[Any]]:
    """Levels by type and number, behind the one at `after`; retired ones if `all_of_them`."""
    return await tx.rows(
        _LIST,
        {
            "limit": limit,
            "type": kind,
            "after_type": after[0],
            "after_number": after[1],
            "all_of_them": all_of_them,
        },
    )


async def of_user(tx: Reading, user_id: int, *, is_own: bool) -> UserLevelsView:
    """Where a user stands; with XP, what comes next and history for himself.

    Raises UnknownUser.
    """
    at = now()
    user = await tx.row(_USER, {"user_id": user_id, "now": at})
    if user is None:
        raise UnknownUser
    ids = [level for level in (user.wealth_level_id, user.charm_level_id) if level is not None]
    levels = {row.id: row for row in await tx.rows(_LEVELS, {"ids": ids})}
    achieved = {
        (row.type, row.level_id): row.achieved_at
        for row in await tx.rows(_ACTIVE, {"user_id": user_id})
    }
    ladders = await load_ladders(tx)

    def standing(kind: str, level: Row[Any] | None, xp: int | None) -> StandingView | None:
        if level is None:
            return None
        higher = _next(ladders[kind], level.level_number) if is_own else None
        return _standing(level, achieved.get((kind, level.id)), xp if is_own else None, higher)

    vip = await tx.row(_VIP, {"number": user.vip_level})
    history = None
    if is_own:
        rows = await tx.rows(_HISTORY, {"user_id": user_id, "limit": HISTORY})
        history = [msgspec.convert(row._asdict(), UserHistoryView) for row in rows]
    return UserLevelsView(
        user_id=user_id,
        wealth=standing("wealth", levels.get(user.wealth_level_id), user.wealth_xp),
        charm=standing("charm", levels.get(user.charm_level_id), user.charm_xp),
        vip=standing("vip", vip, None),
        vip_expires_at=user.vip_expires_at if is_own and user.vip_level else None,
        history=history,
    )


def _standing(
    level: Row[Any], achieved_at: Any, xp: int | None, higher: Level | None
) -> StandingView:
    return StandingView(
        level_id=level.id,
        level_number=level.level_number,
        name=level.name,
        icon_url=level.icon_url,
        badge_url=level.badge_url,
        achieved_at=achieved_at,
        xp=xp,
        next=_shown(higher),
    )


def _next(ladder: Ladder, number: int) -> Level | None:
    return next((level for level in ladder.levels if level.level_number > number), None)


def _shown(level: Level | None) -> NextLevel | None:
    if level is None:
        return None
    return NextLevel(
        level_number=level.level_number, name=level.name, required_xp=level.required_xp
    )


async def of_room(tx: Reading, room_id: int) -> RoomLevelsView:
    """Where a room stands, and since when. Raises UnknownRoom."""
    room = await rooms.find(tx, room_id)
    level = await tx.row(_OF_ROOM, {"number": room.room_level})
    rows = await tx.rows(_ROOM_HISTORY, {"room_id": room_id, "limit": HISTORY})
    history = [msgspec.convert(row._asdict(), HistoryView) for row in rows]
    ladder = (await load_ladders(tx))["room"]
    standing = None
    if level is not None:
        since = next((row.achieved_at for row in history if row.level_id == level.id), None)
        standing = _standing(level, since, room.room_xp, _next(ladder, room.room_level))
    return RoomLevelsView(room_id=room_id, level=standing, history=history)


async def of_vip(tx: Reading, user_id: int) -> VipView:
    """A user's VIP level, the coins that count towards it, and all VIP levels."""
    at = now()
    user = await tx.row(_USER, {"user_id": user_id, "now": at})
    if user is None:
        raise Unauthenticated
    ladder = (await load_ladders(tx))["vip"]
    bought = (await recharge.list_bought(tx, [user_id]))[user_id]
    rows = await list_levels(tx, limit=7, kind="vip")
    return VipView(
        vip_level=user.vip_level,
        vip_expires_at=user.vip_expires_at if user.vip_level else None,
        vip_xp=vip_at(bought, ladder, at).xp,
        next=_shown(_next(ladder, user.vip_level)),
        levels=[level_view(row) for row in rows],
    )
