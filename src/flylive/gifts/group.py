"""One group of gifts in one transaction: locked together, decided in turn, written together."""

from collections.abc import Sequence
from typing import Any

import msgspec

from flylive.config import Settings
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.gifts import queries
from flylive.gifts.decide import Decider, Writes
from flylive.gifts.facts import Facts, GiftRequest, OwnerDirectory, load
from flylive.http.idempotency import Answer
from flylive.progression.levels import LevelCatalogue, record_levels
from flylive.realtime import record_value, room_stream
from flylive.rooms.events import ROOM_METRICS


class GroupCommitter:
    """Processes groups of gifts; one per process, for what it remembers between them."""

    def __init__(self, settings: Settings) -> None:
        self.share = int(settings.recipient_share_percent * 100)
        self.directory = OwnerDirectory()
        self.levels = LevelCatalogue()

    async def process(self, tx: Transaction, requests: Sequence[GiftRequest]) -> list[Answer]:
        """Decide `requests` in turn and write them; their answers in the same order.

        Raises StaleOwners when it must run again. Whatever else it raises fails the group.
        """
        ladders = await self.levels.load(tx)
        facts = await load(tx, requests, self.directory, ladders)
        decider = Decider(tx, facts, self.share)
        answers = [decider.answer(request) for request in requests]
        await _write(tx, facts, decider.writes)
        return answers


async def _write(tx: Transaction, facts: Facts, writes: Writes) -> None:
    driver, at = await tx.driver(), facts.book.at
    used = [seed for seed in facts.seeds.values() if seed.is_used]
    async with driver.pipeline():
        await driver.execute(queries.GENERIC_PLANS)
        await facts.book.write(tx)
        for query, rows in (
            (queries.INSERT_LINES, writes.lines),
            (queries.INSERT_EARNINGS, writes.earnings),
            (queries.INSERT_DRAWS, writes.draws),
            (queries.KEEP_ANSWERS, writes.answers),
        ):
            if rows:
                await driver.execute(query, _columns(rows) | {"at": at}, prepare=True)
        if used:
            await driver.execute(
                queries.SAVE_NONCES,
                (
                    array_literal(seed.id for seed in used),
                    array_literal(seed.nonce for seed in used),
                ),
            )
        if writes.lines:
            await driver.execute(queries.INSERT_GROUP, (_folds(writes), at), prepare=True)
    await record_levels(tx, writes.reached, at)
    for room_id in writes.room_coins:
        record_value(tx, room_stream(room_id), ROOM_METRICS)


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {name: array_literal(row[name] for row in rows) for name in rows[0]}


def _folds(writes: Writes) -> str:
    """What the aggregator adds up for this group: hundredths by room and agency."""
    return msgspec.json.encode(
        {
            "rooms": [
                [room_id, coins, writes.room_xp[room_id]]
                for room_id, coins in writes.room_coins.items()
            ],
            "agencies": list(writes.agency_commission.items()),
        }
    ).decode()
