"""One group of gifts in one transaction: locked together, decided in turn, written together."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import msgspec

from flylive.config import Settings
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.database.burst import Call, Rows, Statement, burst
from flylive.gifts import queries
from flylive.gifts.decide import Decider, Writes
from flylive.gifts.draws import FrozenOdds
from flylive.gifts.facts import Facts, GiftRequest, OwnerDirectory, load
from flylive.http.idempotency import Answer
from flylive.progression.levels import LevelCatalogue, record_levels
from flylive.realtime import record_value, room_stream
from flylive.realtime.streams import hint_events, writing_events
from flylive.rooms.events import ROOM_METRICS

WORTH_A_CUT = 32
"""Lines that make it worth to write some while the others are being decided."""


class GroupCommitter:
    """Processes groups of gifts; one per process, for what it remembers between them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = OwnerDirectory()
        self.levels = LevelCatalogue()
        self.odds = FrozenOdds()

    def keys(self, request: GiftRequest) -> frozenset[int]:
        """Whose rows `request` locks, as far as known: people by their id, a room by -id."""
        body = request.body
        keys = {request.sender_id, *body.recipient_ids, *self.directory.owners(body.recipient_ids)}
        if body.room_id is not None:
            keys.add(-body.room_id)
        return frozenset(keys)

    async def process(
        self, tx: Transaction, requests: Sequence[GiftRequest], *, is_last: bool = False
    ) -> list[Answer]:
        """Decide `requests` in turn and write them; their answers in the same order.

        With `is_last` they are written with the commit: nothing may follow in the transaction,
        which runs over a connection that is made for bursts.
        Raises StaleOwners when it must run again. Whatever else it raises fails the group.
        """
        ladders = await self.levels.load(tx)
        facts = await load(tx, requests, self.directory, self.odds, ladders, self.settings)
        decider = Decider(tx, facts)
        pen = _Pen(tx, facts, decider.writes)
        first, rest = _cut(requests) if is_last else (requests, ())
        answers = [decider.answer(request) for request in first]
        if rest:
            # The server writes these while the others are decided.
            await tx.send_ahead(pen.rows())
            answers += [decider.answer(request) for request in rest]
        await pen.finish(is_last)
        return answers


def _cut(requests: Sequence[GiftRequest]) -> tuple[Sequence[GiftRequest], Sequence[GiftRequest]]:
    """Those to decide and write first, some quarter of all lines, and the others."""
    lines = list(accumulate(len(request.body.recipient_ids) for request in requests))
    if lines[-1] < WORTH_A_CUT:
        return requests, ()
    first = bisect_left(lines, lines[-1] / 4) + 1
    return requests[:first], requests[first:]


class _Pen:
    """Writes what a group's gifts make, the rows in as many parts as wanted."""

    def __init__(self, tx: Transaction, facts: Facts, writes: Writes) -> None:
        self.tx = tx
        self.facts = facts
        self.writes = writes
        self._written = [0] * len(_INSERTS)

    def rows(self) -> list[Call]:
        """The rows that were noted since the last time."""
        writes, at = self.writes, self.facts.book.at
        calls = self.facts.book.posting()
        noted = writes.lines, writes.earnings, writes.draws, writes.answers
        for n, (statement, rows) in enumerate(zip(_INSERTS, noted, strict=True)):
            if new := rows[self._written[n] :]:
                calls.append(statement.named(**_columns(new), at=at))
        self._written = [len(rows) for rows in noted]
        return calls

    async def finish(self, is_last: bool) -> None:
        """Write the rest: with `is_last` together with the commit."""
        tx, facts, writes = self.tx, self.facts, self.writes
        at = facts.book.at
        calls = [] if is_last else [_GENERIC_PLANS()]
        calls += self.rows() + facts.book.saving(tx)
        used = [seed for seed in facts.seeds.values() if seed.is_used]
        if used:
            ids, nonces = zip(*((seed.id, seed.nonce) for seed in used), strict=True)
            calls.append(_SAVE_NONCES(array_literal(ids), array_literal(nonces)))
        if writes.lines:
            calls.append(_INSERT_GROUP(_folds(writes), at))
        for room_id in writes.room_coins:
            record_value(tx, room_stream(room_id), ROOM_METRICS)
        if writes.reached or facts.proposals is not None:
            # Levels tell more, and all events wait for the end: a stream is advanced but once.
            await burst(await tx.driver(), calls)
            await record_levels(tx, writes.reached, at)
            if facts.proposals is not None:
                await facts.proposals.write(tx, at)
            return
        calls += (events := writing_events(tx))

        def told(results: list[Rows]) -> None:
            if events:
                hint_events(tx, results[-1])

        if is_last:
            tx.commit_with(calls, told)
        else:
            told(await burst(await tx.driver(), calls))


