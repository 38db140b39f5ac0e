"""Opening a socket, following streams, and what clients may not do."""

import asyncio
import json
import socket
import time
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.gateway.server import Gateway
from flylive.gateway.standing import CHECK_SECONDS
from flylive.realtime import room_stream, user_stream
from flylive.realtime.control import announce_blocked, announce_revoked
from tests.conftest import Addresses
from tests.gateway.client import Client, numbers
from tests.gateway.conftest import Running
from tests.patience import PATIENCE_SECONDS, eventually, once_within
from tests.realtime.cast import Cast, Closed, Tick


async def refused(client: Client) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught:
        await client.__aenter__()
    response = caught.value.response
    return response.status_code, json.loads(response.body)["code"]


async def test_hello_names_the_own_stream(running: Running, cast: Cast) -> None:
    member = cast.member()
    async with running.client(member) as client:
        hello = await client.read()
        assert hello["op"] == "hello"
        assert hello["heartbeat_ms"] == 25_000
        assert len(hello["session"]) == 16
        (place,) = hello["streams"]
        assert place["name"] == user_stream(member.user_id)
        assert place["seq"] == 0
        await cast.tell(place["name"], Tick(n=1))
        (event,) = await client.events(place["name"], 1)
        assert event == {
            "op": "event",
            "stream": place["name"],
            "epoch": place["epoch"],
            "seq": 1,
            "type": "test.tick",
            "data": {"n": 1, "padding": ""},
            "at": event["at"],
        }
        assert event["at"].endswith("Z")


async def test_a_ticket_opens_one_socket(running: Running, cast: Cast) -> None:
    ticket = await cast.ticket(cast.member())
    async with Client(running.port, ticket=ticket) as client:
        await client.next("hello")
    assert await refused(Client(running.port, ticket=ticket)) == (401, "realtime.ticket_refused")


async def test_of_ten_uses_of_a_ticket_at_once_one_wins(running: Running, cast: Cast) -> None:
    ticket = await cast.ticket(cast.member())

    async def attempt() -> bool:
        try:
            async with Client(running.port, ticket=ticket):
                return True
        except InvalidStatus:
            return False

    assert sum(await asyncio.gather(*(attempt() for _ in range(10)))) == 1


async def test_a_ticket_expires(running: Running, cast: Cast) -> None:
    with turned_to(now() - timedelta(seconds=31)):
        ticket = await cast.ticket(cast.member())
    assert (await refused(Client(running.port, ticket=ticket)))[0] == 401


async def test_a_ticket_goes_with_its_token(running: Running, cast: Cast) -> None:
    member, blocked = cast.member(), cast.member()
    ticket, other = await cast.ticket(member), await cast.ticket(blocked)
    cast.sql("DELETE FROM personal_access_tokens WHERE id = %s", member.token_id)
    cast.block(blocked)
    assert (await refused(Client(running.port, ticket=ticket)))[0] == 401
    assert (await refused(Client(running.port, ticket=other)))[0] == 401


@pytest.mark.parametrize("bearer", [None, "", "1", "1|wrong", "x|y"])
async def test_no_socket_without_a_token(running: Running, bearer: str | None) -> None:
    status, code = await refused(Client(running.port, bearer=bearer))
    assert (status, code) == (401, "auth.unauthenticated")


@pytest.mark.parametrize(
    ("query", "status"), [({"after": "x"}, 422), ({"epoch": "-1"}, 422), ({"after": "9" * 19}, 422)]
)
async def test_a_place_is_a_number(
    running: Running, cast: Cast, query: dict[str, str], status: int
) -> None:
    assert (await refused(running.client(cast.member(), **query)))[0] == status


