"""The addresses of messages in rooms; and deleting, wherever the message stands."""

from typing import Any

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.messaging import deletion, fields, queries, service
from flylive.messaging.errors import SlowDown
from flylive.messaging.fields import Place, place_of
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.messaging.views import view
from flylive.rooms import stays


@post("/rooms/{room_id:int}/messages", status_code=201)
async def send_message(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    data: JSONBody[SendMessage],
) -> MessageView:
    """Write into the room one is in. The same `client_id` again gives the same message."""
    data = fields.check(data)
    sent = await database.run(lambda tx: service.send(tx, visitor.user_id, room_id, data, settings))
    if isinstance(sent, service.MustWait):
        raise SlowDown(retry_after=sent.seconds)
    return sent


@get("/rooms/{room_id:int}/messages")
async def list_messages(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    before: FromQuery[Place] = None,
    after: FromQuery[Place] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[MessageView]:
    """The messages of the room one is in.

    Newest first, from `before` (a `seq`) back if it is given; with `after`, oldest first from
    there on. `next_cursor` goes on in the same direction.
    """
    forward, seq = place_of(before, after, cursor)

    async def work(tx: Reading) -> pages.Page[MessageView]:
        await stays.require_stay(tx, visitor.user_id, room_id)
        if forward:
            rows = await queries.list_after(tx, room_id, after=seq, limit=limit + 1)
        else:
            rows = await queries.list_before(tx, room_id, before=seq, limit=limit + 1)
        senders = await accounts.cards(tx, {row.sender_id for row in rows})

        def shown(row: Row[Any]) -> MessageView:
            return view(row, senders[row.sender_id], settings)

        return pages.page(rows, limit, shown, lambda row: (forward, row.seq))

    return await database.read(work)


@delete("/messages/{message_id:int}", status_code=204)
async def delete_message(
    caller: NamedDependency[Caller], database: NamedDependency[Database], message_id: FromPath[int]
) -> None:
    """Delete a message of one's own, or one in a room that one runs."""
    await database.run(lambda tx: deletion.delete(tx, caller.user_id, message_id))


ROUTES = [send_message, list_messages, delete_message]
