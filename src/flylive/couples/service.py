"""The couples' verbs: answer a proposal, part, and what ends a couple from outside."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now, render
from flylive.couples import events, queries
from flylive.couples.errors import (
    AlreadyCoupled,
    CoolingDown,
    NotCoupled,
    NotTheRecipient,
    RequestEnded,
    UnknownRequest,
)
from flylive.couples.schemas import CoupleView, Mine, RequestView
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.realtime import record, user_stream

AT_ONCE = 200


async def mine(tx: Reading, user_id: int) -> Mine:
    """A user's couple, cooldown and open proposals."""
    couple = (await queries.find_couples(tx, [user_id])).get(user_id)
    requests = await queries.list_open(tx, [user_id])
    cooldowns = await queries.find_cooldowns(tx, [user_id], now())
    return Mine(
        couple=None if couple is None else (await _views(tx, [couple]))[user_id],
        cooldown_until=cooldowns.get(user_id),
        requests=await request_views(tx, requests),
    )


async def _views(tx: Reading, rows: Collection[Row[Any]]) -> dict[int, CoupleView]:
    cards = await accounts.cards(tx, {row.partner_id for row in rows})
    return {
        row.user_id: CoupleView(
            id=row.id,
            partner=cards[row.partner_id],
            formed_at=row.formed_at,
            coins_given=str(row.coins_given),
            coins_received=str(row.coins_received),
        )
        for row in rows
    }


async def request_views(tx: Reading, rows: Sequence[Row[Any]]) -> list[RequestView]:
    """Proposals as both sides see them."""
    cards = await accounts.cards(
        tx, {user_id for row in rows for user_id in (row.sender_id, row.recipient_id)}
    )
    return [
        RequestView(
            id=row.id,
            sender=cards[row.sender_id],
            recipient=cards[row.recipient_id],
            gift_transaction_id=row.gift_transaction_id,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


async def accept(tx: Transaction, user_id: int, request_id: int) -> CoupleView:
    """Become a couple; every other proposal by or to either of the two is idle then.

    Raises UnknownRequest, NotTheRecipient, RequestEnded, AlreadyCoupled, CoolingDown.
    """
    request, at = await _lock_request(tx, user_id, request_id)
    both = [request.sender_id, request.recipient_id]
    for coupled in sorted(await queries.find_couples(tx, both)):
        raise AlreadyCoupled(user_id=coupled)
    for cooling, until in sorted((await queries.find_cooldowns(tx, both, at)).items()):
        raise CoolingDown(user_id=cooling, until=render(until))
    couple_id = await queries.insert_couple(tx, request.sender_id, request.recipient_id, at)
    await _end_requests(tx, [request], "accepted", at, couple_id)
    await _end_requests(tx, await queries.lock_open(tx, both), "cancelled", at)
    views = await _views(tx, (await queries.find_couples(tx, both)).values())
    for one, view in views.items():
        record(tx, user_stream(one), events.Formed(couple=view))
    return views[user_id]


async def decline(tx: Transaction, user_id: int, request_id: int) -> None:
    """Say no. Raises UnknownRequest, NotTheRecipient, RequestEnded."""
    request, at = await _lock_request(tx, user_id, request_id)
    await _end_requests(tx, [request], "declined", at)


async def _lock_request(
    tx: Transaction, user_id: int, request_id: int
) -> tuple[Row[Any], datetime]:
    request = await queries.find_request(tx, request_id)
    if request is None or user_id not in (request.sender_id, request.recipient_id):
        raise UnknownRequest
    if user_id == request.sender_id:
        raise NotTheRecipient
    users = await accounts.lock_users(tx, [request.sender_id, user_id])
    if user_id not in users or users[user_id].is_blocked:
        raise Unauthenticated
    at = now()
    request = await queries.lock_request(tx, request_id)
    if request.status != "pending":
        raise RequestEnded(status=request.status)
    if request.expires_at <= at:
        raise RequestEnded(status="expired")
    return request, at


async def _end_requests(
    tx: Transaction,
    requests: Sequence[Row[Any]],
    status: str,
    at: datetime,
    couple_id: int | None = None,
) -> None:
    if not requests:
        return
    await queries.end_requests(tx, [row.id for row in requests], status, at, couple_id)
    for row in requests:
        for side in (row.sender_id, row.recipient_id):
            record(tx, user_stream(side), events.RequestOver(request_id=row.id, status=status))


async def end_overdue(tx: Transaction, requests: Sequence[Row[Any]], at: datetime) -> None:
    """Let locked proposals run out."""
    await _end_requests(tx, requests, "expired", at)


async def expire(database: Database) -> int:
    """Let proposals run out that nobody answered in time; how many, a batch at the most."""

    async def work(tx: Transaction) -> int:
        at = now()
        overdue = await queries.lock_overdue(tx, at, AT_ONCE)
        await end_overdue(tx, overdue, at)
        return len(overdue)

    return await database.run(work)


async def part(tx: Transaction, user_id: int, cooldown: timedelta) -> None:
    """Be a couple no longer; neither of the two is in another one before `cooldown` is over.

    Raises NotCoupled, also where the couple ended meanwhile.
    """
    found = (await queries.find_couples(tx, [user_id])).get(user_id)
    if found is None:
        raise NotCoupled
    users = await accounts.lock_users(tx, [user_id, found.partner_id])
    if user_id not in users or users[user_id].is_blocked:
        raise Unauthenticated
    current = (await queries.find_couples(tx, [user_id])).get(user_id)
    if current is None or current.id != found.id:
        raise NotCoupled
    await _end(tx, current, user_id, "parted", cooldown)


async def end_between(tx: Transaction, blocker_id: int, user_id: int, cooldown: timedelta) -> None:
    """What a block ends: the two as a couple, with its cooldown, and proposals between them."""
    both = {blocker_id, user_id}
    await accounts.lock_users(tx, both)
    at = now()
    requests = [
        row
        for row in await queries.lock_open(tx, [blocker_id])
        if {row.sender_id, row.recipient_id} == both
    ]
    await _end_requests(tx, requests, "cancelled", at)
    couple = (await queries.find_couples(tx, [blocker_id])).get(blocker_id)
    if couple is not None and couple.partner_id == user_id:
        await _end(tx, couple, blocker_id, "blocked", cooldown)


async def leave_for_good(tx: Transaction, user_id: int) -> None:
    """What the deletion of a locked user ends; whoever is left behind may be asked at once."""
    await _end_requests(tx, await queries.lock_open(tx, [user_id]), "cancelled", now())
    couple = (await queries.find_couples(tx, [user_id])).get(user_id)
    if couple is not None:
        await _end(tx, couple, user_id, "deleted", None)


async def _end(
    tx: Transaction, couple: Row[Any], ended_by: int, reason: str, cooldown: timedelta | None
) -> None:
    at = now()
    until = None if cooldown is None else at + cooldown
    if await queries.end_couple(
        tx, couple.id, ended_by=ended_by, reason=reason, at=at, cooldown_until=until
    ):
        for side in (couple.user_id, couple.partner_id):
            record(tx, user_stream(side), events.Ended(couple_id=couple.id, cooldown_until=until))


async def add_points(tx: Transaction, given: Sequence[tuple[int, int, int, datetime]]) -> None:
    """Count gifts between partners: sender, recipient, hundredths, when. Others count nothing."""
    if not given:
        return
    for row in await queries.add_points(tx, given):
        record(
            tx,
            user_stream(row.user_id),
            events.Points(
                couple_id=row.id,
                coins_given=str(row.coins_given),
                coins_received=str(row.coins_received),
            ),
        )