async def test_other_addresses(running: Running) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}", timeout=60) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert "flylive_gateway_sessions" in (await client.get("/metrics")).text
        missing = await client.get("/v1/rooms")
        assert (missing.status_code, missing.json()["code"]) == (404, "request.not_found")
        assert (await client.post("/v1/realtime")).status_code == 405
        assert (await client.get("/v1/realtime")).status_code == 426


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET /a?%zz\r\nx\r\n\r\n",
        b"A" * 20_000,
    ],
)
async def test_what_is_not_http_is_answered_and_dropped(
    running: Running, request_bytes: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(request_bytes)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await reader.read()
    except ConnectionError:
        answer = b""
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"413")
    writer.close()


async def test_a_request_may_come_in_pieces(running: Running, cast: Cast) -> None:
    request = (
        "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {cast.member().bearer}\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    for start in range(0, len(request), 40):
        writer.write(request[start : start + 40])
        await writer.drain()
        await asyncio.sleep(0.002)
    async with asyncio.timeout(PATIENCE_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert (await reader.read(4))[0] == 0x81
    writer.close()


async def test_a_room_is_for_those_in_it(running: Running, cast: Cast) -> None:
    owner, stranger = cast.member(), cast.member()
    stream = room_stream(cast.room(owner))
    async with running.client(owner) as inside, running.client(stranger) as outside:
        reply = await inside.subscribe(stream)
        assert reply["ok"] is True
        assert reply["data"]["stream"] == stream
        assert reply["data"]["seq"] == 0
        refusal = await outside.subscribe(stream)
        assert refusal["ok"] is False
        assert refusal["error"]["code"] == "room.not_in_room"
        assert {"title", "detail"} <= refusal["error"].keys()
        await cast.tell(stream, Tick(n=1))
        assert numbers(await inside.events(stream, 1)) == [1]
        assert not [f for f in await outside.silence(0.3) if f["op"] == "event"]


@pytest.mark.parametrize(
    "stream", ["user:1", "room:", "room:01", "room:x", "room:-1", "lobby", "room:" + "9" * 19, ""]
)
async def test_other_streams_are_not_for_clients(running: Running, cast: Cast, stream: str) -> None:
    async with running.client(cast.member()) as client:
        reply = await client.subscribe(stream)
        assert reply["error"]["code"] == "realtime.unknown_stream"


async def test_subscribing_twice_and_unsubscribing(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream, mine = room_stream(cast.room(member)), user_stream(member.user_id)
    async with running.client(member) as client:
        await client.subscribe(stream)
        again = await client.subscribe(stream)
        assert again["error"]["code"] == "realtime.already_subscribed"
        await client.send(op="unsubscribe", id=1, stream=stream)
        assert (await client.next("reply", id=1))["ok"] is True
        await cast.tell(stream, Tick(n=1))
        for name in (stream, mine):
            await client.send(op="unsubscribe", id=2, stream=name)
            reply = await client.next("reply", id=2)
            assert reply["error"]["code"] == "realtime.not_subscribed"
        assert not [f for f in await client.silence(0.3) if f["op"] == "event"]
        assert running.gateway.delivery.channels.keys() == {mine}
        await client.subscribe(stream, after=0)
        assert numbers(await client.events(stream, 1)) == [1]


async def test_ping(running: Running, cast: Cast) -> None:
    async with running.client(cast.member()) as client:
        await client.send(op="ping")
        assert await client.next("pong") == {"op": "pong"}
        assert await (await client.socket.ping()) >= 0


async def test_commands_sent_before_the_hello_are_answered_after_it(
    running: Running, cast: Cast
) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    async with running.client(member) as client:
        await client.send(op="subscribe", id="early", stream=stream)
        assert (await client.read())["op"] == "hello"
        assert (await client.next("reply", id="early"))["ok"] is True


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"op":"dance","id":7}', 7),
        ('{"op":"subscribe","id":"a"}', "a"),
        ('{"op":"subscribe","id":"a","stream":5}', "a"),
        ('{"op":"subscribe","id":"a","stream":"room:1","after":-1}', "a"),
        ('{"op":"ping","id":"a","extra":1}', "a"),
        ('{"op":"ping","id":{}}', None),
        ("[1]", None),
        ("5", None),
        ("{}", None),
    ],
)
async def test_a_bad_frame_is_answered(running: Running, cast: Cast, text: str, id: object) -> None:
    async with running.client(cast.member()) as client:
        await client.socket.send(text)
        reply = await client.next("reply")
        assert (reply["id"], reply["ok"]) == (id, False)
        assert reply["error"]["code"] == "realtime.bad_frame"
        await client.send(op="ping")
        await client.next("pong")


