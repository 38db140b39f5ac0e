"""One access token does not hold any number of sockets."""

from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from flylive.gateway import server
from tests.gateway.conftest import Running
from tests.realtime.cast import Cast


async def test_the_one_too_many_is_closed_and_the_others_stay(
    running: Running, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_SOCKETS", 5)
    greedy, other = cast.member(), cast.member()
    async with AsyncExitStack() as stack:
        for _ in range(server.MAX_SOCKETS):
            client = await stack.enter_async_context(running.client(greedy))
            await client.next("hello")
        extra = await stack.enter_async_context(running.client(greedy))
        with pytest.raises(ConnectionClosed):
            await extra.read()
        assert extra.socket.close_code == 4203
        await client.send(op="ping", id=1)
        await client.next("pong", id=1)
        stranger = await stack.enter_async_context(running.client(other))
        await stranger.next("hello")
