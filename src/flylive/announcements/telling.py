"""Telling an announcement to its audience, batch by batch.

A batch is a range of user ids, and keeps in its own transaction how far it came: a worker that is
killed tells nobody twice and leaves nobody out, and of two workers one goes on with it.
"""

from datetime import timedelta

from flylive.accounts.preferences import push
from flylive.announcements import queries
from flylive.announcements.events import Announced
from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.jobs import Task, defer
from flylive.outbox import Note, Outbox, TemporaryFailure
from flylive.realtime import record, user_stream

BATCH = 2_000
"""User ids that a transaction goes through: what it holds of the audience is at most that."""
PUSHED_AT_ONCE = 200
"""The same where each device of theirs becomes a job."""


async def tell(database: Database, *, online_seconds: int) -> bool:
    """The next batch of the announcement that is due; whether there was one.

    Who was seen within `online_seconds` is online.
    """

    async def work(tx: Transaction) -> bool:
        row = await queries.take_due(tx)
        if row is None:
            return False
        moment = now()
        newest = row.last_user_id
        if newest is None:
            newest = await queries.newest_user(tx)
        upto = min(newest, row.told_upto + (PUSHED_AT_ONCE if row.is_pushed else BATCH))
        told = devices = 0
        # Whoever starts late (the platform was down) tells nobody what is over.
        is_over = row.ends_at is not None and row.ends_at <= moment
        if not is_over:
            since = moment - timedelta(seconds=online_seconds)
            audience = await queries.list_audience(
                tx, row.id, after=row.told_upto, upto=upto, seen_since=since
            )
            event = Announced(
                kind="announcement",
                id=row.id,
                title=row.title,
                content=row.content,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            for user in audience:
                if user.is_online:
                    record(tx, user_stream(user.id), event)
                    told += 1
            if row.is_pushed:
                for device in await push.devices(tx, [user.id for user in audience]):
                    await defer(tx, NOTE, announcement_id=row.id, device_id=device.id)
                    devices += 1
        is_done = is_over or upto >= newest
        await queries.advance(
            tx,
            row.id,
            last_user_id=newest,
            told_upto=upto,
            told=told,
            devices=devices,
            told_at=moment if is_done else None,
        )
        return True

    return await database.run(work)


async def send_note(outbox: Outbox, *, announcement_id: int, device_id: int) -> None:
    """Show it on the device, while it still runs."""
    note = await outbox.database.read(lambda tx: _note(tx, announcement_id))
    if note is not None:
        await push.deliver(outbox, device_id, "announcements", note)


async def _note(tx: Reading, announcement_id: int) -> Note | None:
    row = await queries.find(tx, announcement_id)
    if row is None or row.cancelled_at is not None:
        return None
    if row.ends_at is not None and row.ends_at <= now():
        return None
    return Note(
        title=row.title,
        body=row.content,
        thread=f"announcement-{row.id}",
        data={"type": "announcement", "announcement_id": str(row.id)},
    )


NOTE = Task("announcements.note", send_note, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [NOTE]
