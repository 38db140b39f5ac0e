"""What the worker does for rooms."""

from datetime import datetime, timedelta

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.realtime import presence
from flylive.rooms import queries, stays
from flylive.rooms.moderation import queries as moderation

AT_ONCE = 500


async def remove_absent(database: Database, timeout_seconds: int, running_since: datetime) -> int:
    """Take out of their rooms all who were not heard of for so long; how many they were.

    `running_since` is when the caller began to run: before the timeout has passed from then
    on, nobody is taken out, since after a restart of everything nobody could be heard of.
    Of whom nothing is known at all, the time begins now. One transaction per room.
    """
    before = now() - timedelta(seconds=timeout_seconds)
    if running_since > before:
        return 0
    removed = 0
    while overdue := await database.read(lambda tx: queries.list_overdue(tx, before, AT_ONCE)):
        unknown = [row.user_id for row in overdue if not row.was_seen]
        await database.run(lambda tx: presence.ensure(tx, unknown))  # noqa: B023
        for room_id in sorted({row.room_id for row in overdue if row.was_seen}):

            async def work(tx: Transaction, room_id: int = room_id) -> int:
                gone = await stays.end_overdue(tx, room_id, before, AT_ONCE)
                await presence.forget(tx, gone, before)
                return len(gone)

            removed += await database.run(work)
        if len(overdue) < AT_ONCE:
            break
    return removed


async def prune_bans(database: Database) -> int:
    """Forget bans that are over, in small transactions; how many went."""
    gone = 0
    while True:
        dropped = await database.run(lambda tx: moderation.prune_bans(tx, AT_ONCE))
        gone += dropped
        if dropped < AT_ONCE:
            return gone
