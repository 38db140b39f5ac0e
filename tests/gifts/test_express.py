"""The express way of ``POST /v1/gifts/send``: over real connections, beside the framework's."""

import asyncio
import gc
import json
import uuid
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar

from flylive.accounts import queries
from flylive.accounts.authentication import Authenticator
from flylive.errors import Unavailable
from flylive.gifts.engine import GiftEngine
from flylive.gifts.errors import QueueFull
from flylive.gifts.facts import GiftRequest
from flylive.http import middleware
from tests.patience import eventually
from tests.served import served
from tests.world import Person, World

SENDS: list[tuple[str, dict[str, Any]]] = [
    ("first", {}),
    ("again", {"key": "first"}),
    ("reused", {"key": "first", "body": {"quantity": 2}}),
    ("unknown gift", {"body": {"gift_id": 999_999_999}}),
    ("not enough", {"body": {"quantity": 9999}}),
    ("oneself", {"body": {"recipient_ids": "oneself"}}),
    ("unknown field", {"body": {"note": "x"}}),
    ("quantity 0", {"body": {"quantity": 0}}),
    ("no key", {"headers": {"Idempotency-Key": None}}),
    ("a bad key", {"headers": {"Idempotency-Key": "two words"}}),
    ("no token", {"headers": {"Authorization": None}}),
    ("a wrong token", {"headers": {"Authorization": "Bearer 1|x"}}),
    ("a token that is none", {"headers": {"Authorization": "Bearer x"}}),
    ("another scheme", {"headers": {"Authorization": "Basic eA=="}}),
    ("no JSON", {"content": b"{"}),
    ("NUL", {"content": b'{"gift_id":1,"recipient_ids":[1],"quantity":1,"a":"\\u0000"}'}),
    ("not UTF-8", {"content": b'{"gift_id":"\xff"}'}),
    ("empty", {"content": b""}),
    ("text", {"headers": {"Content-Type": "text/plain"}}),
    ("charset", {"headers": {"Content-Type": "application/json; charset=utf-8"}}),
    ("a bad query", {"query": "?a=%00"}),
    ("another spelling", {"path": "/v1/gifts/%73end"}),
    ("another method", {"method": "PUT"}),
    ("only looking", {"method": "HEAD"}),
    ("an id that is none", {"headers": {"X-Request-Id": "two words"}}),
    ("waiting", {"headers": {"Expect": "100-continue"}}),
    ("for the last time", {"headers": {"Connection": "close"}}),
    ("padded", {"content": b" " * 9000 + b"{}"}),
    ("too large", {"content": b" " * 300_000 + b"{}"}),
]


