"""Bearer tokens in Laravel Sanctum's format: ``{id}|{secret}``, SHA-256 at rest.

A token is looked up by its id and compared by its hash. Each process keeps what it found
for a few seconds; a revocation empties that at once over the bus (`forget`).

Sanctum's `abilities` narrow what a token may do, and nothing here is that narrow: a token opens
everything by ``*`` or nothing at all. A row that says nothing (NULL) was not narrowed.
"""

import asyncio
import hmac
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import msgspec
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from flylive.accounts import queries
from flylive.accounts.activity import Activity
from flylive.accounts.caller import Caller
from flylive.clock import now
from flylive.database import Database
from flylive.errors import Unauthenticated
from flylive.http.description import is_open
from flylive.http.middleware import header
from flylive.ids import sha256_hex

CACHE_SECONDS = 5.0
CACHE_SIZE = 100_000
GATHER_SECONDS = 0.008
"""Who came while a statement was under way waits so much longer for others, before the next one:
one more token in a statement costs far less than one more statement."""

ALL_ABILITIES = "*"
_USUAL = '["*"]'


@dataclass(slots=True)
class _Known:
    caller: Caller
    digest: str
    expires_at: datetime | None
    until: float
    last_used_at: datetime | None
    last_active_at: datetime | None
    is_noted: bool = False


class Authenticator:
    """Turns an Authorization header into a Caller, and notes that he was here."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.activity = Activity(database)
        self._known: dict[int, _Known] = {}
        self._forgotten = 0
        self._asked: dict[int, list[asyncio.Future[_Known | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def forget(self, token_id: int | None = None, user_id: int | None = None) -> None:
        """Drop a revoked token, or all of one user's, from this process's memory."""
        self._forgotten += 1
        if token_id is not None:
            self._known.pop(token_id, None)
        if user_id is not None:
            mine = [key for key, known in self._known.items() if known.caller.user_id == user_id]
            for key in mine:
                del self._known[key]

    async def authenticate(self, bearer: str) -> Caller:
        """The caller of ``{id}|{secret}``. Raises Unauthenticated, in the same words always."""
        token_id, secret = _parsed(bearer)
        known = self._known.get(token_id)
        if known is None or known.until < time.monotonic():
            known = await self._ask_for(token_id)
        caller = self._admitted(known, secret)
        if caller is None:
            raise Unauthenticated
        return caller

    def recall(self, bearer: str) -> Caller | None:
        """The caller as far as this process remembers him; None where it has to ask."""
        try:
            token_id, secret = _parsed(bearer)
        except Unauthenticated:
            return None
        known = self._known.get(token_id)
        if known is None or known.until < time.monotonic():
            return None
        return self._admitted(known, secret)

    def _admitted(self, known: _Known | None, secret: str) -> Caller | None:
        if known is None or not hmac.compare_digest(known.digest, sha256_hex(secret)):
            return None
        if known.expires_at is not None and known.expires_at <= now():
            return None
        if not known.is_noted:
            # Not before: an id and a wrong secret would show its owner as having been here.
            known.is_noted = True
            self.activity.note(known.caller, known.last_used_at, known.last_active_at)
        return known.caller

    def ask(self, bearer: str) -> asyncio.Future[_Known | None] | None:
        """Done when :meth:`recall` knows what the database says now.

        None where that would be nothing new: for what is no token, and for the wrong secret of
        one that is remembered.
        """
        try:
            token_id, _ = _parsed(bearer)
        except Unauthenticated:
            return None
        known = self._known.get(token_id)
        if known is not None and known.until >= time.monotonic():
            return None
        return self._ask_for(token_id)

    def _ask_for(self, token_id: int) -> asyncio.Future[_Known | None]:
        """What the database says, asked for all who wait for an answer of it at once."""
        future: asyncio.Future[_Known | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(token_id, []).append(future)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all(), name="tokens")
        return future

    async def _ask_all(self) -> None:
        # Who comes while a statement is under way waits for the next one: what that one reads
        # may be older than his request.
        is_first = True
        while self._asked:
            if not is_first:
                await asyncio.sleep(GATHER_SECONDS)
            is_first = False
            asked, self._asked = self._asked, {}
            forgotten = self._forgotten
            try:
                found = await queries.find_tokens(self.database, asked)
            except Exception as error:
                for future in chain.from_iterable(asked.values()):
                    if not future.done():
                        future.set_exception(error)
                continue
            rows = {row.id: row for row in found}
            for token_id, futures in asked.items():
                known = self._learn(token_id, rows.get(token_id), forgotten)
                for future in futures:
                    if not future.done():
                        future.set_result(known)
        self._asking = None

    def _learn(
        self, token_id: int, row: queries.FoundToken | None, forgotten: int
    ) -> _Known | None:
        if (
            row is None
            or row.is_blocked
            or row.deleted_at is not None
            or not _opens_all(row.abilities)
        ):
            self._known.pop(token_id, None)
            return None
        known = _Known(
            Caller(row.user_id, token_id),
            row.token,
            row.expires_at,
            time.monotonic() + CACHE_SECONDS,
            row.last_used_at,
            row.last_active_at,
        )
        # A revocation that came while the row was read must not be overwritten by it.
        if forgotten == self._forgotten:
            if len(self._known) >= CACHE_SIZE:
                self._known.clear()
            self._known[token_id] = known
        return known


def _parsed(bearer: str) -> tuple[int, str]:
    """The id and the secret of ``{id}|{secret}``. Raises Unauthenticated."""
    id_text, _, secret = bearer.partition("|")
    if not (id_text.isascii() and id_text.isdigit() and len(id_text) <= 18 and secret):
        raise Unauthenticated
    return int(id_text), secret


def _opens_all(abilities: str | None) -> bool:
    if abilities is None or abilities == _USUAL:
        return True
    try:
        return ALL_ABILITIES in msgspec.json.decode(abilities, type=list[str])
    except msgspec.DecodeError:
        return False


class AuthenticationMiddleware:
    """Puts the Caller into ``scope["state"]["caller"]``; None where no token was sent.

    A token that is sent and wrong is refused here, except where nobody needs one: who logs in
    again may still send the one that ended. Endpoints that need a caller ask for it through the
    `caller` dependency, which refuses where there is none. A body may take minutes to come, so
    when its last piece is here, the token must still hold.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            caller: Caller | None = None
            value = header(scope, b"authorization")
            handler = scope["route_handler"]
            # Outside of /v1 nobody is asked who he is, and what is alive says so without the
            # database. What signs a provider's message is for the endpoint to judge.
            is_ours = scope["path"].startswith("/v1/") and not handler.opt.get(
                "is_signed_by_provider"
            )
            if value is not None and is_ours:
                authenticator: Authenticator = scope["litestar_app"].state.authenticator
                try:
                    bearer = _bearer(value)
                    caller = await authenticator.authenticate(bearer)
                    receive = _still_authenticated(receive, authenticator, bearer)
                except Unauthenticated:
                    if not is_open(handler):
                        raise
            scope["state"]["caller"] = caller
        await self.app(scope, receive, send)


def _bearer(value: bytes) -> str:
    """The token in the header ``Authorization``. Raises Unauthenticated."""
    scheme, _, bearer = value.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Authorization must be: Bearer {id}|{secret}")
    return bearer.strip()


def _still_authenticated(receive: Receive, authenticator: Authenticator, bearer: str) -> Receive:
    """Receives as `receive` does; with the last piece, raises Unauthenticated if it ended."""

    async def received() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            await authenticator.authenticate(bearer)
        return message

    return received
