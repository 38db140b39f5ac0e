"""What is looked at before a message meets the database."""

from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.messaging import attachments, rules
from flylive.messaging.schemas import SendMessage

Place = Annotated[int | None, QueryParameter(ge=0, le=MAX_ID)]
"""A `seq` in a query."""


def check(data: SendMessage) -> SendMessage:
    """The message with its type, told by its attachment where the sender left it out.

    Raises InvalidRequest that names every field at fault.
    """
    if data.message_type is None:
        data = msgspec.structs.replace(data, message_type=attachments.told_type(data))
    checks = FieldChecks()
    if data.message_type == "text" or data.content:
        checks.field("content", rules.content, data.content)
    checks.field("client_id", rules.client_id, data.client_id)
    attachments.check(checks, data)
    checks.done()
    return data


def place_of(before: int | None, after: int | None, cursor: str | None) -> tuple[bool, int]:
    """Whether a list goes forward, and the `seq` it goes on from.

    Raises InvalidRequest where more than one of the three is given.
    """
    place = pages.decode(cursor, bool, int)
    if sum(given is not None for given in (before, after, place)) > 1:
        raise InvalidRequest.field("cursor", "send only one of before, after and cursor")
    if place is not None:
        return place[0], place[1]
    if after is not None:
        return True, after
    return False, MAX_ID if before is None else before