@dataclass
class Server:
    """The application behind uvicorn, on a port of its own."""

    app: Litestar
    port: int

    @property
    def url(self) -> str:
        """Where ``POST`` goes."""
        return f"http://127.0.0.1:{self.port}"

    def use_framework(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No express way from now on."""
        monkeypatch.setattr(self.app.state.express, "path", b"/elsewhere")


@pytest.fixture
async def server(app: Litestar) -> AsyncIterator[Server]:
    async with served(app) as port:
        yield Server(app, port)


async def test_both_ways_answer_alike(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same requests both ways, by twins: status, headers and body are the same."""
    gift = world.gift("1.00")
    host = await world.register()
    told: list[list[Any]] = []
    for way in ("express", "framework"):
        if way == "framework":
            server.use_framework(monkeypatch)
        sender = await world.register()
        await world.recharge(sender, 100)
        answers = []
        for name, change in SENDS:
            body = {"gift_id": gift, "recipient_ids": [host.id], "quantity": 1}
            body |= change.get("body", {})
            if body["recipient_ids"] == "oneself":
                body["recipient_ids"] = [sender.id]
            headers = sender.headers | {
                "Idempotency-Key": change.get("key", name).replace(" ", "-"),
                "Content-Type": "application/json",
                "X-Request-Id": "of-the-test",
            }
            headers |= change.get("headers", {})
            async with httpx.AsyncClient(base_url=server.url) as client:
                answer = await client.request(
                    change.get("method", "POST"),
                    change.get("path", "/v1/gifts/send") + change.get("query", ""),
                    content=change.get("content", json.dumps(body)),
                    headers={key: value for key, value in headers.items() if value is not None},
                )
            document = answer.json() if answer.content else {}
            for line in [document, *document.get("lines", [])]:
                line.pop("id", None)
                line.pop("gift_transaction_id", None)
            shown = {key: value for key, value in answer.headers.items() if key != "date"}
            if answer.status_code == 201:
                shown.pop("content-length")
            if name == "an id that is none":
                assert len(shown.pop("x-request-id")) == 32
            answers.append((name, answer.status_code, shown, list(document.items())))
        told.append(answers)
    for express, framework in zip(*told, strict=True):
        assert express == framework
    statuses = {name: status for name, status, *_ in told[0]}
    assert list(statuses.values())[:7] == [201, 201, 422, 404, 409, 422, 422]
    assert (statuses["waiting"], statuses["for the last time"]) == (201, 201)
    assert (statuses["another spelling"], statuses["another method"]) == (201, 405)


async def test_a_full_queue_and_a_fault_look_alike(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, host = await world.people(2)
    engine: GiftEngine = server.app.state.gift_engine
    told = []
    async with httpx.AsyncClient(base_url=server.url) as client:
        for way in ("express", "framework"):
            if way == "framework":
                server.use_framework(monkeypatch)
            for error in (QueueFull(), RuntimeError("a fault")):

                def refuse(_: GiftRequest, error: Exception = error) -> asyncio.Future[Any]:
                    future = asyncio.get_running_loop().create_future()
                    future.set_exception(error)
                    return future

                monkeypatch.setattr(engine, "submit", refuse)
                answer = await client.post(
                    "/v1/gifts/send",
                    json={"gift_id": 1, "recipient_ids": [host.id], "quantity": 1},
                    headers=sender.headers | {"Idempotency-Key": "x", "X-Request-Id": "y"},
                )
                shown = {key: value for key, value in answer.headers.items() if key != "date"}
                told.append((answer.status_code, shown, answer.content))
    assert told[:2] == told[2:]
    assert told[0][0] == 503
    assert told[0][1]["retry-after"] == "1"
    assert told[1][0] == 500


def raw(sender: Person, gift: int, host: Person, key: str, quantity: int = 1) -> bytes:
    """One gift as it goes over the wire."""
    body = json.dumps({"gift_id": gift, "recipient_ids": [host.id], "quantity": quantity}).encode()
    head = (
        f"POST /v1/gifts/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {sender.headers['Authorization']}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """The next answer on a connection."""
    async with asyncio.timeout(60):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers, body


async def test_requests_that_come_together_are_answered_in_their_order(
    world: World, server: Server
) -> None:
    """Gifts among other requests on one connection, before any answer was read."""
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    look = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    unknown = b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    keys = [uuid.uuid4().hex for _ in range(4)]
    writer.write(
        raw(sender, gift, host, keys[0])
        + look
        + raw(sender, gift, host, keys[1])
        + raw(sender, gift, host, keys[2], quantity=9999)
        + unknown
        + raw(sender, gift, host, keys[3])
    )
    answers = [await answer(reader) for _ in range(6)]
    assert [status for status, *_ in answers] == [201, 200, 201, 409, 404, 201]
    balances = [json.loads(answers[n][2])["coin_balance"] for n in (0, 2, 5)]
    assert balances == ["99.00", "98.00", "97.00"]
    writer.close()


async def test_what_is_named_after_the_body_is_no_header(world: World, server: Server) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    head, _, body = raw(sender, world.gift("1.00"), host, "k").partition(b"\r\n\r\n")
    head = head[: head.rindex(b"Content-Length")] + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"%x\r\n%b\r\n" % (len(body), body)
    key = b"Idempotency-Key: k\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.replace(key, b"") + piece + b"0\r\n" + key + b"\r\n")
    assert (await answer(reader))[0] == 400
    writer.write(head + piece + b"0\r\n" + key + b"\r\n")
    assert (await answer(reader))[0] == 201
    writer.close()


async def test_a_request_may_come_in_any_pieces(world: World, server: Server) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")
    whole = raw(sender, gift, host, uuid.uuid4().hex)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for place in range(0, len(whole), 40):
        writer.write(whole[place : place + 40])
        await writer.drain()
        await asyncio.sleep(0)
    assert (await answer(reader))[0] == 201
    head, _, body = raw(sender, gift, host, uuid.uuid4().hex).partition(b"\r\n\r\n")
    head = head[: head.rindex(b"Content-Length")] + b"Transfer-Encoding: chunked\r\n\r\n"
    pieces = b"".join(b"%x\r\n%b\r\n" % (1, body[n : n + 1]) for n in range(len(body)))
    writer.write(head + pieces + b"0\r\n\r\n")
    assert (await answer(reader))[0] == 201
    # Longer than the express way takes, in pieces: the framework reads and refuses it.
    writer.write(head + b"2000\r\n" + b" " * 0x2000 + b"\r\n")
    await writer.drain()
    writer.write(b"2\r\n{}\r\n0\r\n\r\n")
    assert (await answer(reader))[0] == 422
    writer.close()


async def test_the_oldest_protocol_is_answered_and_ended(world: World, server: Server) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw(sender, world.gift("1.00"), host, "k").replace(b"HTTP/1.1", b"HTTP/1.0"))
    status, headers, _ = await answer(reader)
    assert (status, headers["connection"]) == (201, "close")
    assert await reader.read() == b""
    writer.close()


async def test_who_hangs_up_has_given_all_the_same(world: World, server: Server) -> None:
    """The gift is under way: it is committed, and the same key finds it."""
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift, key = world.gift("1.00"), uuid.uuid4().hex
    with psycopg.connect(world.owner_dsn) as holder:
        holder.execute("SELECT FROM users WHERE id = %s FOR UPDATE", (host.id,))
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw(sender, gift, host, key))
        await eventually(world.waiting_for_locks)
        writer.close()
        await writer.wait_closed()
    assert (await world.send(sender, gift, [host], key=key)).headers["idempotent-replayed"]
    assert (await world.wallet(sender))["coin_balance"] == "99.00"


async def test_nobody_waits_for_ever_for_what_failed(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong here, the framework words it, and finds what was given."""
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")

    def fail(*_: Any) -> Any:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(server.app.state.gift_engine, "submit", fail)
        for is_known in (True, False):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            if not is_known:
                server.app.state.authenticator.forget(user_id=sender.id)
            writer.write(raw(sender, gift, host, "one") * 2)
            assert [(await answer(reader))[0] for _ in range(2)] == [500, 500]
            writer.close()
    monkeypatch.setattr("flylive.gifts.express.respond", fail)
    raised: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: raised.append(context["exception"]))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw(sender, gift, host, "two"))
        status, headers, _ = await answer(reader)
        writer.close()
    finally:
        loop.set_exception_handler(None)
    assert (status, headers["idempotent-replayed"]) == (201, "true")
    assert [str(error) for error in raised] == ["a fault"]
    assert (await world.wallet(sender))["coin_balance"] == "99.00"


async def test_a_refusal_is_nothing_for_the_collector(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, host = await world.people(2)
    futures: list[weakref.ref[Any]] = []

    def refuse(_: GiftRequest) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(QueueFull())
        futures.append(weakref.ref(future))
        return future

    monkeypatch.setattr(server.app.state.gift_engine, "submit", refuse)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    gc.disable()
    try:
        writer.write(raw(sender, 1, host, "k"))
        assert (await answer(reader))[0] == 503
        writer.close()
        assert [future() for future in futures] == [None]
    finally:
        gc.enable()


async def test_tokens_that_cannot_be_looked_up(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 503, and no word of an exception that nobody asked for."""
    sender, host = await world.people(2)
    server.app.state.authenticator.forget(user_id=sender.id)

    async def fail(*_: Any) -> Any:
        raise Unavailable("The database is away")

    monkeypatch.setattr(queries, "find_tokens", fail)
    unheard: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unheard.append(context))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw(sender, 1, host, "k"))
        assert (await answer(reader))[0] == 503
        writer.close()
        gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert not unheard


async def test_the_wrong_secret_of_a_known_token_is_not_looked_up(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, host = await world.people(2)
    assert await world.wallet(sender)

    asked: list[Any] = []

    async def note(_: Any, token_ids: Any) -> Any:
        asked.extend(token_ids)
        return []

    monkeypatch.setattr(queries, "find_tokens", note)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    secret = sender.headers["Authorization"].partition("|")[2].encode()
    writer.write(raw(sender, 1, host, "k").replace(secret, b"x" * len(secret)))
    assert (await answer(reader))[0] == 401
    writer.close()
    assert not asked


async def test_gifts_and_refusals_are_counted(world: World, server: Server) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("60.00")

    def count(status: int) -> float:
        return middleware.REQUESTS.labels("POST", "/v1/gifts/send", status)._value.get()

    before = [count(status) for status in (201, 409)]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for key in ("one", "two"):
        writer.write(raw(sender, gift, host, key))
        await answer(reader)
    writer.close()
    assert [count(status) for status in (201, 409)] == [number + 1 for number in before]


async def test_unknown_tokens_are_looked_up_together(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One statement for all who come while another is under way, and for a moment after it."""
    authenticator: Authenticator = server.app.state.authenticator
    senders = await world.people(7)
    host = await world.register()
    for sender in senders:
        await world.recharge(sender, 100)
    gift = world.gift("1.00")
    for sender in senders:
        authenticator.forget(user_id=sender.id)
    asked: list[int] = []
    may_answer = asyncio.Event()
    find_tokens = queries.find_tokens

    async def counted(database: Any, token_ids: Any) -> Any:
        asked.append(len(token_ids))
        await may_answer.wait()
        return await find_tokens(database, token_ids)

    monkeypatch.setattr(queries, "find_tokens", counted)
    monkeypatch.setattr("flylive.accounts.authentication.GATHER_SECONDS", 2.0)

    async def give(sender: Person) -> tuple[int, dict[str, str], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw(sender, gift, host, "k"))
        answered = await answer(reader)
        writer.close()
        return answered

    first = asyncio.create_task(give(senders[0]))
    await eventually(lambda: asked)
    tasks = [asyncio.create_task(give(sender)) for sender in senders[1:4]]
    await eventually(lambda: len(authenticator._asked) == 3)
    may_answer.set()
    assert (await first)[0] == 201
    answers = await asyncio.gather(*tasks, *(give(sender) for sender in senders[4:]))
    assert [status for status, *_ in answers] == [201] * 6
    assert asked == [1, 6]
