"""Joining a stream at a place, exactly once against whatever is delivered meanwhile.

The subscriber reads the rows between his place and what the channel has delivered, page by
page, until both are the same; at that moment, without an await between the comparison and
the joining, he becomes a member and live delivery goes on behind it.
"""

from collections.abc import Callable, Sequence

from flylive.database import Database, Reading
from flylive.gateway import frames, metrics, queries
from flylive.gateway.channels import Subscription, room_of
from flylive.gateway.delivery import Delivery, is_gapless
from flylive.gateway.errors import NotInRoom
from flylive.gateway.queries import Place
from flylive.realtime import service
from flylive.realtime.queries import StoredEvent, list_range
from flylive.realtime.service import Position


async def follow(
    database: Database,
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
    place = await _find_place(database, subscription)
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
    return await _catch_up(database, delivery, subscription, place.epoch, cursor)


async def _find_place(database: Database, subscription: Subscription) -> Place:
    name = subscription.channel.name
    room_id = room_of(name)
    user_id = subscription.session.caller.user_id

    async def find(tx: Reading) -> Place:
        return await queries.find_place(tx, name, user_id, room_id)

    while True:
        place = await database.read(find)
        if not place.is_allowed:
            raise NotInRoom
        if place.epoch is not None:
            return place
        await database.run(lambda tx: service.position(tx, name))


async def _catch_up(
    database: Database, delivery: Delivery, subscription: Subscription, epoch: int, cursor: int
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
        events = await _list_between(
            database, channel.name, epoch, cursor, channel.seq, delivery.page
        )
        if channel.epoch != epoch:
            continue
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


async def _list_between(
    database: Database, name: str, epoch: int, after: int, upto: int, limit: int
) -> Sequence[StoredEvent]:
    return await database.read(
        lambda tx: list_range(tx, name, epoch, after=after, upto=upto, limit=limit)
    )


def _resync(subscription: Subscription, epoch: int, seq: int, reason: str) -> None:
    subscription.session.send(frames.resync(subscription.channel.name, epoch, seq, reason))
    metrics.RESYNCS.labels(reason).inc()
