"""Appointing moderators, silencing, kicking out and letting in again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from sqlalchemy import Row

from flylive.accounts import privileges
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http import pages
from flylive.realtime import record, room_stream, user_stream
from flylive.rooms import queries as rooms
from flylive.rooms import rules, seats, service, stays
from flylive.rooms.errors import (
    KickImmune,
    NoSeatFree,
    NotAboveThem,
    NotTheOwner,
    RoomFull,
    TooManyModerators,
    UserNotInRoom,
)
from flylive.rooms.events import ParticipantUpdated, RoomNotice
from flylive.rooms.moderation import queries
from flylive.rooms.moderation.standings import require_running, standing
from flylive.rooms.requests import ending
from flylive.rooms.schemas import BanView, EditParticipant, ModeratorView, ParticipantView
from flylive.social.errors import NotOneself, UserNotAvailable
from flylive.social.rules import Action
from flylive.social.service import may


class Acting(NamedTuple):
    """Who acts on whom in a room that is held: standings, present or not."""

    room: Row[Any]
    caller_id: int
    role: rules.Role
    subject_id: int
    subject_role: rules.Role


async def _acting(tx: Transaction, caller_id: int, room_id: int, subject_id: int) -> Acting:
    room = await service.lock(tx, room_id)
    role = await require_running(tx, room, caller_id)
    return Acting(room, caller_id, role, subject_id, await standing(tx, room, subject_id))


async def _owning(tx: Transaction, caller_id: int, room_id: int, subject_id: int) -> Acting:
    room = await service.lock(tx, room_id)
    role = await standing(tx, room, caller_id)
    return Acting(room, caller_id, role, subject_id, await standing(tx, room, subject_id))


def _check_above(acting: Acting) -> None:
    if acting.caller_id == acting.subject_id:
        raise NotOneself
    if not rules.may_act_on(acting.role, acting.subject_role):
        raise NotAboveThem


async def edit(
    tx: Transaction,
    caller_id: int,
    room_id: int,
    user_id: int,
    data: EditParticipant,
    most_moderators: int,
) -> ParticipantView:
    """Change what somebody present may do. Everything is refused before anything changes.

    Raises UnknownRoom, NotInRoom, NotAModerator, UserNotInRoom, NotOneself, NotAboveThem,
    NotTheOwner, TooManyModerators, UserNotAvailable, NoSeatFree.
    """
    acting = await _acting(tx, caller_id, room_id, user_id)
    stay = (await rooms.find_stays(tx, room_id, [user_id])).get(user_id)
    if stay is None:
        raise UserNotInRoom(user_id=user_id)
    if isinstance(data.is_muted, bool):
        _check_above(acting)
    if isinstance(data.role, str):
        stay = await _give_role(tx, acting, stay, data.role, most_moderators)
    if data.is_muted is not UNSET and data.is_muted != stay.is_muted:
        if data.is_muted:
            await queries.insert_mute(tx, room_id, user_id, caller_id)
            await ending.end_application(tx, room_id, user_id)
        else:
            await queries.delete_mute(tx, room_id, user_id)
        stay = await change_stay(tx, stay, is_muted=data.is_muted)
    cards = await accounts.cards(tx, [user_id])
    return seats.participant_view(stay, cards[user_id])


async def change_stay(tx: Transaction, stay: Row[Any], **changes: Any) -> Row[Any]:
    """Give a stay another role, or silence it, or the opposite; everybody in the room is told."""
    values = {"role": stay.role, "is_muted": stay.is_muted} | changes
    changed = await rooms.change_stay(tx, stay.id, **values)
    cards = await accounts.cards(tx, [stay.user_id])
    record(
        tx,
        room_stream(stay.room_id),
        ParticipantUpdated(participant=seats.participant_view(changed, cards[stay.user_id])),
    )
    return changed


async def _give_role(
    tx: Transaction, acting: Acting, stay: Row[Any], role: str, most_moderators: int
) -> Row[Any]:
    if role == "moderator":
        await _check_may_appoint(tx, acting, most_moderators)
        await _appoint(tx, acting.room, acting.subject_id)
    elif acting.subject_role == "moderator":
        _check_may_dismiss(acting)
    else:
        _check_above(acting)
    if role == "speaker" and stay.seat_number is None:
        number = await _seat_for(tx, acting, stay)
        if acting.subject_role == "moderator":
            await end_moderation(tx, acting.room, acting.subject_id)
            stay = await _stay(tx, stay)
        await seats.place(tx, acting.room, stay, number)
    elif role != "moderator" and acting.subject_role == "moderator":
        await end_moderation(tx, acting.room, acting.subject_id)
    if role == "listener":
        await seats.unseat(tx, acting.room, await _stay(tx, stay))
    return await _stay(tx, stay)


async def _stay(tx: Transaction, stay: Row[Any]) -> Row[Any]:
    return (await rooms.find_stays(tx, stay.room_id, [stay.user_id]))[stay.user_id]


async def _seat_for(tx: Transaction, acting: Acting, stay: Row[Any]) -> int:
    if not await may(tx, acting.caller_id, Action.INVITE, stay.user_id):
        raise UserNotAvailable
    found = await seats.load(tx, acting.room)
    number = rules.seat_to_give(found, None)
    if number is None:
        raise NoSeatFree(free_seats=[], locked_seats=rules.locked_seats(found))
    return number


async def hold(tx: Transaction, user_id: int) -> None:
    """Keep somebody who may be absent from being deleted meanwhile. Raises UnknownUser."""
    if not await accounts.hold_user(tx, user_id):
        raise UnknownUser


async def appoint(
    tx: Transaction, caller_id: int, room_id: int, user_id: int, most_moderators: int
) -> ModeratorView:
    """Make somebody a moderator, present or away; a place is kept for him from then on.

    Raises UnknownRoom, NotTheOwner, NotOneself, UnknownUser, TooManyModerators,
    UserNotAvailable, RoomFull.
    """
    acting = await _owning(tx, caller_id, room_id, user_id)
    await _check_may_appoint(tx, acting, most_moderators)
    await hold(tx, user_id)
    if acting.subject_role != "moderator" and user_id not in await rooms.find_stays(
        tx, room_id, [user_id]
    ):
        room, kept = acting.room, await service.kept_places(tx, acting.room)
        if room.participant_count + kept >= room.max_participants:
            raise RoomFull(
                "No place could be kept for another moderator",
                participant_count=room.participant_count,
                kept_places=kept,
                max_participants=room.max_participants,
            )
    await _appoint(tx, acting.room, user_id)
    return next(row for row in await moderators(tx, room_id) if row.user_id == user_id)


async def dismiss(tx: Transaction, caller_id: int, room_id: int, user_id: int) -> None:
    """Let somebody no longer be a moderator; he may resign himself. Again does nothing.

    Raises UnknownRoom, NotTheOwner.
    """
    acting = await _owning(tx, caller_id, room_id, user_id)
    _check_may_dismiss(acting)
    await end_moderation(tx, acting.room, user_id)


async def _check_may_appoint(tx: Transaction, acting: Acting, most: int) -> None:
    if acting.role != "owner":
        raise NotTheOwner
    if acting.caller_id == acting.subject_id:
        raise NotOneself
    if acting.subject_role == "moderator":
        return
    if not await may(tx, acting.caller_id, Action.INVITE, acting.subject_id):
        raise UserNotAvailable
    most += (await privileges.find(tx, acting.room.user_id)).extra_moderators
    if len(await queries.list_moderators(tx, acting.room.id)) >= most:
        raise TooManyModerators(limit=most)


def _check_may_dismiss(acting: Acting) -> None:
    if acting.caller_id != acting.subject_id and acting.role != "owner":
        raise NotTheOwner


async def _appoint(tx: Transaction, room: Row[Any], user_id: int) -> None:
    if (await queries.find_standing(tx, room.id, user_id)).is_moderator:
        return
    await queries.insert_moderator(tx, room.id, user_id)
    await queries.delete_ban(tx, room.id, user_id, but_of_staff=True)
    stay = (await rooms.find_stays(tx, room.id, [user_id])).get(user_id)
    if stay is not None:
        await change_stay(tx, stay, role="moderator")
    notify(tx, room, user_id, "room_appointed")


async def end_moderation(tx: Transaction, room: Row[Any], user_id: int) -> None:
    """Let somebody no longer be a moderator of a room that is held, if he is one."""
    if not await queries.delete_moderator(tx, room.id, user_id):
        return
    stay = (await rooms.find_stays(tx, room.id, [user_id])).get(user_id)
    if stay is not None:
        role = "listener" if stay.seat_number is None else "speaker"
        await change_stay(tx, stay, role=role)
    await ending.end_offers(tx, room.id, user_id)
    notify(tx, room, user_id, "room_dismissed")


def notify(tx: Transaction, room: Row[Any], user_id: int, kind: str, **more: Any) -> None:
    """Tell somebody what happened to him in the room."""
    notice = RoomNotice(kind=kind, room_id=room.id, room_name=room.name, **more)
    record(tx, user_stream(user_id), notice)


async def moderators(tx: Reading, room_id: int) -> list[ModeratorView]:
    """Everybody who runs the room beside its owner."""
    return await _moderator_views(tx, await queries.list_moderators(tx, room_id))


async def moderator_page(
    tx: Reading, room_id: int, *, after: tuple[datetime, int] | None, limit: int
) -> pages.Page[ModeratorView]:
    """A page of them, first appointed first."""
    rows = await queries.list_moderators(tx, room_id, after=after, limit=limit + 1)
    shown = {view.user_id: view for view in await _moderator_views(tx, rows[:limit])}
    return pages.page(
        rows, limit, lambda row: shown[row.user_id], lambda row: (row.appointed_at, row.user_id)
    )


async def _moderator_views(tx: Reading, rows: Sequence[Row[Any]]) -> list[ModeratorView]:
    cards = await accounts.cards(tx, {row.user_id for row in rows})
    return [
        msgspec.convert(row._asdict() | {"user": cards[row.user_id]}, ModeratorView) for row in rows
    ]


async def kick(
    tx: Transaction,
    caller_id: int,
    room_id: int,
    user_id: int,
    ban_minutes: int,
    reason: str | None,
) -> None:
    """Put somebody out, and keep him out for so many minutes; 0: he may come back at once.

    Who left a moment before is kept out all the same. A moderator who is kept out is one no
    longer. Raises UnknownRoom, NotInRoom, NotAModerator, NotOneself, NotAboveThem, KickImmune,
    UnknownUser, UserNotInRoom (nobody to put out, and no ban wanted).
    """
    acting = await _acting(tx, caller_id, room_id, user_id)
    _check_above(acting)
    if acting.role != "owner" and (await privileges.find(tx, user_id)).kick_immunity:
        raise KickImmune
    room = acting.room
    stay = (await rooms.find_stays(tx, room_id, [user_id])).get(user_id)
    if stay is None:
        await hold(tx, user_id)
        if ban_minutes == 0:
            raise UserNotInRoom(user_id=user_id)
    until = None
    if ban_minutes > 0:
        until = await _ban(tx, acting, now() + timedelta(minutes=ban_minutes), reason)
        await end_moderation(tx, room, user_id)
        stay = (await rooms.find_stays(tx, room_id, [user_id])).get(user_id)
    if stay is not None:
        await stays.end(tx, room, stay, "kicked")
        notify(tx, room, user_id, "room_kicked", until=until, reason=reason)


async def _ban(tx: Transaction, acting: Acting, until: datetime, reason: str | None) -> datetime:
    """Keep somebody out until then; who prolongs the ban of one above him leaves it that one's."""
    room_id, user_id, by = acting.room.id, acting.subject_id, acting.caller_id
    found = await queries.find_ban(tx, room_id, user_id)
    is_by_staff = False
    if found is not None and not _may_end(acting.role, acting.room, found):
        kept: datetime = found.until
        if kept >= until:
            return kept
        by, is_by_staff = found.banned_by, found.is_by_staff
    await queries.replace_ban(tx, room_id, user_id, by, reason, until, is_by_staff=is_by_staff)
    return until


