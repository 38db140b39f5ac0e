"""Values: the newest state, on subscribing and when it changes, at most five a second."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from flylive.realtime import bus, record_value, room_stream, user_stream
from tests.gateway.client import Client
from tests.gateway.conftest import Running
from tests.patience import eventually, once_within
from tests.realtime.cast import Cast, Member


async def earn(cast: Cast, member: Member, coins: int, *, hint: bool = True) -> None:
    cast.sql("UPDATE users SET wealth_xp = %s WHERE id = %s", coins, member.user_id)
    if hint:

        async def work(tx: Any) -> None:
            record_value(tx, user_stream(member.user_id), "wallet.updated")

        await cast.database.run(work)


async def value(client: Client, stream: str) -> dict[str, Any]:
    frame = await client.next("value", stream=stream)
    assert frame.keys() == {"op", "stream", "type", "data", "at"}
    return frame


async def test_the_wallet_comes_on_connecting_and_on_change(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = user_stream(member.user_id)
    async with running.client(member) as one, running.client(member) as two:
        for client in (one, two):
            first = await value(client, stream)
            assert first["type"] == "wallet.updated"
            assert first["data"] == {
                "coin_balance": "0.00",
                "diamond_balance": "0.00",
                "total_spent": "0.00",
                "total_received": "0.00",
                "wealth_xp": 0,
                "charm_xp": 0,
                "debt": "0.00",
            }

        async def changed(turn: int) -> float:
            began = time.monotonic()
            await earn(cast, member, 7 + turn)
            for client in (one, two):
                assert (await value(client, stream))["data"]["wealth_xp"] == 7 + turn
            return time.monotonic() - began

        await once_within(1, changed)
        assert not [f for f in await one.silence(2.3) if f["op"] == "value"]


async def test_a_room_s_metrics(running: Running, cast: Cast) -> None:
    member, guest = cast.member(), cast.member()
    room_id = cast.room(member, guest)
    stream = room_stream(room_id)
    cast.sql(
        "UPDATE rooms SET daily_coins_spent = 5, weekly_coins_spent = 6, monthly_coins_spent = 7,"
        " total_coins_spent = 12.5, room_xp = 12, popularity_index = 3.25,"
        " metrics_day = current_date - 40 WHERE id = %s",
        room_id,
    )
    async with running.client(member) as client, running.client(guest) as other:
        await client.subscribe(stream)
        first = await value(client, stream)
        assert first["type"] == "room.metrics"
        assert first["data"] == {
            "participant_count": 2,
            "coins": "12.50",
            "popularity": "3.25",
            "total_coins_spent": "12.50",
            "daily_coins_spent": "0.00",
            "weekly_coins_spent": "0.00",
            "monthly_coins_spent": "0.00",
            "popularity_index": "3.25",
            "room_level": 1,
            "room_xp": 12,
        }
        await other.subscribe(stream)
        assert (await value(other, stream))["data"] == first["data"]
        # A newcomer gets the value; those who have it do not get it again.
        assert not [f for f in await client.silence(0.5) if f.get("stream") == stream]
        cast.sql("UPDATE rooms SET metrics_day = (now() AT TIME ZONE 'UTC')::date")
        today = (await value(client, stream))["data"]
        assert today == first["data"] | {
            "daily_coins_spent": "5.00",
            "weekly_coins_spent": "6.00",
            "monthly_coins_spent": "7.00",
        }


async def test_a_lost_hint_costs_two_seconds(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = user_stream(member.user_id)
    async with running.client(member) as client:
        await value(client, stream)

        async def unsaid(turn: int) -> float:
            began = time.monotonic()
            await earn(cast, member, 9 + turn, hint=False)
            assert (await value(client, stream))["data"]["wealth_xp"] == 9 + turn
            return time.monotonic() - began

        await once_within(3, unsaid)


async def test_five_a_second_and_the_newest_wins(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = user_stream(member.user_id)
    came: list[tuple[datetime, int]] = []
    async with running.client(member) as client:
        await value(client, stream)

        async def read() -> None:
            while not came or came[-1][1] != 300:
                frame = await value(client, stream)
                # As the gateway sent it: it may wait for this reader.
                came.append((datetime.fromisoformat(frame["at"]), frame["data"]["wealth_xp"]))

        reading = asyncio.create_task(read())
        for coins in range(1, 301):
            await earn(cast, member, coins)
            await asyncio.sleep(0.005)
        await reading
        assert not [f for f in await client.silence(0.6) if f["op"] == "value"]
    assert [xp for _, xp in came] == sorted({xp for _, xp in came})
    assert len(came) >= 8
    for (earlier, _), (later, _) in zip(came, came[5:], strict=False):
        assert later - earlier > timedelta(seconds=1)


async def test_a_hint_for_what_nobody_follows_is_nothing(running: Running, cast: Cast) -> None:
    member = cast.member()
    await earn(cast, member, 1)
    for line in ("v|user:1|nonsense", "v||", "e|x|y", "e|room:1|", "", "revoked|x", "nonsense"):
        bus.publish(bus.CHANNEL_STREAMS, line)
    async with running.client(member) as client:
        assert (await value(client, user_stream(member.user_id)))["data"]["wealth_xp"] == 1


async def test_cells_go_with_their_channels(running: Running, cast: Cast) -> None:
    async with running.client(cast.member()) as client:
        await client.next("value")
        assert len(running.gateway.values._cells) >= 1
    gateway = running.gateway
    await eventually(lambda: not gateway.values._cells and not gateway.delivery.channels)
