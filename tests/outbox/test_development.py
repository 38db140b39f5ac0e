"""``/dev/outbox``: in development, on this machine, for an hour, across processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import structlog

from flylive import clock
from flylive.asgi import create_app
from flylive.config import Settings
from flylive.database import Database
from flylive.outbox import Channel, Message, Outbox
from tests.conftest import Addresses
from tests.product import Product
from tests.world import World

MAIL = Message(Channel.EMAIL, "Zoe@flylive.example", "Hello\n", "Subject", token="t0ken")
SMS = Message(Channel.SMS, "+923012345678", "123456 is your code", code="123456")


@asynccontextmanager
async def peer(settings: Settings, address: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://t.test") as client:
            yield client


async def test_what_was_sent_is_listed_newest_first(
    world: World, settings: Settings, database: Database
) -> None:
    outbox = Outbox(database, settings)
    with structlog.testing.capture_logs() as logged:
        await outbox.send(MAIL)
        await outbox.send(SMS)
    kept = [entry for entry in logged if entry["event"] == "outbox.kept"]
    assert [(entry["to"], entry["text"]) for entry in kept] == [
        (MAIL.to, MAIL.text),
        (SMS.to, SMS.text),
    ]
    answer = await world.client.get("/dev/outbox")
    sms, mail = answer.json()["data"]
    assert {name: mail[name] for name in mail.keys() - {"id", "at"}} == {
        "channel": "email",
        "to": MAIL.to,
        "subject": "Subject",
        "text": "Hello\n",
        "code": None,
        "token": "t0ken",
    }
    assert (sms["channel"], sms["subject"], sms["code"]) == ("sms", None, "123456")
    assert sms["id"] != mail["id"]
    for query in ("to=zoe@FLYLIVE.example", "to=Zoe%40flylive.example"):
        assert (await world.client.get(f"/dev/outbox?{query}")).json()["data"] == [mail]
    for query in ("to=%2B923012345678", "to=+923012345678"):
        assert (await world.client.get(f"/dev/outbox?{query}")).json()["data"] == [sms]
    assert (await world.client.get("/dev/outbox?to=nobody")).json() == {"data": []}
    with clock.turned_to(clock.now() + timedelta(hours=1, seconds=2)):
        assert (await world.client.get("/dev/outbox")).json() == {"data": []}


@pytest.mark.parametrize(
    ("env", "address", "status"),
    [
        ("development", "127.0.0.1", 200),
        ("development", "::1", 200),
        ("development", "203.0.113.9", 404),
        ("production", "127.0.0.1", 404),
    ],
)
async def test_it_exists_in_development_and_on_this_machine_alone(
    settings: Settings, env: str, address: str, status: int
) -> None:
    async with peer(settings.model_copy(update={"env": env}), address) as client:
        forwarded = await client.get("/dev/outbox", headers={"X-Forwarded-For": "127.0.0.1"})
        assert forwarded.status_code == 404
        answer = await client.get("/dev/outbox?to=x")
        assert answer.status_code == status
        if status == 404:
            assert answer.json() == (await client.get("/dev/nothing")).json()


async def test_the_worker_sends_and_the_api_shows(addresses: Addresses, tmp_path: Path) -> None:
    async with (
        Product(addresses, tmp_path, "serve", "worker") as product,
        httpx.AsyncClient(base_url=product.address, timeout=60) as client,
    ):
        email = "newcomer@flylive.example"
        body = {
            "name": "Newcomer",
            "email": email,
            "password": "a long password",
            "dob": "1990-05-17",
            "gender": 2,
            "country": "AE",
        }
        assert (await client.post("/v1/auth/register", json=body)).status_code == 201
        asked = await client.post("/v1/auth/password/forgot", json={"email": email})
        assert asked.status_code == 202
        async with asyncio.timeout(60):
            while True:
                letters = (await client.get("/dev/outbox", params={"to": email})).json()["data"]
                found = {letter["subject"]: letter["token"] for letter in letters}
                if len(found) == 2:
                    break
                await asyncio.sleep(0.05)
        token = found["Reset your FlyLive password"]
        done = await client.post(
            "/v1/auth/password/reset",
            json={"email": email, "token": token, "password": "another long password"},
        )
        assert done.status_code == 204
