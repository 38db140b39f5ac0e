"""The staff's addresses of messages: take one away, speak as the system, what nobody may write."""

from typing import Any

import msgspec
from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from flylive.accounts import Caller, audit
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Transaction
from flylive.http.fields import FieldChecks
from flylive.messaging import deletion, service
from flylive.messaging import rules as message_rules
from flylive.messaging.filters import queries as filters
from flylive.messaging.filters import rules as filter_rules
from flylive.messaging.filters import service as filter_service
from flylive.messaging.filters.schemas import MessageFilterView
from flylive.messaging.schemas import MessageView


class SendAsSystem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/rooms/{id}/messages: words of 1–2000 characters, and why they are said."""

    content: str
    reason: str


class SetPlatformFilter(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /admin/message-filter: in place of what was there."""

    words: list[str]
    allows_links: bool
    reason: str


@delete("/messages/{message_id:int}", status_code=204, guards=[require(Right.MANAGE_MESSAGES)])
async def delete_message(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    message_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Take the words of a message away, wherever it stands; again does nothing."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()

    async def work(tx: Transaction) -> None:
        actor = await act(tx, request, caller, Right.MANAGE_MESSAGES)
        if await deletion.delete_as_staff(tx, message_id):
            await audit.write(
                tx,
                actor,
                "message.delete",
                ("message", message_id),
                reason=reason,
                before={"is_deleted": False},
                after={"is_deleted": True},
            )

    await database.run(work)


@post("/rooms/{room_id:int}/messages", status_code=201, guards=[require(Right.MANAGE_MESSAGES)])
async def send_as_system(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    data: JSONBody[SendAsSystem],
) -> MessageView:
    """Say something in a room as the system, without being in it."""
    checks = FieldChecks()
    content = checks.field("content", message_rules.content, data.content)
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert content is not None

    async def work(tx: Transaction) -> MessageView:
        actor = await act(tx, request, caller, Right.MANAGE_MESSAGES)
        sent = await service.send_as_system(tx, caller.user_id, room_id, content, settings)
        await audit.write(
            tx,
            actor,
            "room.announce",
            ("room", room_id),
            reason=reason,
            before={},
            after={"message_id": sent.id, "content": content},
        )
        return sent

    return await database.run(work)


@get("/message-filter", guards=[require(Right.MANAGE_MESSAGES)])
async def get_platform_filter(database: NamedDependency[Database]) -> MessageFilterView:
    """What nobody may write anywhere."""
    return await database.read(lambda tx: filter_service.view(tx, None))


@put("/message-filter", guards=[require(Right.MANAGE_MESSAGES)])
async def set_platform_filter(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[SetPlatformFilter],
) -> MessageFilterView:
    """Say what nobody may write, in any room or to anybody."""
    checks = FieldChecks()
    words = checks.field("words", filter_rules.words, data.words)
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert words is not None

    async def work(tx: Transaction) -> MessageFilterView:
        actor = await act(tx, request, caller, Right.MANAGE_MESSAGES)
        await tx.lock("message_filters")
        before = await filter_service.view(tx, None)
        kept = await filters.put(
            tx, None, words=words, allows_links=data.allows_links, updated_by=caller.user_id
        )
        after = await filter_service.view(tx, None)
        await audit.write(
            tx,
            actor,
            "message_filter.set",
            ("message_filter", kept.id),
            reason=reason,
            before=msgspec.to_builtins(before),
            after=msgspec.to_builtins(after),
        )
        return after

    return await database.run(work)


ROUTES = [delete_message, send_as_system, get_platform_filter, set_platform_filter]
