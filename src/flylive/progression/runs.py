"""Going through all users or rooms, batch by batch: after the catalogue changed, and at night.

A run is a row; a batch moves its `last_id` in the same transaction as what the batch did, so
that a worker that is killed goes on where it was and does nothing twice. Several workers may
help: a run is held by one at a time. A run that a newer one of the same kind follows is over.
Locks: the run, then what the batch locks.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row, text

from flylive import badge_checks
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.progression import room_levels
from flylive.progression.badges import award
from flylive.progression.levels import (
    CATALOGUE_SECONDS,
    load_ladders,
    record_falls,
    record_levels,
    settle,
)
from flylive.progression.schemas import RunView
from flylive.shop import wearing
from flylive.wallet import Book
from flylive.wallet.errors import BalanceTooLarge

log = structlog.get_logger(__name__)

BATCH = 500
NIGHT = time(3)
"""When the nightly look at all badges begins, in the platform's time zone."""
SETTLED = timedelta(seconds=2 * CATALOGUE_SECONDS)
"""Processes that give gifts know the levels as they were for so long: only then is it final."""

Kind = Literal["levels", "badge", "badges", "room_badges", "frame"]

_BEGIN = text(
    """
    INSERT INTO catalogue_runs (kind, subject, subject_id, day, end_id, starts_at, created_at,
                                updated_at)
    VALUES (:kind, :subject, :subject_id, :day,
            CASE WHEN :of_rooms THEN (SELECT COALESCE(max(id), 0) FROM rooms)
                 ELSE (SELECT COALESCE(max(id), 0) FROM users) END,
            :starts_at, :at, :at)
    ON CONFLICT (kind, day) WHERE day IS NOT NULL DO NOTHING
    RETURNING *
    """
)


async def begin(
    tx: Transaction,
    kind: Kind,
    *,
    subject: str | None = None,
    subject_id: int | None = None,
    of_rooms: bool = False,
) -> RunView:
    """Let everybody be gone through after a change in this transaction."""
    at = now()
    starts_at = at + SETTLED if kind == "levels" else at
    row = await tx.row(
        _BEGIN,
        {
            "kind": kind,
            "subject": subject,
            "subject_id": subject_id,
            "day": None,
            "of_rooms": of_rooms,
            "starts_at": starts_at,
            "at": at,
        },
    )
    assert row is not None, "only a day's run can be there already"
    return view(row)


async def begin_nightly(database: Database, settings: Settings) -> None:
    """Plan the night's look at all badges of users and rooms; once a day, whoever asks."""
    at = now()
    day = business_day(at, settings.timezone)
    starts_at = datetime.combine(day, NIGHT, ZoneInfo(settings.timezone))

    async def work(tx: Transaction) -> None:
        for kind in ("badges", "room_badges"):
            if await tx.scalar(_PLANNED, {"kind": kind, "day": day}) is None:
                values = {"kind": kind, "subject": None, "subject_id": None, "day": day}
                rest = {"of_rooms": kind == "room_badges", "starts_at": starts_at, "at": at}
                await tx.execute(_BEGIN, values | rest)

    await database.run(work)


_PLANNED = text("SELECT id FROM catalogue_runs WHERE kind = :kind AND day = :day")
_CLAIM = text(
    """
    SELECT * FROM catalogue_runs WHERE finished_at IS NULL AND starts_at <= :at
      AND id = COALESCE(CAST(:run_id AS bigint), id)
    ORDER BY updated_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    """
)
_IS_FOLLOWED = text(
    """
    SELECT EXISTS (SELECT FROM catalogue_runs n
                   WHERE n.id > :id AND n.kind = :kind
                     AND n.subject IS NOT DISTINCT FROM :subject
                     AND n.subject_id IS NOT DISTINCT FROM CAST(:subject_id AS bigint))
    """
)
_MOVE = text(
    """
    UPDATE catalogue_runs SET last_id = :last_id, done = done + :done,
        changed = changed + :changed, failed = failed + :failed, updated_at = :at,
        finished_at = CASE WHEN :is_over THEN CAST(:at AS timestamptz) END,
        is_superseded = :is_superseded
    WHERE id = :id
    """
)
_USERS = text(
    """
    SELECT id FROM users WHERE id > :after AND id <= :upto AND deleted_at IS NULL
    ORDER BY id LIMIT :limit
    """
)
_ROOMS = text(
    """
    SELECT id FROM rooms WHERE id > :after AND id <= :upto AND deleted_at IS NULL
    ORDER BY id LIMIT :limit
    """
)
_CATEGORY = text("SELECT category FROM badges WHERE id = :badge_id")

