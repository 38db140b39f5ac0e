"""What the worker does for rooms."""

from datetime import datetime, timedelta

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.realtime import presence
from flylive.rooms import queries, stays
from flylive.rooms.moderation import queries as moderation

AT_ONCE = 500
SLACK_SECONDS = 2
"""So late a beat may be written at the most (see :mod:`flylive.realtime.presence`)."""
OUTAGE_SECONDS = 30
"""Without any process writing beats, or without looking, for so long: nobody can be judged."""


class Watch:
    """Takes out of their rooms all who were not heard of for `timeout_seconds`.

    Nobody is judged by a silence that was not his: after a start of the worker, and after an
    outage of the database, of the worker or of whatever writes the beats, everybody has the
    whole time again.
    """

    def __init__(self, database: Database, timeout_seconds: int) -> None:
        self.database = database
        self.timeout = timedelta(seconds=timeout_seconds + SLACK_SECONDS)
        self._looked_at = self._judged_since = now()

    async def look(self) -> int:
        """Look once; how many were taken out. Raises Unavailable."""
        silence = await self.database.read(presence.seconds_since_flush)
        moment = now()
        looked_away = (moment - self._looked_at).total_seconds()
        self._looked_at = moment
        if silence is None or max(silence, looked_away) > OUTAGE_SECONDS:
            self._judged_since = moment
        before = moment - self.timeout
        if self._judged_since > before:
            return 0
        removed = await remove_absent(self.database, before)
        # However long that took: it was no outage.
        self._looked_at = now()
        return removed


async def remove_absent(database: Database, before: datetime) -> int:
    """Take out of their rooms all who were last heard of before that moment; how many.

    Of whom nothing is known at all, the time begins now. One transaction per room.
    """
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
