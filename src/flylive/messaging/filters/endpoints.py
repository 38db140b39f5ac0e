"""The addresses of a room's filter; the platform's is with the staff's."""

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from flylive.accounts import Caller
from flylive.database import Database
from flylive.http.fields import FieldChecks
from flylive.messaging.filters import rules, service
from flylive.messaging.filters.schemas import MessageFilterView, SetMessageFilter


@get("/rooms/{room_id:int}/message-filter")
async def get_message_filter(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> MessageFilterView:
    """What may not be written in a room that one runs."""
    return await database.read(lambda tx: service.view_of_room(tx, visitor.user_id, room_id))


@put("/rooms/{room_id:int}/message-filter")
async def set_message_filter(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    data: JSONBody[SetMessageFilter],
) -> MessageFilterView:
    """Say what may not be written in one's own room; who runs it may all the same."""
    words = checked_words(data.words)
    return await database.run(
        lambda tx: service.set_of_room(
            tx, visitor.user_id, room_id, words, allows_links=data.allows_links
        )
    )


def checked_words(given: list[str]) -> list[str]:
    """The list as it is kept. Raises InvalidRequest."""
    checks = FieldChecks()
    words = checks.field("words", rules.words, given)
    checks.done()
    assert words is not None
    return words


ROUTES = [get_message_filter, set_message_filter]