Recount = Callable[[Transaction, Sequence[int]], Awaitable[int]]


class _Batch(NamedTuple):
    """The ids behind a run's place, and whether none follow."""

    ids: list[int]
    is_last: bool


class _CannotPay(Exception):
    """Somebody's balance of this run's batch, of these users, would go beyond what is counted."""

    def __init__(self, run_id: int, ids: list[int]) -> None:
        super().__init__(run_id, ids)
        self.run_id = run_id
        self.ids = ids


class _Uncounted(Exception):
    """The gifts of these users are to be counted from the rows before their badges are looked at.

    Not in the batch's own transaction: counting may take longer than a statement may.
    """

    def __init__(self, ids: list[int]) -> None:
        super().__init__(ids)
        self.ids = ids


class Runner:
    """Carries runs on. `recount_vip` brings users to the VIP level that they have earned."""

    def __init__(self, database: Database, recount_vip: Recount) -> None:
        self.database = database
        self.recount_vip = recount_vip

    async def advance(self, batch: int = BATCH) -> bool:
        """Carry one batch of the run that waited longest out; whether there was one.

        Where somebody's reward would lift his balance beyond what is counted, the others of the
        batch go on alone and he is left out.
        """
        try:
            return await self._advance(batch)
        except _CannotPay as stuck:
            run_id, unpaid = stuck.run_id, stuck.ids
        for _ in range(batch):
            try:
                await self._advance(1, run_id, unpaid)
            except _CannotPay as stuck:
                unpaid = stuck.ids
        return True

    async def _advance(
        self, size: int, run_id: int | None = None, unpaid: Sequence[int] = ()
    ) -> bool:
        """A batch, once the gifts of those in it are counted; left out where it is `unpaid`.

        Others may have moved the run meanwhile: then those at its new place are counted first,
        and not left out in the place of those who could not be paid.
        """
        counted: frozenset[int] = frozenset()

        async def work(tx: Transaction) -> bool:
            return await self._carry_on(tx, size, run_id, unpaid, counted)

        while True:
            try:
                return await self.database.run(work)
            except _Uncounted as coming:
                await award.recount(self.database, coming.ids)
                counted = frozenset(coming.ids)

    async def _carry_on(
        self,
        tx: Transaction,
        size: int,
        run_id: int | None,
        unpaid: Sequence[int],
        counted: frozenset[int],
    ) -> bool:
        run = await tx.row(_CLAIM, {"at": now(), "run_id": run_id})
        if run is None:
            return False
        names = {"id": run.id, "kind": run.kind, "subject": run.subject}
        followed = await tx.scalar(_IS_FOLLOWED, names | {"subject_id": run.subject_id})
        batch = _Batch([], True) if followed else await _batch(tx, run, size)
        changed = 0
        is_left_out = bool(batch.ids) and batch.ids == unpaid
        if batch.ids and not is_left_out:
            if await _counts_gifts(tx, run) and not counted.issuperset(batch.ids):
                raise _Uncounted(batch.ids)
            try:
                changed = await self._carry_out(tx, run, batch.ids)
            except BalanceTooLarge as error:
                raise _CannotPay(run.id, batch.ids) from error
        await tx.execute(
            _MOVE,
            {
                "id": run.id,
                "last_id": batch.ids[-1] if batch.ids else run.last_id,
                "done": len(batch.ids),
                "changed": changed,
                "failed": len(batch.ids) if is_left_out else 0,
                "at": now(),
                "is_over": batch.is_last,
                "is_superseded": bool(followed),
            },
        )
        return True

    async def _carry_out(self, tx: Transaction, run: Row[Any], ids: list[int]) -> int:
        match run.kind:
            case "levels" if run.subject == "room":
                return await room_levels.settle(tx, ids, now())
            case "levels" if run.subject == "vip":
                return await self.recount_vip(tx, ids)
            case "levels":
                return await _settle_users(tx, run.subject, ids)
            case "frame":
                return await wearing.dress_again(tx, ids, run.subject_id)
        subject = await _about(tx, run)
        found = await award.candidates(tx, subject, run.subject_id)
        return await award.give_earned(tx, subject, ids, found)


