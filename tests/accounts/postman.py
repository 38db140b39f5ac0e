"""What was sent: the jobs that write to people, run here, and the development outbox."""

import itertools
from typing import Any
from unittest.mock import patch

import httpx
import procrastinate

from flylive import jobs
from flylive.database import Database
from tests.world import Person, World

NEW = "another long password"
_numbers = itertools.count(10_000_000)


def email_of(person: Person) -> str:
    return str(person.user["email"])


def new_phone() -> str:
    return f"+9230{next(_numbers)}"


async def forget(world: World, **address: str) -> httpx.Response:
    return await world.call("POST", "/auth/password/forgot", json=address)


async def reset(world: World, **fields: str) -> httpx.Response:
    return await world.call("POST", "/auth/password/reset", json={"password": NEW} | fields)


async def log_in(world: World, login: str, password: str = NEW) -> httpx.Response:
    return await world.call("POST", "/auth/login", json={"login": login, "password": password})


class Postman:
    """Runs what waits in the queue, and reads what came of it."""

    def __init__(self, world: World, queue: procrastinate.App, database: Database) -> None:
        self.world = world
        self.queue = queue
        self.database = database

    async def deliver(self) -> None:
        """Run every job that is due, one after the other: what was asked for last comes last."""
        with patch("flylive.jobs.queue.CONCURRENCY", 1):
            await jobs.run(self.queue, self.database, wait=False)

    async def letters(self, to: str) -> list[dict[str, Any]]:
        """What was sent to an address, newest first, after everything due was sent."""
        await self.deliver()
        answer = await self.world.client.get("/dev/outbox", params={"to": to})
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    async def last(self, to: str) -> dict[str, Any]:
        """The newest letter to an address."""
        return (await self.letters(to))[0]

    async def token(self, to: str) -> str:
        """The token in the newest letter."""
        token = (await self.last(to))["token"]
        assert isinstance(token, str)
        return token

    async def code(self, to: str) -> str:
        """The code in the newest letter."""
        code = (await self.last(to))["code"]
        assert isinstance(code, str)
        return code

    def failed(self) -> list[tuple[str, str]]:
        """Payload and words of the jobs that failed."""
        return self.world.sql("SELECT payload, exception FROM failed_jobs ORDER BY id")
