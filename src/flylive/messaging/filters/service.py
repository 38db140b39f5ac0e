"""Refusing words and links that are not taken, and the same again and again."""

from datetime import timedelta

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http import limits
from flylive.messaging.filters import queries, rules
from flylive.messaging.filters.errors import LinkNotAllowed, Repeated, WordNotAllowed
from flylive.messaging.filters.schemas import MessageFilterView
from flylive.messaging.schemas import SendMessage
from flylive.rooms import service as rooms
from flylive.rooms.errors import NotTheOwner
from flylive.rooms.moderation.standings import require_running

_LOOKED_AT = 100
"""More than the limits on speed let anybody write within the time."""


async def view(tx: Reading, room_id: int | None) -> MessageFilterView:
    """The filter as it is shown."""
    found = await queries.find(tx, room_id)
    if found is None:
        return MessageFilterView(words=[], allows_links=True)
    return MessageFilterView(words=found.words, allows_links=found.allows_links)


async def view_of_room(tx: Reading, user_id: int, room_id: int) -> MessageFilterView:
    """The room's filter, for who runs it. Raises UnknownRoom, NotAModerator."""
    await require_running(tx, await rooms.find(tx, room_id), user_id)
    return await view(tx, room_id)


async def set_of_room(
    tx: Transaction, user_id: int, room_id: int, words: list[str], *, allows_links: bool
) -> MessageFilterView:
    """Set the filter of one's own room. Raises UnknownRoom, NotTheOwner."""
    room = await rooms.lock(tx, room_id)
    if room.user_id != user_id:
        raise NotTheOwner
    await queries.put(tx, room_id, words=words, allows_links=allows_links, updated_by=user_id)
    return await view(tx, room_id)


async def check(
    tx: Reading, content: str, *, room_id: int | None = None, runs_room: bool = False
) -> None:
    """Hold the words against the platform's filter, and the room's for who does not run it.

    Raises WordNotAllowed, LinkNotAllowed.
    """
    if not content:
        return
    for found in await queries.find_both(tx, room_id):
        if found.room_id is not None and runs_room:
            continue
        word = rules.find_word(content, found.words)
        if word is not None:
            raise WordNotAllowed(word)
        link = None if found.allows_links else rules.find_link(content)
        if link is not None:
            raise LinkNotAllowed(link)


async def check_repeats(
    tx: Reading,
    sender_id: int,
    data: SendMessage,
    *,
    room_id: int | None = None,
    recipient_id: int | None = None,
) -> None:
    """Raises Repeated where somebody says there what he just said three times.

    Called behind the sender's limit on speed, whose lock makes it exact.
    """
    this = rules.sameness(data.content, data.attachment_url)
    if this is None:
        return
    window = timedelta(seconds=rules.SAME_WITHIN_SECONDS)
    at = now()
    said = await queries.said_since(
        tx,
        sender_id,
        room_id=room_id,
        recipient_id=recipient_id,
        since=at - window,
        limit=_LOOKED_AT,
    )
    same = [one for one in said if rules.sameness(one.content, one.attachment_url) == this]
    if len(same) >= rules.SAME_AT_MOST:
        free_at = same[rules.SAME_AT_MOST - 1].sent_at + window
        raise Repeated(retry_after=max(1, int((free_at - at).total_seconds()) + 1))


async def count_to_stranger(tx: Transaction, sender_id: int, data: SendMessage) -> None:
    """Count the same words to many who never wrote back. Raises Repeated."""
    this = rules.sameness(data.content, data.attachment_url)
    if this is None:
        return
    name = f"messages:{sender_id}:same:{this}"
    allowed = await limits.hit(tx, name, rules.SAME_TO_STRANGERS, rules.STRANGERS_WINDOW_SECONDS)
    if not allowed.is_allowed:
        raise Repeated(retry_after=allowed.retry_after_seconds)