_OF_BADGES = frozenset({"badge", "badges", "room_badges"})


async def _about(tx: Reading, run: Row[Any]) -> Literal["user", "room"]:
    is_of_rooms = run.kind == "room_badges" or run.subject == "room"
    if run.kind == "badge":
        is_of_rooms = await tx.scalar(_CATEGORY, {"badge_id": run.subject_id}) == "room"
    return "room" if is_of_rooms else "user"


async def _counts_gifts(tx: Reading, run: Row[Any]) -> bool:
    return run.kind in _OF_BADGES and await _about(tx, run) == "user"


async def _batch(tx: Reading, run: Row[Any], size: int) -> _Batch:
    statement = _ROOMS if await _about(tx, run) == "room" else _USERS
    if run.kind == "frame":
        statement = _WEARERS
    elif run.kind == "levels" and run.subject == "vip":
        statement = _VIPS
    bounds = {"after": run.last_id, "upto": run.end_id, "limit": size}
    if run.kind == "frame":
        bounds["frame_id"] = run.subject_id
    ids = [row.id for row in await tx.rows(statement, bounds)]
    return _Batch(ids, len(ids) < size)


_WEARERS = text(
    """
    SELECT user_id AS id FROM frame_user
    WHERE frame_id = :frame_id AND is_active AND user_id > :after AND user_id <= :upto
    ORDER BY user_id LIMIT :limit
    """
)
_VIPS = text(
    """
    SELECT user_id AS id FROM vip_standings WHERE user_id > :after AND user_id <= :upto
    ORDER BY user_id LIMIT :limit
    """
)
_STANDINGS = {
    kind: text(
        f"""
        SELECT id, {kind}_level_id AS level_id, {kind}_xp AS xp FROM users
        WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id
        """
    )
    for kind in ("wealth", "charm")
}


async def _settle_users(tx: Transaction, kind: str, ids: Sequence[int]) -> int:
    """Bring these users to where their XP puts them; only who moves is locked."""
    ladder = (await load_ladders(tx))[kind]
    moving = []
    for row in await tx.rows(_STANDINGS[kind], {"ids": list(ids)}):
        number = ladder.number_of(row.level_id)
        settled = None if number is None else ladder.settled(number, row.xp)
        if settled is None or settled.crossed or settled.lower:
            moving.append(row.id)
    if not moving:
        return 0
    book = await Book.open(tx, moving)
    reached, fallen, changed = [], [], set()
    for account in book.accounts.values():
        if account.is_deleted:
            continue
        steps, fall = settle(book, account, kind, ladder)
        reached += steps
        fallen += [fall] if fall else []
        if account.is_changed:
            changed.add(account.id)
    await book.write(tx)
    await record_levels(tx, reached, book.at)
    await record_falls(tx, fallen, book.at)
    await badge_checks.add(tx, "user", changed)
    return len(changed)


_LIST = text("SELECT * FROM catalogue_runs WHERE id < :before_id ORDER BY id DESC LIMIT :limit")


async def list_runs(tx: Reading, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """Runs, newest first."""
    return await tx.rows(_LIST, {"before_id": before_id, "limit": limit})


_FIND = text("SELECT * FROM catalogue_runs WHERE id = :run_id")


async def find(tx: Reading, run_id: int) -> Row[Any] | None:
    """A run."""
    return await tx.row(_FIND, {"run_id": run_id})


def view(run: Row[Any]) -> RunView:
    """A run as the staff see it."""
    if run.finished_at is not None:
        status = "superseded" if run.is_superseded else "done"
    else:
        status = "waiting" if run.done == 0 else "running"
    percent = 100 if run.finished_at or not run.end_id else run.last_id * 100 // run.end_id
    columns = {name: value for name, value in run._asdict().items() if name in _SHOWN}
    return RunView(**columns, status=status, progress_percent=percent)


_SHOWN = set(RunView.__struct_fields__) - {"status", "progress_percent"}
KEPT = timedelta(days=90)
_FORGET = text("DELETE FROM catalogue_runs WHERE finished_at < :before")


async def forget(tx: Transaction) -> None:
    """Forget runs that were over three months ago."""
    await tx.execute(_FORGET, {"before": now() - KEPT})
