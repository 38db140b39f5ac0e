"""After gifts: rooms' sums, XP and levels, agencies' totals, people's counters for badges.

What may lag by two seconds is not written with the gift, because room and agency rows are hot
and indexed: each committed group leaves one row in ``gift_groups``, and the aggregator here
folds many of them at once and deletes them in the same transaction. A worker that is killed
between folds loses nothing and folds nothing twice. Locks: users (owners who are rewarded),
agencies, rooms, checks of badges, counters, walls, members of couples, each by id.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive import badge_checks
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.couples import service as couples
from flylive.database import Database, Transaction
from flylive.database.arrays import array_literal
from flylive.gifts import walls
from flylive.messaging.conversations import gifts as gift_messages
from flylive.progression import room_levels
from flylive.progression.badges import queries as badges
from flylive.progression.levels import LevelCatalogue
from flylive.rankings import scores
from flylive.rankings.scores import Scored
from flylive.realtime import record_value, room_stream
from flylive.rooms.events import ROOM_METRICS

BATCH = 500

_ALONE = text(f"SELECT pg_try_advisory_xact_lock({room_levels.LOCK})")
_CLAIM = text(
    """
    DELETE FROM gift_groups
    WHERE id IN (SELECT id FROM gift_groups ORDER BY id LIMIT :limit)
    RETURNING folds::text AS folds, created_at, is_ranked
    """
)
_ROOMS = text(
    """
    SELECT id, user_id, room_level, room_level_paid, room_xp FROM rooms
    WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id
    """
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
    """What one group left to be added up: [room, hundredths, XP], [agency, hundredths].

    `users`: [user, gifts given, gifts received, hundredths given, hundredths received].
    `private`: what was given outside of rooms: [sender, recipient, gift, quantity].
    `agency_coins`: [agency, hundredths of coins that its members got].
    `given`: what each gave each: [sender, recipient, gift, quantity, hundredths].
    """

    rooms: list[tuple[int, int, int]]
    agencies: list[tuple[int, int]]
    users: list[tuple[int, int, int, int, int]] = []
    private: list[tuple[int, int, int, int]] = []
    agency_coins: list[tuple[int, int]] = []
    given: list[tuple[int, int, int, int, int]] = []


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
    people: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 4))
    private: list[tuple[int, int, int, int]] = field(default_factory=list)
    scored: list[Scored] = field(default_factory=list)
    walls: dict[tuple[int, int], tuple[int, datetime]] = field(default_factory=dict)
    between: list[tuple[int, int, int, datetime]] = field(default_factory=list)


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
            if coins > 0:
                # What staff take back lowers sums, not what was in the air at that minute.
                room.minutes[minute] += coins
            room.daily += coins if day == today else 0
            room.weekly += coins if day.isocalendar()[:2] == today.isocalendar()[:2] else 0
            room.monthly += coins if (day.year, day.month) == (today.year, today.month) else 0
        for agency_id, commission in folds.agencies:
            sums.agencies[agency_id] += commission
        for user_id, *counts in folds.users:
            person = sums.people[user_id]
            for place, count in enumerate(counts):
                person[place] += count
        sums.private += folds.private
        if not group.is_ranked:
            sums.scored += _scored(folds, day)
        for sender_id, recipient_id, gift_id, quantity, coins in folds.given:
            wall = recipient_id, gift_id
            before, last = sums.walls.get(wall, (0, group.created_at))
            sums.walls[wall] = before + quantity, max(last, group.created_at)
            sums.between.append((sender_id, recipient_id, coins, group.created_at))
    return sums


def _scored(folds: Folds, day: date) -> Iterator[Scored]:
    """What a group is worth on the boards of its day."""
    for user_id, _, _, given, received in folds.users:
        if given:
            yield Scored("wealth", "", user_id, day, given)
        if received:
            yield Scored("charm", "", user_id, day, received)
    for room_id, coins, _ in folds.rooms:
        yield Scored("room", "", room_id, day, coins)
    for agency_id, coins in folds.agency_coins:
        yield Scored("agency", "", agency_id, day, coins)


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
            await scores.hold(tx)
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
        won = await scores.fold_inputs(tx, self.timezone, BATCH)
        if not groups:
            return won
        today = business_day(now(), self.timezone)
        sums = add_up(groups, self.timezone, today)
        risen = await self._reward_rooms(tx, sums)
        await self._write_agencies(tx, sums)
        await self._write_rooms(tx, sums, risen, today)
        await badge_checks.add(tx, "user", sums.people)
        await badge_checks.add(tx, "room", sums.rooms)
        await badges.fold(tx, sums.people)
        await gift_messages.note(tx, sums.private)
        await scores.add(tx, sums.scored)
        await walls.add(tx, sums.walls)
        await couples.add_points(tx, sums.between)
        return len(groups)

    async def _reward_rooms(self, tx: Transaction, sums: _Sums) -> dict[int, int]:
        """The level numbers that rooms reach; owners are rewarded, history and events kept."""
        if not sums.rooms:
            return {}
        ladder = (await self.levels.load(tx))["room"]
        standings = [
            room_levels.RoomStanding(
                room.id,
                room.user_id,
                room.room_level,
                room.room_level_paid,
                room.room_xp + sums.rooms[room.id].xp,
            )
            for room in await tx.rows(_ROOMS, {"ids": array_literal(sums.rooms)})
        ]
        return await room_levels.reward(tx, ladder, standings, now())

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
