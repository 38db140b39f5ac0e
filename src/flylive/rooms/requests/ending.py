"""Requests for seats that are over, and telling so to whom it concerns. Under the room's lock."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.realtime import record, room_stream, user_stream
from flylive.rooms.events import SeatInvited, SeatRequested
from flylive.rooms.requests import queries
from flylive.rooms.schemas import SeatRequestView

APPLICATION, INVITATION = "application", "invitation"


def queue(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The applications that wait, first come first; what is too old waits no more."""
    moment = now()
    return [row for row in rows if row.kind == APPLICATION and row.expires_at > moment]


async def views(tx: Reading, rows: Sequence[Row[Any]]) -> list[SeatRequestView]:
    """The requests as those see them who may."""
    named = {row.user_id for row in rows} | {row.requested_by for row in rows}
    cards = await accounts.cards(tx, named)
    return [
        msgspec.convert(
            row._asdict() | {"user": cards[row.user_id], "requester": cards[row.requested_by]},
            SeatRequestView,
        )
        for row in rows
    ]


async def tell(tx: Transaction, row: Row[Any]) -> SeatRequestView:
    """Record how a request is now.

    An application goes to the room, an invitation to whom it is for; and when it is over, to
    whoever made it as well.
    """
    [view] = await views(tx, [row])
    if row.kind == APPLICATION:
        record(tx, room_stream(row.room_id), SeatRequested(request=view))
    else:
        record(tx, user_stream(row.user_id), SeatInvited(request=view))
        if row.status != "pending":
            record(tx, user_stream(row.requested_by), SeatInvited(request=view))
    return view


async def tell_application(tx: Transaction, room_id: int, user_id: int) -> None:
    """Record the application of somebody again, if he has one: his card looks different."""
    for row in await queries.list_pending(tx, room_id):
        if row.kind == APPLICATION and row.user_id == user_id:
            await tell(tx, row)


async def end(
    tx: Transaction,
    row: Row[Any],
    status: str,
    *,
    by: int | None = None,
    seat_number: int | None = None,
) -> SeatRequestView:
    """Let a request be over, and tell it."""
    given = row.seat_number if seat_number is None else seat_number
    return await tell(tx, await queries.decide(tx, row.id, status, by=by, seat_number=given))


async def end_where(
    tx: Transaction, room_id: int, concerned: Callable[[Row[Any]], bool], status: str
) -> None:
    """Let those of the room's requests be over that are concerned."""
    for row in await queries.list_pending(tx, room_id):
        if concerned(row):
            await end(tx, row, status)


async def end_of_seated(tx: Transaction, room_id: int, user_id: int, number: int) -> None:
    """Who sits needs no request any more."""
    for row in await queries.list_pending(tx, room_id):
        if row.user_id == user_id:
            await end(tx, row, "accepted", seat_number=number)


async def end_of_gone(tx: Transaction, room_id: int, user_id: int) -> None:
    """Who is out applies no more and is invited no more, and what he offered is withdrawn."""
    await end_where(
        tx, room_id, lambda row: user_id in (row.user_id, row.requested_by), "withdrawn"
    )


async def end_application(tx: Transaction, room_id: int, user_id: int) -> None:
    """Somebody applies no more."""
    await end_where(
        tx,
        room_id,
        lambda row: row.kind == APPLICATION and row.user_id == user_id,
        "withdrawn",
    )


async def end_offers(tx: Transaction, room_id: int, user_id: int) -> None:
    """Who no longer runs the room has nothing to offer."""
    await end_where(
        tx,
        room_id,
        lambda row: row.kind == INVITATION and row.requested_by == user_id,
        "withdrawn",
    )


async def end_overdue(tx: Transaction, room_id: int, moment: datetime) -> None:
    """What waited for too long is over."""
    await end_where(tx, room_id, lambda row: row.expires_at <= moment, "expired")
