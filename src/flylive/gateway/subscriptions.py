"""Joining a stream at a place, exactly once against whatever is delivered meanwhile.

The subscriber reads the rows between his place and what the channel has delivered, page by
page, until both are the same; at that moment, without an await between the comparison and
the joining, he becomes a member and live delivery goes on behind it.
"""

from collections.abc import Callable

from flylive.database import Database
from flylive.gateway import frames, metrics, queries
from flylive.gateway.channels import Subscription, room_of
from flylive.gateway.delivery import Delivery, is_gapless
from flylive.gateway.queries import Place
from flylive.gateway.reader import Reader
from flylive.realtime import service
from flylive.realtime.service import Position
from flylive.rooms.errors import NotInRoom


async def follow(
    database: Database,
    reader: Reader,
    delivery: Delivery,
    subscription: Subscription,
    *,
    epoch: int | None,
    after: int | None,
    announce: Callable[[Position], None],
) -> bool:
    """Bring a subscription up to its stream, and make it a member.

    A room's stream is for those who are in the room; the right is read in one snapshot with
    the stream's place, so that a leaving after it is an event behind that place.
    `announce` is called with the stream's position before any of its events goes out.
    False where the subscription, or its session, ended on the way. Raises NotInRoom,
    Unavailable.
    """
    channel = subscription.channel
    place = await _find_place(database, reader, subscription)
    assert place.epoch is not None
    if channel.epoch is None:
        channel.load(place.epoch, place.seq)
        if channel.hinted > channel.seq:
            delivery.look(channel)
    elif channel.epoch != place.epoch:
        # The stream was made anew, which this channel has not found out yet.
        await delivery.refresh(channel)
    subscription.authorized_at = place.seq
    announce(Position(channel.name, place.epoch, place.seq))

    cursor = place.seq if after is None else after
    reason = None
    if after is not None:
        if epoch is not None and epoch != place.epoch:
            reason = "epoch"
        elif after > place.seq:
            reason = "ahead"
        elif after + 1 < place.first_seq:
            reason = "too_old"
    if reason is not None:
        cursor = place.seq
        _resync(subscription, place.epoch, cursor, reason)
    return await _catch_up(reader, delivery, subscription, place.epoch, cursor)


async def _find_place(database: Database, reader: Reader, subscription: Subscription) -> Place:
    name, user_id = subscription.channel.name, subscription.session.caller.user_id
    room_id = room_of(name)
    while True:
        place = await queries.find_place(reader, name, user_id, room_id)
        if not place.is_allowed:
            raise NotInRoom
        if place.epoch is not None:
            return place
        await database.run(lambda tx: service.position(tx, name))


async def _catch_up(
    reader: Reader, delivery: Delivery, subscription: Subscription, epoch: int, cursor: int
) -> bool:
    channel, session = subscription.channel, subscription.session
    while not session.is_closing:
        if channel.epoch != epoch:
            assert channel.epoch is not None
            epoch, cursor = channel.epoch, channel.seq
            _resync(subscription, epoch, cursor, "epoch")
        if cursor == channel.seq:
            channel.joining.discard(subscription)
            channel.members[session.transport] = subscription
            return True
        if cursor > channel.seq:
            await delivery.reach(channel, cursor)
            continue
        upto = channel.seq
        asked = [(channel.name, cursor)]
        news = (await queries.list_news(reader, asked, delivery.page)).get(channel.name)
        if channel.epoch != epoch:
            continue
        found = news.events if news is not None and news.epoch == epoch else []
        events = [event for event in found if event.seq <= upto]
        if not is_gapless(events, cursor):
            cursor = channel.seq
            _resync(subscription, epoch, cursor, "too_old")
            continue
        for event in events:
            session.send(frames.event(channel.name, epoch, event))
            cursor = event.seq
            metrics.DELIVERIES.inc()
            if subscription.is_ended_by(event):
                session.forget(subscription)
                return False
            if session.is_congested and not await session.drained():
                return False
    return False


def _resync(subscription: Subscription, epoch: int, seq: int, reason: str) -> None:
    subscription.session.send(frames.resync(subscription.channel.name, epoch, seq, reason))
    metrics.RESYNCS.labels(reason).inc()