@pytest.mark.parametrize(
    "payload",
    ["", "hello", "{", '{"op":"ping"} x', "[" * 60_000, b"{}", '{"op":"' + "x" * 65_530 + '"}'],
    ids=["empty", "words", "cut", "more", "deep", "binary", "large"],
)
async def test_what_is_no_frame_ends_the_socket(
    running: Running, cast: Cast, payload: str | bytes
) -> None:
    async with running.client(cast.member()) as client:
        await client.next("hello")
        await client.socket.send(payload)
        assert await client.closed() == 4203


async def test_a_message_may_come_in_fragments(running: Running, cast: Cast) -> None:
    async with running.client(cast.member()) as client:
        await client.socket.send(['{"op":', '"ping"', ',"id":3}'])
        assert await client.next("pong") == {"op": "pong", "id": 3}


async def test_fragments_count_together(running: Running, cast: Cast) -> None:
    async with running.client(cast.member()) as client:
        await client.next("hello")
        await client.socket.send(['{"op":"', *["x" * 30_000] * 3, '"}'])
        assert await client.closed() == 4203


async def test_120_frames_a_minute(running: Running, cast: Cast) -> None:
    async with running.client(cast.member()) as client:
        for _ in range(120):
            await client.send(op="ping")
        for _ in range(120):
            await client.next("pong")
        await client.send(op="ping")
        assert await client.closed() == 4203


async def test_leaving_the_room_ends_the_subscription(running: Running, cast: Cast) -> None:
    owner, guest = cast.member(), cast.member()
    room_id = cast.room(owner, guest)
    stream = room_stream(room_id)
    async with running.client(owner) as stays, running.client(guest) as leaves:
        await stays.subscribe(stream)
        await leaves.subscribe(stream)
        await cast.tell(stream, Tick(n=1))
        await cast.leave(room_id, guest)
        await cast.tell(stream, Tick(n=2))
        assert numbers(await stays.events(stream, 3)) == [1, 2, 3]
        first, last = await leaves.events(stream, 2)
        assert (first["seq"], last["type"]) == (1, "participant.left")
        assert not [f for f in await leaves.silence(0.4) if f["op"] == "event"]
        refusal = await leaves.subscribe(stream, after=2)
        assert refusal["error"]["code"] == "room.not_in_room"


async def test_coming_back_replays_an_old_leaving_without_ending(
    running: Running, cast: Cast
) -> None:
    owner, guest = cast.member(), cast.member()
    room_id = cast.room(owner, guest)
    stream = room_stream(room_id)
    await cast.leave(room_id, guest)
    await cast.tell(stream, Tick(n=1))
    cast.enter(room_id, guest)
    async with running.client(guest) as client:
        await client.subscribe(stream, after=0)
        assert numbers(await client.events(stream, 2)) == [1, 2]
        await cast.tell(stream, Tick(n=2))
        assert numbers(await client.events(stream, 1)) == [3]


async def test_closing_the_room_ends_all_subscriptions(running: Running, cast: Cast) -> None:
    owner, guest = cast.member(), cast.member()
    room_id = cast.room(owner, guest)
    stream = room_stream(room_id)
    async with running.client(owner) as one, running.client(guest) as two:
        for client in (one, two):
            await client.subscribe(stream)
        await cast.tell(stream, Closed(room_id=room_id))
        await cast.tell(stream, Tick(n=1))
        for client in (one, two):
            assert numbers(await client.events(stream, 1)) == [1]
            assert not [f for f in await client.silence(0.3) if f["op"] == "event"]
        assert stream not in running.gateway.delivery.channels


