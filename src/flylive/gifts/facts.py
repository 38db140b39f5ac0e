"""What a group's decisions rest on: read once, after the accounts are locked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg

from flylive.clock import now
from flylive.config import Settings
from flylive.couples import proposals
from flylive.couples.proposals import Proposals
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.database.burst import Statement, burst
from flylive.economy import Economy
from flylive.economy import service as economies
from flylive.gifts import events, queries, schemas
from flylive.gifts.draws import Frozen, FrozenOdds
from flylive.http.idempotency import Answer
from flylive.progression.rules import Ladder
from flylive.social.rules import Action, is_refused
from flylive.wallet import Book

COMBO_SECONDS = 3
COUPLES = "cp"
"""The category of gifts that propose a couple."""


class GiftRequest(NamedTuple):
    """A send as it waits for its group."""

    sender_id: int
    key: str
    fingerprint: bytes
    body: schemas.SendGift


class StaleOwners(Exception):
    """An agency changed hands between the look-up of its owner and the lock."""


class OwnerDirectory:
    """Whose agency owner must be locked along: remembered, and checked after the lock.

    Who is not in it is taken to be of no agency, so that no group has to ask before it locks.
    """

    LIMIT = 200_000

    def __init__(self) -> None:
        self._homes: dict[int, tuple[int, int | None]] | None = None
        self._doubted: set[int] = set()

    async def homes(
        self, driver: psycopg.AsyncConnection[Any], recipients: set[int]
    ) -> dict[int, int | None]:
        """These recipients' agencies with the owners of active ones, as far as known."""
        if self._homes is None:
            [rows] = await burst(driver, [_MEMBERS(self.LIMIT)])
            self._homes = _homes(rows)
        if doubted := self._doubted & recipients:
            [rows] = await burst(driver, [_OWNERS(array_literal(doubted))])
            if len(self._homes) > self.LIMIT:
                self._homes.clear()
            for user_id in doubted:
                self._homes.pop(user_id, None)
            self._homes |= _homes(rows)
            self._doubted -= doubted
        return dict(home for user_id in recipients if (home := self._homes.get(user_id)))

    def owners(self, recipients: Iterable[int]) -> Iterator[int]:
        """The owners of their agencies, of those that are known."""
        known = self._homes or {}
        for user_id in recipients:
            _, owner = known.get(user_id, _HOMELESS)
            if owner is not None:
                yield owner

    def doubt(self, recipients: Iterable[int]) -> None:
        """Look these up next time."""
        self._doubted.update(recipients)


def _homes(rows: Iterable[Sequence[Any]]) -> dict[int, tuple[int, int | None]]:
    return {user_id: (agency, owner) for user_id, agency, owner in rows if agency is not None}


_HOMELESS = (None, None)
_MEMBERS = Statement(queries.MEMBERS)
_OWNERS = Statement(queries.OWNERS)
_AGENCIES = Statement(queries.AGENCIES)
_GIFTS = Statement(queries.GIFTS)
_ANSWERED = Statement(queries.ANSWERED)
_PRESENT = Statement(queries.PRESENT)
_ROOMS = Statement(queries.ROOMS)
_BLOCKED = Statement(queries.BLOCKED)
_COMBOS = Statement(queries.COMBOS)
_IDS = Statement(queries.IDS)
_LOCK_SEEDS = Statement(queries.LOCK_SEEDS)
_ECONOMY = Statement(economies.NEWEST)


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
    economy: Economy
    gifts: dict[int, Gift]
    agencies: dict[int, Agency]
    rooms: set[int]
    room_of: dict[int, int]
    blocked: set[tuple[int, int]]
    combos: dict[tuple[int, int, int], int]
    answers: dict[tuple[int, str], tuple[bytes, Answer]]
    ladders: dict[str, Ladder]
    seeds: dict[int, Seed]
    odds: dict[str, Frozen]
    proposals: Proposals | None
    ids: list[int]


