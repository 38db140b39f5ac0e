"""Hands for tests: people who register, recharge, open rooms and give, through the API alone.

What has no address yet (catalogue rows, agencies) is put in place by SQL as the owner, never
balances: those come from recharge.
"""

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from flylive.database import Database
from tests.owner import Owner

_numbers = itertools.count(1)

QUIET_TABLES = {"presence", "cache", "streams", "idempotency_keys"}
"""What moves without anybody's doing: presence, limits on speed, when a token was used."""


@dataclass(frozen=True)
class Person:
    """A registered user with his token."""

    id: int
    token: str
    user: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}


class World(Owner):
    """The platform as its clients see it."""

    def __init__(self, client: httpx.AsyncClient, database: Database, owner_dsn: str) -> None:
        self.client = client
        self.database = database
        super().__init__(owner_dsn)
        self._picture: str | None = None

    def picture(self) -> dict[str, str]:
        """A checksum of every table, but for what moves without anybody's doing."""
        if self._picture is None:
            tables = self.sql(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND c.relname <> ALL (%s) ORDER BY 1",
                [*QUIET_TABLES],
            )
            row = "(to_jsonb(t) - 'last_used_at' - 'last_active_at')::text"
            self._picture = " UNION ALL ".join(
                f"SELECT '{name}', md5(COALESCE(string_agg({row}, ',' ORDER BY {row}), ''))"
                f' FROM "{name}" t'
                for (name,) in tables
            )
        return dict(self.sql(self._picture))

    async def register(self, **fields: Any) -> Person:
        """A new user."""
        number = next(_numbers)
        body = {
            "name": f"Person {number}",
            "email": f"person{number}-{uuid.uuid4().hex[:8]}@flylive.example",
            "password": "a long password",
            "dob": "1990-05-17",
            "gender": 1,
            "country": "AE",
        } | fields
        answer = await self.client.post("/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        return Person(document["user"]["id"], document["token"], document["user"])

    def prove_email(self, *people: Person) -> None:
        """Their e-mail addresses are verified, as the link in a letter does it."""
        for person in people:
            self.sql("UPDATE users SET email_verified_at = now() WHERE id = %s", person.id)

    async def people(self, count: int, **fields: Any) -> list[Person]:
        """Several new users."""
        return [await self.register(**fields) for _ in range(count)]

    async def call(
        self, method: str, path: str, person: Person | None = None, **options: Any
    ) -> httpx.Response:
        """One request to ``/v1{path}`` as `person`."""
        headers = dict(options.pop("headers", {}))
        if person is not None:
            headers |= person.headers
        return await self.client.request(method, f"/v1{path}", headers=headers, **options)

    def package(self, coins: int = 100_000, bonus: int = 0, **fields: Any) -> int:
        """A recharge package; its id."""
        countries = fields.get("country_restrictions")
        return int(
            self.sql(
                "INSERT INTO recharge_packages (name, coin_amount, bonus_coins, price,"
                " country_restrictions) VALUES ('Test', %s, %s, 9.99, %s) RETURNING id",
                coins,
                bonus,
                countries,
            )[0][0]
        )

    async def recharge(self, person: Person, coins: int = 100_000) -> None:
        """Buy coins at the sandbox provider."""
        order = await self.call(
            "POST",
            "/recharge/orders",
            person,
            json={"package_id": self.package(coins), "provider": "sandbox"},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        assert order.status_code == 201, order.text
        paid = await self.call(
            "POST",
            f"/recharge/orders/{order.json()['id']}/sandbox",
            person,
            json={"outcome": "paid"},
        )
        assert paid.status_code == 200, paid.text

    def gift(self, price: str = "10.00", **fields: Any) -> int:
        """A gift of the catalogue; its id."""
        row = {
            "name": f"Gift {next(_numbers)}",
            "price": price,
            "thumbnail_url": "/assets/gifts/rose.svg",
            "category": "normal",
        } | fields
        columns = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        return int(
            self.sql(f"INSERT INTO gifts ({columns}) VALUES ({marks}) RETURNING id", *row.values())[
                0
            ][0]
        )

    async def room(self, owner: Person, *guests: Person, **fields: Any) -> int:
        """A room of `owner`'s that he and the guests have joined; its id."""
        body = {"name": f"Room {uuid.uuid4().hex[:12]}"} | fields
        answer = await self.call("POST", "/rooms", owner, json=body)
        assert answer.status_code == 201, answer.text
        room_id = int(answer.json()["id"])
        for person in (owner, *guests):
            joined = await self.call("POST", f"/rooms/{room_id}/join", person, json={})
            assert joined.status_code == 200, joined.text
        return room_id

    async def send(
        self,
        sender: Person,
        gift_id: int,
        recipients: list[Person],
        *,
        key: str | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Send a gift."""
        body = {
            "gift_id": gift_id,
            "recipient_ids": [person.id for person in recipients],
            "quantity": 1,
        } | fields
        return await self.call(
            "POST",
            "/gifts/send",
            sender,
            json=body,
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )

    async def wallet(self, person: Person) -> dict[str, str]:
        """GET /wallet."""
        answer = await self.call("GET", "/wallet", person)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
