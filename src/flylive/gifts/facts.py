"""What a group's decisions rest on: read once, after the accounts are locked."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from flylive.clock import now
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.gifts import events, queries, schemas
from flylive.gifts.rules import lucky
from flylive.http.idempotency import Answer
from flylive.ids import new_secret
from flylive.progression.rules import Ladder
from flylive.wallet import Book

COMBO_SECONDS = 3
CLIENT_SEED_LENGTH = 16


class GiftRequest(NamedTuple):
    """A send as it waits for its group."""

    sender_id: int
    key: str
    fingerprint: bytes
    body: schemas.SendGift


class StaleOwners(Exception):
    """An agency changed hands between the look-up of its owner and the lock."""


class OwnerDirectory:
    """Whose agency owner must be locked along: remembered, and checked after the lock."""

    LIMIT = 200_000

    def __init__(self) -> None:
        self._owners: dict[int, int | None] = {}

    async def owners(
        self, driver: psycopg.AsyncConnection[Any], recipients: Iterable[int]
    ) -> set[int]:
        """The owners of these recipients' agencies, as far as known."""
        wanted = set(recipients)
        unknown = [user_id for user_id in wanted if user_id not in self._owners]
        if unknown:
            if len(self._owners) > self.LIMIT:
                self._owners.clear()
                unknown = list(wanted)
            cursor = await driver.execute(queries.OWNERS, (array_literal(unknown),), prepare=True)
            self._owners.update(await cursor.fetchall())
        return {owner for user in wanted if (owner := self._owners.get(user)) is not None}

    def forget(self, recipients: Iterable[int]) -> None:
        """Look these up again next time."""
        for user_id in recipients:
            self._owners.pop(user_id, None)


class Gift(NamedTuple):
    """A row of the catalogue, prices and multipliers in hundredths."""

    id: int
    name: str
    price: int
    category: str
    rarity: str
    thumbnail_url: str
    animation_url: str | None
    sound_url: str | None
    wealth_multiplier: int
    charm_multiplier: int
    is_active: bool
    vip_level_required: int
    country_specific: str | None
    lucky_odds: str | None

    def shown(self) -> events.GivenGift:
        """As events show it."""
        return events.GivenGift(
            id=self.id,
            name=self.name,
            thumbnail_url=self.thumbnail_url,
            animation_url=self.animation_url,
            sound_url=self.sound_url,
            category=self.category,
            rarity=self.rarity,
        )


class Agency(NamedTuple):
    """An active agency; `rate` is percent in hundredths."""

    id: int
    owner_id: int
    rate: int


@dataclass(slots=True)
class Seed:
    """A user's current pair of seeds, locked."""

    user_id: int
    id: int
    server_seed: bytes
    server_seed_hash: str
    client_seed: str
    nonce: int
    is_used: bool = False


@dataclass(slots=True)
class Facts:
    """What the group's decisions rest on, read after the locks."""

    book: Book
    gifts: dict[int, Gift]
    agencies: dict[int, Agency]
    rooms: set[int]
    room_of: dict[int, int]
    blocked: set[tuple[int, int]]
    combos: dict[tuple[int, int, int], int]
    answers: dict[tuple[int, str], tuple[bytes, Answer]]
    ladders: dict[str, Ladder]
    seeds: dict[int, Seed]
    ids: list[int]


async def load(
    tx: Transaction,
    requests: Sequence[GiftRequest],
    directory: OwnerDirectory,
    ladders: dict[str, Ladder],
) -> Facts:
    """Lock the accounts of these requests, then read what deciding them needs.

    Raises StaleOwners when an agency's owner is not among the locked.
    """
    driver = await tx.driver()
    senders = {request.sender_id for request in requests}
    recipients = {user for request in requests for user in request.body.recipient_ids}
    owners = await directory.owners(driver, recipients)
    book = await Book.open(tx, senders | recipients | owners, at=now())
    agency_ids = {
        account.agency_id
        for user in recipients
        if (account := book.accounts.get(user)) and account.agency_id is not None
    }
    pairs = [
        (request.sender_id, user) for request in requests for user in request.body.recipient_ids
    ]
    people = array_literal(senders | recipients)
    sender_ids = array_literal(senders)
    wanted: list[tuple[str, tuple[Any, ...]]] = [
        (queries.AGENCIES, (array_literal(agency_ids),)),
        (queries.GIFTS, (array_literal({request.body.gift_id for request in requests}),)),
        (
            queries.ANSWERED,
            (
                array_literal(request.sender_id for request in requests),
                array_literal(request.key for request in requests),
            ),
        ),
        (queries.PRESENT, (people,)),
        (
            queries.ROOMS,
            (array_literal({r.body.room_id for r in requests if r.body.room_id is not None}),),
        ),
        (
            queries.BLOCKED,
            (array_literal(pair[0] for pair in pairs), array_literal(pair[1] for pair in pairs)),
        ),
        (queries.COMBOS, (sender_ids, book.at - timedelta(seconds=COMBO_SECONDS))),
        (queries.IDS, (len(pairs),)),
    ]
    async with driver.pipeline():
        cursors = []
        for query, parameters in wanted:
            cursor = driver.cursor()
            await cursor.execute(query, parameters, prepare=True)
            cursors.append(cursor)
        agencies, gifts, answered, present, rooms, blocked, combos, ids = [
            await cursor.fetchall() for cursor in cursors
        ]
    facts = Facts(
        book=book,
        gifts={row[0]: Gift(*row) for row in gifts},
        agencies={row[0]: Agency(*row) for row in agencies},
        rooms={row[0] for row in rooms},
        room_of=dict(present),
        blocked=set(blocked),
        combos={tuple(row[:3]): row[3] for row in combos},
        answers={
            (user_id, key): (bytes(fingerprint), Answer(status, answer.encode()))
            for user_id, key, fingerprint, status, answer in answered
        },
        ladders=ladders,
        seeds={},
        ids=[row[0] for row in reversed(ids)],
    )
    if any(agency.owner_id not in book.accounts for agency in facts.agencies.values()):
        directory.forget(recipients)
        raise StaleOwners
    drawing = {
        request.sender_id
        for request in requests
        if (gift := facts.gifts.get(request.body.gift_id)) and gift.category == "lucky"
    } & book.accounts.keys()
    if drawing:
        facts.seeds = await lock_seeds(driver, drawing, book.at)
    return facts


async def lock_seeds(
    driver: psycopg.AsyncConnection[Any], user_ids: set[int], at: datetime
) -> dict[int, Seed]:
    """The current seeds of these users, locked; made where there are none yet."""
    cursor = driver.cursor()
    await cursor.execute(queries.LOCK_SEEDS, (array_literal(sorted(user_ids)),), prepare=True)
    seeds = {row[0]: Seed(*row) for row in await cursor.fetchall()}
    for user_id in sorted(user_ids - seeds.keys()):
        server_seed = os.urandom(32)
        await cursor.execute(
            queries.INSERT_SEED,
            (
                user_id,
                server_seed,
                lucky.seed_hash(server_seed),
                new_secret(CLIENT_SEED_LENGTH),
                at,
            ),
        )
        row = await cursor.fetchone()
        assert row is not None
        seeds[user_id] = Seed(*row)
    return seeds
