"""What the worker does for requests for seats."""

from datetime import timedelta

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.rooms import queries as rooms
from flylive.rooms.requests import ending, queries

AT_ONCE = 500
KEPT_HOURS = 24


async def end_overdue(database: Database) -> int:
    """Tell of requests that waited for too long; in how many rooms. One transaction per room."""
    room_ids = await database.read(lambda tx: queries.list_overdue_rooms(tx, AT_ONCE))
    for room_id in room_ids:

        async def work(tx: Transaction, room_id: int = room_id) -> None:
            if await rooms.lock_rooms(tx, [room_id]):
                await ending.end_overdue(tx, room_id, now())

        await database.run(work)
    return len(room_ids)


async def prune(database: Database) -> int:
    """Forget what was decided a day ago, in small transactions; how many went."""
    before, gone = now() - timedelta(hours=KEPT_HOURS), 0
    while True:
        dropped = await database.run(lambda tx: queries.prune(tx, before, AT_ONCE))
        gone += dropped
        if dropped < AT_ONCE:
            return gone