_GENERIC_PLANS = Statement(queries.GENERIC_PLANS)
_INSERTS = [
    Statement(queries.INSERT_LINES),
    Statement(queries.INSERT_EARNINGS),
    Statement(queries.INSERT_DRAWS),
    Statement(queries.KEEP_ANSWERS),
]
_SAVE_NONCES = Statement(queries.SAVE_NONCES)
_INSERT_GROUP = Statement(queries.INSERT_GROUP)


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {name: array_literal(row[name] for row in rows) for name in rows[0]}


def _folds(writes: Writes) -> str:
    """What the aggregator adds up for this group: hundredths by room and agency, gifts by user."""
    return msgspec.json.encode(
        {
            "rooms": [
                [room_id, coins, writes.room_xp[room_id]]
                for room_id, coins in writes.room_coins.items()
            ],
            "agencies": list(writes.agency_commission.items()),
            "users": _by_user(writes),
            "private": _private(writes),
            "agency_coins": _by_agency(writes),
            "given": _given(writes),
        }
    ).decode()


def _by_agency(writes: Writes) -> list[tuple[int, int]]:
    """What was given to agencies' members: [agency, hundredths of coins]."""
    sums: dict[int, int] = {}
    for line in writes.lines:
        if line["agency_id"] is not None:
            sums[line["agency_id"]] = sums.get(line["agency_id"], 0) + line["cost"]
    return list(sums.items())


def _private(writes: Writes) -> list[list[int]]:
    """What was given outside of rooms: [sender, recipient, gift, quantity]."""
    sums: dict[tuple[int, int, int], int] = {}
    for line in writes.lines:
        if line["room_id"] is None:
            given = line["sender_id"], line["recipient_id"], line["gift_id"]
            sums[given] = sums.get(given, 0) + line["quantity"]
    return [[*given, quantity] for given, quantity in sums.items()]


def _given(writes: Writes) -> list[list[int]]:
    """What each gave each: [sender, recipient, gift, quantity, hundredths]."""
    sums: dict[tuple[int, int, int], list[int]] = {}
    for line in writes.lines:
        given = line["sender_id"], line["recipient_id"], line["gift_id"]
        total = sums.setdefault(given, [0, 0])
        total[0] += line["quantity"]
        total[1] += line["cost"]
    return [[*given, *total] for given, total in sums.items()]


def _by_user(writes: Writes) -> list[list[int]]:
    """What each user gave and got: [user, gifts given, received, hundredths given, received]."""
    sums: dict[int, list[int]] = {}
    for line in writes.lines:
        quantity, cost = line["quantity"], line["cost"]
        sender = sums.setdefault(line["sender_id"], [line["sender_id"], 0, 0, 0, 0])
        sender[1] += quantity
        sender[3] += cost
        recipient = sums.setdefault(line["recipient_id"], [line["recipient_id"], 0, 0, 0, 0])
        recipient[2] += quantity
        recipient[4] += cost
    return list(sums.values())
