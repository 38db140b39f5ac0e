"""The addresses of moderation: roles, kicks, bans, moderators."""

from datetime import datetime
from typing import Annotated

from litestar import delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.rooms import rules, stays
from flylive.rooms.moderation import service
from flylive.rooms.schemas import (
    BanView,
    EditParticipant,
    ModeratorView,
    ParticipantView,
)


@patch("/rooms/{room_id:int}/participants/{user_id:int}")
async def edit_participant(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[EditParticipant],
) -> ParticipantView:
    """Appoint or dismiss a moderator, give or take a seat, mute somebody or the opposite."""
    most = settings.moderators_per_room
    return await database.run(
        lambda tx: service.edit(tx, visitor.user_id, room_id, user_id, data, most)
    )


@delete("/rooms/{room_id:int}/participants/{user_id:int}", status_code=204)
async def kick(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
    ban_minutes: Annotated[
        int,
        QueryParameter(
            name="ban_minutes",
            ge=0,
            le=rules.MAX_BAN_MINUTES,
            description="How long he may not come back; 0: he may at once.",
        ),
    ] = rules.BAN_MINUTES,
    reason: Annotated[
        str | None,
        QueryParameter(name="reason", max_length=rules.MAX_REASON, description="What he is told."),
    ] = None,
) -> None:
    """Put somebody out of the room and keep him out for a while, also if he has just left."""
    checks = FieldChecks()
    checks.field("reason", _reason, reason)
    checks.done()
    await database.run(
        lambda tx: service.kick(tx, visitor.user_id, room_id, user_id, ban_minutes, reason or None)
    )


def _reason(text: str | None) -> str | None:
    return None if text is None else rules.free_text(text, rules.MAX_REASON)


@get("/rooms/{room_id:int}/bans")
async def list_bans(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BanView]:
    """Who may not come in and until when, newest first; for those who run the room."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)
    return await database.read(
        lambda tx: service.bans(tx, visitor.user_id, room_id, before=before, limit=limit)
    )


@delete("/rooms/{room_id:int}/bans/{user_id:int}", status_code=204)
async def unban(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
) -> None:
    """Let somebody in again; the owner's ban only by the owner. Again does nothing more."""
    await database.run(lambda tx: service.unban(tx, visitor.user_id, room_id, user_id))


@get("/rooms/{room_id:int}/moderators")
async def list_moderators(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ModeratorView]:
    """Who runs the room beside its owner, present or away, first appointed first.

    A private one's only from inside.
    """
    after = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[ModeratorView]:
        await stays.find_visible(tx, visitor.user_id, room_id)
        return await service.moderator_page(
            tx, room_id, after=(after[0], after[1]) if after else None, limit=limit
        )

    return await database.read(work)


@put("/rooms/{room_id:int}/moderators/{user_id:int}")
async def appoint_moderator(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    user_id: FromPath[int],
) -> ModeratorView:
    """Make somebody a moderator, present or away; the owner alone. Again does nothing more."""
    most = settings.moderators_per_room
    return await database.run(
        lambda tx: service.appoint(tx, visitor.user_id, room_id, user_id, most)
    )


@delete("/rooms/{room_id:int}/moderators/{user_id:int}", status_code=204)
async def dismiss_moderator(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
) -> None:
    """Let somebody no longer be a moderator: the owner says so, or he resigns himself."""
    await database.run(lambda tx: service.dismiss(tx, visitor.user_id, room_id, user_id))


ROUTES = [
    edit_participant,
    kick,
    list_bans,
    unban,
    list_moderators,
    appoint_moderator,
    dismiss_moderator,
]