async def load(
    tx: Transaction,
    requests: Sequence[GiftRequest],
    directory: OwnerDirectory,
    frozen: FrozenOdds,
    ladders: dict[str, Ladder],
    settings: Settings,
) -> Facts:
    """Lock the accounts of these requests, then read what deciding them needs.

    One round trip: each statement sees what was committed when the locks were there. Raises
    StaleOwners when a recipient's agency, or its owner, is another than was known.
    """
    driver = await tx.driver()
    senders = {request.sender_id for request in requests}
    recipients = {user for request in requests for user in request.body.recipient_ids}
    homes = await directory.homes(driver, recipients)
    owners = {owner for owner in homes.values() if owner is not None}
    at = now()
    pairs = [
        (request.sender_id, user) for request in requests for user in request.body.recipient_ids
    ]
    room_ids = {r.body.room_id for r in requests if r.body.room_id is not None}
    givers, takers = (array_literal(side) for side in zip(*pairs, strict=True))
    calls = [
        Book.locking(senders | recipients | owners, at),
        _GIFTS(array_literal({request.body.gift_id for request in requests})),
        _ANSWERED(
            array_literal(request.sender_id for request in requests),
            array_literal(request.key for request in requests),
        ),
        _BLOCKED(givers, takers),
        _COMBOS(array_literal(senders), at - timedelta(seconds=COMBO_SECONDS)),
        _IDS(len(pairs)),
        _AGENCIES(array_literal(homes)),
        _ECONOMY(),
    ]
    if room_ids:
        calls.append(_ROOMS(array_literal(room_ids)))
        calls.append(_PRESENT(array_literal(senders | recipients)))
    accounts, gifts, answered, blocked, combos, ids, agencies, economy, *there = await burst(
        driver, calls
    )
    rooms, present = there if there else ([], [])
    book = Book.of(accounts, at)
    facts = Facts(
        book=book,
        economy=economies.of_rows(settings, economy),
        gifts={row[0]: Gift(*row) for row in gifts},
        agencies={row[0]: Agency(*row) for row in agencies},
        rooms={row[0] for row in rooms},
        room_of=dict(present),
        blocked={
            (sender, recipient)
            for sender, recipient, by_sender, by_recipient in blocked
            if is_refused(Action.GIFT, blocked_by_actor=by_sender, blocked_by_subject=by_recipient)
        },
        # The newest of each comes last.
        combos={tuple(row[:3]): row[3] for row in combos},
        answers={
            (user_id, key): (bytes(fingerprint), Answer(status, answer.encode()))
            for user_id, key, fingerprint, status, answer in answered
        },
        ladders=ladders,
        seeds={},
        odds={},
        proposals=None,
        ids=[row[0] for row in reversed(ids)],
    )
    if any(agency.owner_id not in book.accounts for agency in facts.agencies.values()) or any(
        account.agency_id is not None and account.agency_id not in homes
        for user in recipients
        if (account := book.accounts.get(user)) is not None
    ):
        directory.doubt(recipients)
        raise StaleOwners
    playing = {
        request.sender_id
        for request in requests
        if (gift := facts.gifts.get(request.body.gift_id)) and gift.lucky_odds is not None
    }
    if playing:
        tables = {gift.lucky_odds for gift in facts.gifts.values() if gift.lucky_odds is not None}
        facts.odds = await frozen.tables(tx, tables)
        facts.seeds = await lock_seeds(driver, playing & book.accounts.keys())
    if any(gift.category == COUPLES for gift in facts.gifts.values()):
        lasts = timedelta(hours=settings.couple_request_hours)
        facts.proposals = await proposals.load(tx, senders | recipients, at, len(requests), lasts)
    return facts


async def lock_seeds(driver: psycopg.AsyncConnection[Any], user_ids: set[int]) -> dict[int, Seed]:
    """The current seeds of these users, locked. Who has none committed to none."""
    [rows] = await burst(driver, [_LOCK_SEEDS(array_literal(sorted(user_ids)))])
    return {row[0]: Seed(*row) for row in rows}