async def test_a_revoked_token_ends_its_sockets_at_once(running: Running, cast: Cast) -> None:
    async def revoked(turn: int) -> float:
        member = cast.member()
        other = cast.token_for(member.user_id)
        async with running.client(member) as client, running.client(other) as stays:
            await client.next("hello")
            await stays.next("hello")

            async def revoke(tx: Transaction) -> None:
                announce_revoked(tx, [member.token_id])

            began = time.monotonic()
            await cast.database.run(revoke)
            assert await client.closed() == 4201
            took = time.monotonic() - began
            await stays.send(op="ping")
            await stays.next("pong")
        return took

    await once_within(1, revoked)


async def test_a_blocked_user_is_sent_away_at_once(running: Running, cast: Cast) -> None:
    member = cast.member()
    async with running.client(member) as client:
        await client.next("hello")

        async def block(tx: Transaction) -> None:
            announce_blocked(tx, member.user_id)

        await cast.database.run(block)
        assert await client.closed() == 4202


async def test_a_lost_revocation_is_found_within_seconds(running: Running, cast: Cast) -> None:
    gone, blocked, expired = cast.member(), cast.member(), cast.member()
    async with (
        running.client(gone) as one,
        running.client(blocked) as two,
        running.client(expired) as three,
    ):
        for client in (one, two, three):
            await client.next("hello")
        cast.sql("DELETE FROM personal_access_tokens WHERE id = %s", gone.token_id)
        cast.block(blocked)
        cast.sql(
            "UPDATE personal_access_tokens SET expires_at = now() WHERE id = %s", expired.token_id
        )
        assert await one.closed() == 4201
        assert await two.closed() == 4202
        assert await three.closed() == 4201
    # How soon it looks again; how long this took says how busy the machine was.
    assert CHECK_SECONDS <= 3


async def test_a_silent_socket_is_dropped(
    settings: Settings, addresses: Addresses, cast: Cast
) -> None:
    database = Database(addresses.serving, size=3)
    gateway = Gateway(settings.model_copy(update={"heartbeat_seconds": 1}), database)
    port = await gateway.start("127.0.0.1", 0)
    answering, silent = cast.member(), cast.member()
    try:
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(
                (
                    "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    f"Authorization: Bearer {silent.bearer}\r\n\r\n"
                ).encode()
            )
            await eventually(lambda: gateway.sessions.user_ids() == {silent.user_id})
            async with Client(port, bearer=answering.bearer) as client:
                hello = await client.next("hello")
                assert hello["heartbeat_ms"] == 1000
                await eventually(lambda: gateway.sessions.user_ids() == {answering.user_id})
                await client.send(op="ping")
                await client.next("pong")
    finally:
        await gateway.stop()
        await database.close()


async def test_stopping_sends_everybody_off_to_come_back(
    settings: Settings, addresses: Addresses, cast: Cast
) -> None:
    database = Database(addresses.serving, size=3)
    gateway = Gateway(settings, database)
    port = await gateway.start("127.0.0.1", 0)
    async with Client(port, bearer=cast.member().bearer) as client:
        await client.next("hello")
        stopping = asyncio.create_task(gateway.stop())
        assert await client.closed() == 4000
    await stopping
    await database.close()
    with pytest.raises(OSError):
        await Client(port, bearer="x").__aenter__()


async def test_presence_is_written_in_bulk(running: Running, cast: Cast) -> None:
    members = [cast.member() for _ in range(3)]
    clients = [running.client(member) for member in members]
    for client in clients:
        await client.__aenter__()
    await running.gateway.presence.flush()
    ids = [member.user_id for member in members]
    query = (
        "SELECT count(*) FROM presence"
        " WHERE user_id = ANY(%s) AND seen_at > now() - '1 minute'::interval"
    )
    assert cast.sql(query, ids) == [(3,)]
    cast.sql("UPDATE presence SET seen_at = now() - '1 hour'::interval")
    await running.gateway.presence.flush()
    assert cast.sql(query, ids) == [(3,)]
    for client in clients:
        await client.socket.close()
