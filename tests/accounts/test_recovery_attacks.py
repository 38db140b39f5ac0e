"""Those who guess, race, listen in or steal a backup: what a forgotten password gives them."""

import asyncio
import collections
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from flylive import jobs
from flylive.accounts import code_limits, codes
from flylive.accounts.recovery import queries
from flylive.config import Settings
from flylive.database import Database
from flylive.gateway.server import Gateway
from flylive.outbox import Message, Outbox
from flylive.worker import LETTERS
from tests.accounts.conftest import Wait
from tests.accounts.postman import NEW, Postman, email_of, forget, log_in, new_phone, reset
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.world import World

GUESSES = 1000


async def in_parallel(count: int, work: Callable[[int], Awaitable[httpx.Response]]) -> list[int]:
    """The statuses of so many requests at once."""
    return [answer.status_code for answer in await asyncio.gather(*map(work, range(count)))]


def wrong_code(right: str, number: int) -> str:
    return f"{(int(right) + 1 + number) % 10**6:06d}"


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_a_thousand_guesses_at_once_get_five_looks(
    world: World,
    postman: Postman,
    minutes_pass: Wait,
    stored: Callable[[], Any],
    kind: str,
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    to = email_of(person) if kind == "email" else phone
    table = "password_reset_tokens" if kind == "email" else "phone_reset_tokens"
    await forget(world, **{kind: to})
    letter = await postman.last(to)
    right = letter["token"] or letter["code"]
    field = "token" if kind == "email" else "code"
    before = stored()

    def guess(number: int) -> Awaitable[httpx.Response]:
        wrong = "x" * 39 + str(number) if kind == "email" else wrong_code(right, number)
        return reset(world, **{kind: to, field: wrong})

    statuses = collections.Counter(await in_parallel(GUESSES, guess))
    # A thousand waiting for one row may be too many for a busy machine: 503.
    assert set(statuses) <= {422, 429, 503}
    assert codes.TRIES <= statuses[422] <= code_limits.GUESSES_PER_MINUTE
    assert world.sql(f"SELECT max(attempts) FROM {table}") == [(codes.TRIES,)]
    minutes_pass(1.1)
    late = await reset(world, **{kind: to, field: right})
    assert (late.status_code, late.json()["code"]) == (422, "auth.reset_invalid")
    assert stored() == before
    world.sql(f"DELETE FROM {table}")


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_the_tries_hold_without_the_limit_on_speed(
    world: World,
    postman: Postman,
    minutes_pass: Wait,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """Of parallel guesses among which one is right, five at the most are looked at."""
    monkeypatch.setattr(code_limits, "GUESSES_PER_MINUTE", 500)
    looked: list[bool] = []
    for name in ("take_token_try", "take_code_try"):
        real = getattr(queries, name)

        async def spy(*arguments: Any, real: Any = real) -> Any:
            taken = await real(*arguments)
            looked.append(taken is not None)
            return taken

        monkeypatch.setattr(queries, name, spy)
    phone = new_phone()
    person = await world.register(phone=phone)
    to = email_of(person) if kind == "email" else phone
    field = "token" if kind == "email" else "code"
    await forget(world, **{kind: to})
    letter = await postman.last(to)
    right = letter["token"] or letter["code"]
    count = 300 if kind == "email" else 30

    async def guess(number: int) -> httpx.Response:
        wrong = "x" * 40 if kind == "email" else wrong_code(right, number)
        return await reset(world, **{kind: to, field: wrong})

    assert set(await in_parallel(count, guess)) <= {422, 503}
    assert looked.count(True) == codes.TRIES
    assert len(looked) > codes.TRIES
    assert (await reset(world, **{kind: to, field: right})).status_code == 422
    assert (await log_in(world, to, "a long password")).status_code == 200


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_of_many_right_ones_at_once_one_counts(
    world: World, postman: Postman, kind: str
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    to = email_of(person) if kind == "email" else phone
    field = "token" if kind == "email" else "code"
    await forget(world, **{kind: to})
    letter = await postman.last(to)
    right = letter["token"] or letter["code"]
    answers = await asyncio.gather(
        *(
            reset(world, **{kind: to, field: right, "password": f"{NEW} {number}"})
            for number in range(5)
        )
    )
    won = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert len(won) == 1
    assert {answer.status_code for answer in answers} == {204, 422}
    assert (await log_in(world, to, f"{NEW} {won[0]}")).status_code == 200


async def test_a_reset_closes_every_socket(
    world: World, postman: Postman, settings: Settings, addresses: Addresses
) -> None:
    person = await world.register()
    email = email_of(person)
    other = (await log_in(world, email, "a long password")).json()["token"]
    database = Database(addresses.serving, size=5, application_name="flylive-gateway")
    gateway = Gateway(settings, database)
    port = await gateway.start("127.0.0.1", 0)
    try:
        async with Client(port, bearer=person.token) as one, Client(port, bearer=other) as two:
            await one.next("hello")
            await two.next("hello")
            await forget(world, email=email)
            done = await reset(world, email=email, token=await postman.token(email))
            assert done.status_code == 204
            assert [await one.closed(), await two.closed()] == [4201, 4201]
    finally:
        await gateway.stop()
        await database.close()


class Listener(Outbox):
    """A production outbox whose mail is read here instead of being sent."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        """Read it."""
        self.sent.append(message)


def everything_at_rest(world: World) -> str:
    """Every row of every table, as text."""
    tables = world.sql(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    rows = [row for (table,) in tables for row in world.sql(f"SELECT t::text FROM {table} t")]
    return "\n".join(row for (row,) in rows)


async def test_nothing_lies_in_clear(
    world: World, database: Database, settings: Settings, postman: Postman
) -> None:
    """In production: not while the job waits, not after it ran, not after it failed."""
    await postman.deliver()
    production = settings.model_copy(update={"env": "production"})
    outbox = Listener(database, production)
    queue = jobs.create_queue(settings.serving_dsn)
    jobs.register(queue, LETTERS, outbox)
    phone = new_phone()
    person = await world.register(phone=phone)
    await forget(world, email=email_of(person))
    await forget(world, phone=phone)
    changes = {"email": f"new-{email_of(person)}", "phone": new_phone()}
    for kind, contact in changes.items():
        asked = await world.call(
            "POST", f"/me/{kind}", person, json={kind: contact, "password": "a long password"}
        )
        assert asked.status_code == 202, asked.text
    async with queue.open_async():
        await jobs.run(queue, database, wait=False)
    secrets = [message.token or message.code for message in outbox.sent]
    assert len(secrets) == 5
    lying = everything_at_rest(world)
    assert email_of(person) in lying
    for secret in secrets:
        assert secret is not None
        # Six digits may end a moment, or stand within a hash, by chance.
        assert not re.search(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])", lying)


async def test_a_stolen_row_is_of_no_use(
    world: World, postman: Postman, settings: Settings
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    await forget(world, phone=phone)
    code = await postman.code(phone)
    [(kept,)] = world.sql("SELECT token FROM phone_reset_tokens WHERE user_id = %s", person.id)
    assert kept.startswith("$argon2id$")
    assert await codes.is_code(settings, code, kept, "reset", phone)
    elsewhere = settings.model_copy(update={"secret_key": SecretStr("the thief's own " * 3)})
    assert not await codes.is_code(elsewhere, code, kept, "reset", phone)
    assert not await codes.is_code(settings, code, kept, "reset", new_phone())
    assert not await codes.is_code(settings, code, kept, "change-phone", phone)
    await forget(world, email=email_of(person))
    await postman.deliver()
    [(digest,)] = world.sql(
        "SELECT token FROM password_reset_tokens WHERE email = %s", email_of(person)
    )
    assert (await reset(world, email=email_of(person), token=digest)).status_code == 422