def _may_end(role: rules.Role, room: Row[Any], ban: Row[Any]) -> bool:
    return rules.may_end_ban(
        role, banned_by_owner=ban.banned_by == room.user_id, is_by_staff=ban.is_by_staff
    )


async def unban(tx: Transaction, caller_id: int, room_id: int, user_id: int) -> None:
    """Let somebody in again; nothing happens where he may come in anyway.

    Raises UnknownRoom, NotInRoom, NotAModerator, NotAboveThem (the owner or the staff said so).
    """
    room = await service.lock(tx, room_id)
    role = await require_running(tx, room, caller_id)
    found = await queries.find_ban(tx, room_id, user_id)
    if found is None:
        return
    if not _may_end(role, room, found):
        raise NotAboveThem
    await queries.delete_ban(tx, room_id, user_id)


async def bans(
    tx: Reading, caller_id: int, room_id: int, *, before: int, limit: int
) -> pages.Page[BanView]:
    """Who may not come in, newest first, for those who run the room.

    Raises UnknownRoom, NotInRoom, NotAModerator.
    """
    room = await service.find(tx, room_id)
    await require_running(tx, room, caller_id)
    rows = await queries.list_bans(tx, room_id, before=before, limit=limit + 1)
    return await ban_page(tx, rows, limit)


async def ban_page(
    tx: Reading, rows: Sequence[Row[Any]], limit: int, *, for_staff: bool = False
) -> pages.Page[BanView]:
    """Bans as those who run the room see them: who of the staff said so is nobody else's."""
    named = {row.user_id for row in rows} | {row.banned_by for row in rows}
    cards = await accounts.cards(tx, named)

    def view(row: Row[Any]) -> BanView:
        by = row.banned_by if for_staff or not row.is_by_staff else None
        more = {"user": cards[row.user_id], "banned_by": by}
        more["banner"] = cards[by] if by is not None else None
        return msgspec.convert(row._asdict() | more, BanView)

    return pages.page(rows, limit, view, lambda row: (row.id,))
