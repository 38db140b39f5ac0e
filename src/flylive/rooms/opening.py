"""Telling those who follow a room, and its owner's friends, that it opens.

A room opens when its owner comes in; again only after an hour, since people come and go. Who is
told is worked off in batches, each in a transaction that puts the next one off and marks this one
as told, so that a worker which is killed tells nobody twice and leaves nobody out.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.preferences import push
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http import marks
from flylive.http.fields import MAX_ID
from flylive.jobs import Task, defer
from flylive.outbox import Note, Outbox, TemporaryFailure
from flylive.realtime import record, user_stream
from flylive.rooms import queries
from flylive.rooms.events import RoomOpened
from flylive.social import queries as social

AGAIN_SECONDS = 3600
TOLD_SECONDS = 24 * 3600
"""For how long a batch is known to be told: it is tried again within minutes, if at all."""
BATCH = 500

Because = Literal["followed", "friend"]
KINDS: dict[str, push.Kind] = {"followed": "followed_rooms", "friend": "friends_rooms"}


async def announce(tx: Transaction, room: Row[Any]) -> None:
    """Put off that people hear of it, if the room can be found and did not open within the hour.

    Called with the owner's row locked.
    """
    mark = f"room-opened:{room.id}"
    if room.is_hidden or await marks.seconds_left(tx, mark) is not None:
        return
    await marks.put(tx, mark, AGAIN_SECONDS)
    opening = int(now().timestamp())
    await defer(tx, OPENED, room_id=room.id, because="followed", before=MAX_ID, opening=opening)


async def tell(
    outbox: Outbox, *, room_id: int, because: Because, before: int, opening: int = 0
) -> None:
    """Tell the next batch: first who follows the room, then those friends who do not.

    `opening` tells one opening of the room from its next one.
    """
    told = f"room-opened:{room_id}:{opening}:{because}:{before}"

    async def work(tx: Transaction) -> None:
        # The job is begun again where its worker was killed behind the commit.
        await tx.lock(told)
        if await marks.seconds_left(tx, told) is not None:
            return
        await marks.put(tx, told, TOLD_SECONDS)
        room = await queries.find_room(tx, room_id)
        if room is None or room.status != "active":
            return
        if because == "followed":
            rows = await queries.list_followers(tx, room_id, before=before, limit=BATCH)
            people = [row.user_id for row in rows]
        else:
            rows = await social.list_friends(tx, room.user_id, before=before, limit=BATCH)
            followers = await queries.followers_among(tx, room_id, [r.friend_id for r in rows])
            people = [row.friend_id for row in rows if row.friend_id not in followers]
        await _tell(tx, room, because, people)
        if len(rows) == BATCH:
            await defer(
                tx,
                OPENED,
                room_id=room_id,
                because=because,
                before=rows[-1].id,
                opening=opening,
            )
        elif because == "followed":
            await defer(
                tx, OPENED, room_id=room_id, because="friend", before=MAX_ID, opening=opening
            )

    await outbox.database.run(work)


async def _tell(tx: Transaction, room: Row[Any], because: Because, people: Sequence[int]) -> None:
    """Those who are inside see it, and whom a block stands between hears nothing."""
    inside = await queries.find_stays(tx, room.id, people)
    apart = await social.blocked_among(tx, room.user_id, people)
    cards = await accounts.cards(tx, [room.user_id])
    told = RoomOpened(
        kind="room_opened",
        room_id=room.id,
        name=room.name,
        logo=room.logo,
        owner=cards[room.user_id],
        because=because,
    )
    wanted = [one for one in people if one not in inside and one not in apart]
    for user_id in wanted:
        record(tx, user_stream(user_id), told)
    for device in await push.devices(tx, wanted):
        await defer(tx, NOTE, room_id=room.id, because=because, device_id=device.id)


async def send_note(outbox: Outbox, *, room_id: int, because: Because, device_id: int) -> None:
    """Show it on the device, while the owner is still there."""
    note = await outbox.database.read(lambda tx: _note(tx, room_id))
    if note is not None:
        await push.deliver(outbox, device_id, KINDS[because], note)


async def _note(tx: Reading, room_id: int) -> Note | None:
    room = await queries.find_room(tx, room_id)
    if room is None or room.status != "active":
        return None
    if not await queries.find_stays(tx, room_id, [room.user_id]):
        return None
    owner = (await accounts.cards(tx, [room.user_id]))[room.user_id]
    return Note(
        title=room.name,
        body=f"{owner.name} is live",
        thread=f"room-{room.id}",
        data={"type": "room_opened", "room_id": str(room.id)},
    )


OPENED = Task("rooms.opened", tell)
NOTE = Task("rooms.opened_note", send_note, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [OPENED, NOTE]
