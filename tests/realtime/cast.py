"""Users, tokens and rooms put in place by SQL, so that these tests need no other slice."""

import hashlib
import itertools
import secrets
from dataclasses import dataclass
from typing import Any

from flylive.accounts import Caller
from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.database import Database
from flylive.realtime import Event, record, room_stream, tickets
from tests.owner import Owner

_numbers = itertools.count(1)


class Tick(Event, tag="test.tick", kw_only=True, frozen=True):
    """A fact that only tests make."""

    n: int
    padding: str = ""


class Left(Event, tag="participant.left", kw_only=True, frozen=True):
    """Somebody left, as rooms tells it."""

    user_id: int


class Closed(Event, tag="room.closed", kw_only=True, frozen=True):
    """The room is gone."""

    room_id: int


@dataclass(frozen=True)
class Member:
    """A user with an access token."""

    user_id: int
    token_id: int
    bearer: str

    @property
    def caller(self) -> Caller:
        """Himself, as the middleware knows him."""
        return Caller(self.user_id, self.token_id)


class Cast(Owner):
    """Makes people and rooms, and lets things happen on their streams."""

    def __init__(self, database: Database, owner_dsn: str) -> None:
        super().__init__(owner_dsn)
        self.database = database

    def member(self) -> Member:
        """A new user with a token."""
        number = next(_numbers)
        user_id = self.sql(
            "INSERT INTO users (name, email, signature, password, dob, gender, country)"
            " VALUES (%s, %s, %s, 'x', '1990-01-01', 1, 'AE') RETURNING id",
            f"User {number}",
            f"{secrets.token_hex(8)}@flylive.example",
            str(secrets.randbelow(10**18)),
        )[0][0]
        return self.token_for(user_id)

    def token_for(self, user_id: int) -> Member:
        """Another token of a user's."""
        secret = secrets.token_hex(20)
        token_id = self.sql(
            "INSERT INTO personal_access_tokens"
            " (tokenable_type, tokenable_id, name, token, abilities)"
            """ VALUES (%s, %s, 'test', %s, '["*"]') RETURNING id""",
            TOKENABLE_TYPE,
            user_id,
            hashlib.sha256(secret.encode()).hexdigest(),
        )[0][0]
        return Member(user_id, token_id, f"{token_id}|{secret}")

    def room(self, *members: Member) -> int:
        """A room with these people in it, the first its owner."""
        room_id = self.sql(
            "INSERT INTO rooms (user_id, name, logo, country, participant_count)"
            " VALUES (%s, %s, '/x.svg', 'AE', %s) RETURNING id",
            members[0].user_id,
            f"Room {secrets.token_hex(8)}",
            len(members),
        )[0][0]
        for member in members:
            self.enter(room_id, member)
        return int(room_id)

    def enter(self, room_id: int, member: Member) -> None:
        """Let somebody be in a room."""
        self.sql(
            "INSERT INTO room_participants (room_id, user_id) VALUES (%s, %s)",
            room_id,
            member.user_id,
        )

    def block(self, member: Member) -> None:
        """Block a user without a word to anybody."""
        self.sql(
            "UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", member.user_id
        )

    async def leave(self, room_id: int, member: Member) -> None:
        """Take somebody out of a room and tell the room, in one transaction."""
        self.sql(
            "UPDATE room_participants SET is_active = false, left_at = now()"
            " WHERE room_id = %s AND user_id = %s AND is_active",
            room_id,
            member.user_id,
        )
        await self.tell(room_stream(room_id), Left(user_id=member.user_id))

    async def tell(self, stream: str, *events: Event) -> None:
        """Record events, in one transaction."""

        async def work(tx: Any) -> None:
            for event in events:
                record(tx, stream, event)

        await self.database.run(work)

    async def ticks(self, stream: str, first: int, last: int, padding: str = "") -> None:
        """Ticks `first` to `last`, a transaction each."""
        for n in range(first, last + 1):
            await self.tell(stream, Tick(n=n, padding=padding))

    async def ticket(self, member: Member) -> str:
        """A ticket of a member's."""
        return await self.database.run(lambda tx: tickets.issue(tx, member.caller))
