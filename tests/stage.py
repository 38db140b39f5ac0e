"""People and things for one call of the access table, made by SQL where that is quicker.

People get a copy of one registered user's password hash and a token of their own; money comes
through the Book, as everywhere.
"""

import itertools
import uuid
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from flylive.accounts.staff import Role
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.fairness import seeds
from flylive.ids import new_secret, sha256_hex
from flylive.money import Currency
from flylive.wallet import Book, Movement
from tests.world import Person, World

PASSWORD = "a long password"
_numbers = itertools.count(1)

_PERSON = text(
    """
    INSERT INTO users (name, email, phone, signature, password, dob, gender, country,
                       is_blocked, blocked_at)
    VALUES (:name, :email, :phone, :signature, :password, '1990-05-17', 1, 'AE',
            :is_blocked, CASE WHEN :is_blocked THEN now() END)
    RETURNING id
    """
)
_TOKEN = text(
    """
    INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token, abilities,
                                        last_used_at, expires_at)
    VALUES ('App\\Models\\User', :user_id, 'access table', :digest, '["*"]', now(), :expires_at)
    RETURNING id
    """
)
_STAFF = text("INSERT INTO staff_members (user_id, role) VALUES (:user_id, :role)")


class Stage:
    """Where one call, or several that must change nothing, are made.

    `owner` is whose the things are; `caller` is who will call, for things that he needs.
    """

    def __init__(self, world: World, settings: Settings, password_hash: str, owner: Person) -> None:
        self.world = world
        self.settings = settings
        self.database: Database = world.database
        self.password_hash = password_hash
        self.owner = self.caller = owner

    @classmethod
    async def new(cls, world: World, settings: Settings, password_hash: str) -> "Stage":
        """A stage with an owner of its own."""
        stage = cls(world, settings, password_hash, Person(0, "", {}))
        stage.owner = stage.caller = await stage.person()
        return stage

    async def person(self, role: Role | None = None, *, is_blocked: bool = False) -> Person:
        """Somebody new with a token, perhaps of the staff, perhaps blocked."""
        number = next(_numbers)
        fields = {
            "name": f"Somebody {number}",
            "email": f"somebody{number}-{uuid.uuid4().hex[:8]}@flylive.example",
            "phone": f"+9715{number:08d}",
            "signature": f"77{number:010d}",
        }

        async def work(tx: Transaction) -> int:
            user_id: int = await tx.scalar(
                _PERSON, fields | {"password": self.password_hash, "is_blocked": is_blocked}
            )
            if role is not None:
                await tx.execute(_STAFF, {"user_id": user_id, "role": role.value})
            await seeds.commit_to(tx, [user_id])
            return user_id

        user_id = await self.database.run(work)
        return Person(user_id, await self.token(user_id), fields | {"id": user_id})

    async def token(self, user_id: int, *, is_expired: bool = False) -> str:
        """Another access token of somebody's."""
        secret = new_secret()
        expires_at = now() - timedelta(minutes=1) if is_expired else None
        parameters = {
            "user_id": user_id,
            "digest": sha256_hex(secret),
            "expires_at": expires_at,
        }

        async def work(tx: Transaction) -> int:
            token_id: int = await tx.scalar(_TOKEN, parameters)
            return token_id

        return f"{await self.database.run(work)}|{secret}"

    async def sql(self, statement: str, **parameters: Any) -> Any:
        """Run one statement; the first column of its first row, if it has any."""

        async def work(tx: Transaction) -> Any:
            result = await tx.execute(text(statement), parameters)
            return result.scalar() if result.returns_rows else None

        return await self.database.run(work)

    async def give(self, person: Person, *, coins: int = 0, diamonds: int = 0) -> None:
        """Let somebody have so much more, by a ledger row."""

        async def work(tx: Transaction) -> None:
            book = await Book.open(tx, [person.id])
            account = book.account(person.id)
            book.credit(account, Movement.ADJUSTMENT, Currency.COINS, coins * 100)
            book.credit(account, Movement.ADJUSTMENT, Currency.DIAMONDS, diamonds * 100)
            await book.write(tx)

        await self.database.run(work)

    async def do(self, person: Person, method: str, path: str, **options: Any) -> httpx.Response:
        """A request that has to succeed."""
        if "json" not in options and method in ("POST", "PUT", "PATCH"):
            options["json"] = {}
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.world.call(method, path, person, headers=headers, **options)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer
