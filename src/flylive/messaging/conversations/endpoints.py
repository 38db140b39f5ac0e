"""The addresses of conversations."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import MAX_ID
from flylive.messaging import fields
from flylive.messaging.conversations import queries, service
from flylive.messaging.conversations.schemas import ConversationView, ReadUpTo
from flylive.messaging.fields import Place, place_of
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.messaging.views import view


@get("/conversations")
async def list_conversations(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ConversationView]:
    """The caller's conversations, the one with the newest message first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[ConversationView]:
        rows = await queries.list_conversations(tx, caller.user_id, before=before, limit=limit + 1)
        shown = dict(
            zip(
                [row.last_message_id for row in rows],
                await service.conversation_views(tx, rows, settings),
                strict=True,
            )
        )
        return pages.page(
            rows, limit, lambda row: shown[row.last_message_id], lambda row: (row.last_message_id,)
        )

    return await database.read(work)


@get("/conversations/{user_id:int}/messages")
async def list_private_messages(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    user_id: FromPath[int],
    before: FromQuery[Place] = None,
    after: FromQuery[Place] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[MessageView]:
    """The messages between the caller and the user.

    Newest first, from `before` (a `seq`) back if it is given; with `after`, oldest first from
    there on. `next_cursor` goes on in the same direction.
    """
    forward, seq = place_of(before, after, cursor)

    async def work(tx: Reading) -> pages.Page[MessageView]:
        pair = caller.user_id, user_id
        await service.last_seq(tx, *pair)
        if forward:
            rows = await queries.list_after(tx, *pair, after=seq, limit=limit + 1)
        else:
            rows = await queries.list_before(tx, *pair, before=seq, limit=limit + 1)
        senders = await accounts.cards(tx, {row.sender_id for row in rows})

        def shown(row: Row[Any]) -> MessageView:
            return view(row, senders[row.sender_id], settings)

        return pages.page(rows, limit, shown, lambda row: (forward, row.seq))

    return await database.read(work)


@post("/conversations/{user_id:int}/messages", status_code=201)
async def send_private_message(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    user_id: FromPath[int],
    data: JSONBody[SendMessage],
) -> MessageView:
    """Write to a user. The same `client_id` again gives the same message."""
    data = fields.check(data)
    return await database.run(lambda tx: service.send(tx, caller.user_id, user_id, data, settings))


@post("/conversations/{user_id:int}/read", status_code=204)
async def read_messages(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[ReadUpTo],
) -> None:
    """Mark what the user wrote up to `seq` as read; the mark only moves forward."""
    await database.run(lambda tx: service.read(tx, caller.user_id, user_id, data.seq))


ROUTES = [list_conversations, list_private_messages, send_private_message, read_messages]
