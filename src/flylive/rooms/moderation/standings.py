"""What somebody is in a room, and whether he may act in it, present or away."""

from typing import Any

from sqlalchemy import Row

from flylive.database import Reading
from flylive.rooms import queries as rooms
from flylive.rooms import rules
from flylive.rooms.errors import NotAModerator, NotInRoom
from flylive.rooms.moderation import queries
from flylive.social.rules import Action
from flylive.social.service import may


async def standing(tx: Reading, room: Row[Any], user_id: int) -> rules.Role:
    """What somebody is in the room, present or away: owner, moderator or listener."""
    found = await queries.find_standing(tx, room.id, user_id)
    return rules.standing(user_id, room.user_id, is_moderator=found.is_moderator)


async def acting_standing(tx: Reading, room: Row[Any], user_id: int) -> rules.Role:
    """What somebody may act as: whom the owner blocked runs his room no more, moderator or not."""
    role = await standing(tx, room, user_id)
    if role == "moderator" and not await may(tx, user_id, Action.ENTER_ROOM, room.user_id):
        return "listener"
    return role


async def require_running(tx: Reading, room: Row[Any], user_id: int) -> rules.Role:
    """The caller's role, as one who runs the room. Raises NotInRoom, NotAModerator."""
    role = await acting_standing(tx, room, user_id)
    if not rules.runs(role):
        if user_id not in await rooms.find_stays(tx, room.id, [user_id]):
            raise NotInRoom
        raise NotAModerator
    return role
