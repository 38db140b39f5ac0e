"""After gifts: rooms' sums, XP and levels, agencies' totals.

What may lag by two seconds is not written with the gift, because room and agency rows are hot
and indexed: each committed group leaves one row in ``gift_groups``, and the aggregator here
folds many of them at once and deletes them in the same transaction. A worker that is killed
between folds loses nothing and folds nothing twice. Locks: users (owners who are rewarded),
agencies, rooms, each by id.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.database.arrays import array_literal
from flylive.progression.events import RoomLevelUp
from flylive.progression.levels import LevelCatalogue, pay_reward
from flylive.progression.rules import Level
from flylive.realtime import record, record_value, room_stream
from flylive.rooms.events import ROOM_METRICS
from flylive.shop.frames import give_frames
from flylive.wallet import Book

BATCH = 500

_LOCK = "hashtextextended('flylive.gift_aggregator', 0)"
_ALONE = text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
_WAIT_ALONE = text(f"SELECT pg_advisory_xact_lock({_LOCK})")
_CLAIM = text(
    """
    DELETE FROM gift_groups
    WHERE id IN (SELECT id FROM gift_groups ORDER BY id LIMIT :limit)
    RETURNING folds::text AS folds, created_at
    """
)
_ROOMS = text(
    "SELECT id, user_id, room_level, room_xp FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))"
)
_LOCK_AGENCIES = text(
    "SELECT id FROM agencies WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_ADD_TO_AGENCIES = text(
    """
    UPDATE agencies a SET total_earnings = a.total_earnings + f.commission * 0.01
    FROM unnest(CAST(:ids AS bigint[]), CAST(:commissions AS bigint[])) AS f (id, commission)
    WHERE a.id = f.id
    """
)
_LOCK_ROOMS = text(
    "SELECT id FROM rooms WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_ADD_TO_ROOMS = text(
    """
    UPDATE rooms r SET
        total_coins_spent = r.total_coins_spent + f.total * 0.01,
        daily_coins_spent = f.daily * 0.01
            + CASE WHEN r.metrics_day = :today THEN r.daily_coins_spent ELSE 0 END,
        weekly_coins_spent = f.weekly * 0.01
            + CASE WHEN date_trunc('week', r.metrics_day) = date_trunc('week', :today)
                   THEN r.weekly_coins_spent ELSE 0 END,
        monthly_coins_spent = f.monthly * 0.01
            + CASE WHEN date_trunc('month', r.metrics_day) = date_trunc('month', :today)
                   THEN r.monthly_coins_spent ELSE 0 END,
        metrics_day = :today,
        room_xp = r.room_xp + f.xp,
        room_level = GREATEST(r.room_level, f.level)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:totals AS bigint[]), CAST(:dailies AS bigint[]),
                CAST(:weeklies AS bigint[]), CAST(:monthlies AS bigint[]),
                CAST(:xps AS bigint[]), CAST(:levels AS integer[]))
         AS f (id, total, daily, weekly, monthly, xp, level)
    WHERE r.id = f.id
    """
)
_ADD_TO_MINUTES = text(
    """
    INSERT INTO room_coin_minutes AS m (room_id, minute, coins)
    SELECT room_id, minute, coins * 0.01
    FROM unnest(CAST(:ids AS bigint[]), CAST(:minutes AS timestamptz[]), CAST(:coins AS bigint[]))
         AS f (room_id, minute, coins)
    ON CONFLICT (room_id, minute) DO UPDATE SET coins = m.coins + excluded.coins
    """
)
_RETIRE_LEVEL = text(
    "UPDATE room_levels SET is_active = false WHERE room_id = :room_id AND is_active"
)
_KEEP_LEVEL = text(
    """
    INSERT INTO room_levels (room_id, level_id, current_xp, achieved_at, is_active)
    VALUES (:room_id, :level_id, :xp, :at, :is_active)
    """
)
_TURN_OVER = text(
    """
    UPDATE rooms r SET
        daily_coins_spent = 0,
        weekly_coins_spent = CASE WHEN date_trunc('week', metrics_day) = date_trunc('week', :today)
                                  THEN weekly_coins_spent ELSE 0 END,
        monthly_coins_spent = CASE
            WHEN date_trunc('month', metrics_day) = date_trunc('month', :today)
            THEN monthly_coins_spent ELSE 0 END,
        metrics_day = :today
    WHERE id IN (SELECT id FROM rooms WHERE metrics_day < :today ORDER BY id LIMIT :limit
                 FOR NO KEY UPDATE)
    """
)


class Folds(msgspec.Struct):
    """What one group left to be added up: [room, hundredths, XP], [agency, hundredths]."""

    rooms: list[tuple[int, int, int]]
    agencies: list[tuple[int, int]]


@dataclass(slots=True)
class _RoomSums:
    total: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    xp: int = 0
    minutes: dict[datetime, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class _Sums:
    rooms: dict[int, _RoomSums] = field(default_factory=lambda: defaultdict(_RoomSums))
    agencies: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def add_up(groups: Sequence[Row[Any]], timezone: str, today: date) -> _Sums:
    """The sums of many groups; a group of yesterday does not count for today."""
    sums = _Sums()
    for group in groups:
        folds = msgspec.json.decode(group.folds, type=Folds)
        day = business_day(group.created_at, timezone)
        minute = group.created_at.replace(second=0, microsecond=0)
        for room_id, coins, xp in folds.rooms:
            room = sums.rooms[room_id]
            room.total += coins
            room.xp += xp
            room.minutes[minute] += coins
            room.daily += coins if day == today else 0
            room.weekly += coins if day.isocalendar()[:2] == today.isocalendar()[:2] else 0
            room.monthly += coins if (day.year, day.month) == (today.year, today.month) else 0
        for agency_id, commission in folds.agencies:
            sums.agencies[agency_id] += commission
    return sums


class GiftAggregator:
    """Folds committed groups; several may run, one works at a time."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.timezone = settings.timezone
        self.levels = LevelCatalogue()
        self._turned_over: date | None = None

    async def fold(self) -> int:
        """Fold what is committed, up to a batch; how many groups it was."""
        return await self.database.run(self._fold)

    async def turn_over(self) -> None:
        """Bring rooms that got no gift since the day, week or month turned to the new one.

        Once a day and at each start of a worker: between, no room can fall behind, since the
        day is read and written under the lock of the fold.
        """
        if self._turned_over == business_day(now(), self.timezone):
            return

        async def work(tx: Transaction) -> tuple[date, int]:
            await tx.execute(_WAIT_ALONE)
            today = business_day(now(), self.timezone)
            result = await tx.execute(_TURN_OVER, {"today": today, "limit": BATCH})
            return today, result.rowcount

        turned = BATCH
        while turned == BATCH:
            today, turned = await self.database.run(work)
        self._turned_over = today

    async def _fold(self, tx: Transaction) -> int:
        if not await tx.scalar(_ALONE):
            return 0
        groups = await tx.rows(_CLAIM, {"limit": BATCH})
        if not groups:
            return 0
        today = business_day(now(), self.timezone)
        sums = add_up(groups, self.timezone, today)
        risen = await self._reward_rooms(tx, sums)
        await self._write_agencies(tx, sums)
        await self._write_rooms(tx, sums, risen, today)
        return len(groups)

    async def _reward_rooms(self, tx: Transaction, sums: _Sums) -> dict[int, int]:
        """The level numbers that rooms reach; owners are rewarded, history and events kept."""
        risen: dict[int, int] = {}
        if not sums.rooms:
            return risen
        ladder = (await self.levels.load(tx))["room"]
        crossed: list[tuple[Row[Any], int, Sequence[Level]]] = []
        for room in await tx.rows(_ROOMS, {"ids": array_literal(sums.rooms)}):
            xp = room.room_xp + sums.rooms[room.id].xp
            levels = ladder.above(room.room_level, xp)
            if levels:
                crossed.append((room, xp, levels))
        if not crossed:
            return risen
        at = now()
        book = await Book.open(tx, {room.user_id for room, _, _ in crossed}, at=at)
        for room, xp, levels in crossed:
            owner = book.accounts[room.user_id]
            await tx.execute(_RETIRE_LEVEL, {"room_id": room.id})
            for level in levels:
                if not owner.is_gone:
                    pay_reward(book, owner, level)
                    await give_frames(tx, [(owner.id, frame) for frame in level.frame_rewards], at)
                await tx.execute(
                    _KEEP_LEVEL,
                    {
                        "room_id": room.id,
                        "level_id": level.id,
                        "xp": xp,
                        "at": at,
                        "is_active": level is levels[-1],
                    },
                )
                record(
                    tx,
                    room_stream(room.id),
                    RoomLevelUp(
                        room_id=room.id,
                        level_id=level.id,
                        level_number=level.level_number,
                        name=level.name,
                        icon_url=level.icon_url,
                    ),
                )
            risen[room.id] = levels[-1].level_number
        await book.write(tx)
        return risen

    async def _write_agencies(self, tx: Transaction, sums: _Sums) -> None:
        if sums.agencies:
            ids = array_literal(sums.agencies)
            await tx.execute(_LOCK_AGENCIES, {"ids": ids})
            commissions = array_literal(sums.agencies.values())
            await tx.execute(_ADD_TO_AGENCIES, {"ids": ids, "commissions": commissions})

    async def _write_rooms(
        self, tx: Transaction, sums: _Sums, risen: dict[int, int], today: date
    ) -> None:
        if not sums.rooms:
            return
        rooms = sums.rooms
        ids = array_literal(rooms)
        await tx.execute(_LOCK_ROOMS, {"ids": ids})
        await tx.execute(
            _ADD_TO_ROOMS,
            {
                "ids": ids,
                "totals": array_literal(room.total for room in rooms.values()),
                "dailies": array_literal(room.daily for room in rooms.values()),
                "weeklies": array_literal(room.weekly for room in rooms.values()),
                "monthlies": array_literal(room.monthly for room in rooms.values()),
                "xps": array_literal(room.xp for room in rooms.values()),
                "levels": array_literal(risen.get(room_id, 1) for room_id in rooms),
                "today": today,
            },
        )
        minutes = [
            (room_id, minute, coins)
            for room_id, room in rooms.items()
            for minute, coins in room.minutes.items()
        ]
        await tx.execute(
            _ADD_TO_MINUTES,
            {
                "ids": array_literal(room_id for room_id, _, _ in minutes),
                "minutes": [minute for _, minute, _ in minutes],
                "coins": array_literal(coins for _, _, coins in minutes),
            },
        )
        for room_id in rooms:
            record_value(tx, room_stream(room_id), ROOM_METRICS)
