"""The gateway process: ``flylive gateway``."""

import asyncio
import signal
from typing import Any

import aiofastnet
import structlog
import uvloop
from picows import WSListener
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from flylive.accounts import Caller
from flylive.accounts.authentication import Authenticator
from flylive.config import Settings
from flylive.database import Database
from flylive.errors import InvalidRequest, MethodNotAllowed, NotFound, Unauthenticated
from flylive.gateway import metrics, queries
from flylive.gateway.delivery import Delivery
from flylive.gateway.errors import UpgradeRequired
from flylive.gateway.frames import Close
from flylive.gateway.reader import Reader
from flylive.gateway.sessions import Resume, Session
from flylive.gateway.standing import Sessions
from flylive.gateway.upgrade import Answer, Door, Request
from flylive.gateway.values import Values
from flylive.realtime import control, presence, tickets
from flylive.realtime.bus import CHANNEL_CONTROL, CHANNEL_STREAMS
from flylive.realtime.errors import TicketRefused
from flylive.realtime.listener import Listener

log = structlog.get_logger(__name__)

PATH = "/v1/realtime"
BACKLOG = 4096
"""Connections that may wait to be accepted: after a restart everybody comes at once."""
CLOSE_SECONDS = 3.0
PONG_SECONDS = 5.0
"""A client that has not answered a ping for so long is taken for silent, its socket still open."""
MAX_SOCKETS = 100
"""Of one access token, which is one device: each costs memory and a share of every event."""
BACKGROUND_CONNECTIONS = 4


class Gateway:
    """All sockets of this process, and what keeps them up with the database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.database = database
        self.reader = Reader(database, settings.database_pool_size)
        # Connections of its own for what runs all the time: a crowd that comes back at once
        # queues for the others, and those who are here go on getting their events.
        self.background = Reader(database, BACKGROUND_CONNECTIONS)
        self.heartbeat_seconds = settings.heartbeat_seconds
        self.authenticator = Authenticator(database)
        self.sessions = Sessions(self.background, self.heartbeat_seconds + PONG_SECONDS)
        self.values = Values(self.background, settings.timezone)
        self.delivery = Delivery(self.background, self.values.forget)
        self.presence = presence.Flusher(
            database, also=self.sessions.user_ids, silent=self.sessions.silent
        )
        self.listener = Listener(
            database, [CHANNEL_STREAMS, CHANNEL_CONTROL], self._heard, self._look_everywhere
        )
        self._server: Any = None
        self._is_stopping = False
        self._endings = 0
        """How often this process heard that a token or a user was ended."""

    @property
    def heartbeat_ms(self) -> int:
        """How long a socket may be silent before it is pinged; twice that ends it."""
        return int(self.heartbeat_seconds * 1000)

    async def start(self, host: str, port: int) -> int:
        """Begin to serve; the port, which the system chooses where 0 is asked for."""
        for part in self._parts():
            await part.start()
        self._server = await aiofastnet.create_server(
            asyncio.get_running_loop(),
            lambda: Door(self.admit, self.heartbeat_seconds),
            host,
            port,
            backlog=BACKLOG,
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        log.info("gateway.serving", host=host, port=bound)
        return bound

    async def stop(self) -> None:
        """Take no more sockets, send everybody off to come back with resume, and end."""
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        for session in self.sessions:
            session.close(Close.RESTARTING, "restarting, resume")
        for _ in range(int(CLOSE_SECONDS / 0.05)):
            if not len(self.sessions):
                break
            await asyncio.sleep(0.05)
        for session in self.sessions:
            session.transport.disconnect(False)
        for part in reversed(self._parts()):
            await part.stop()
        await self.background.close()
        await self.reader.close()

    def _parts(self) -> list[Any]:
        return [
            self.authenticator.activity,
            self.delivery,
            self.values,
            self.sessions,
            self.presence,
            self.listener,
        ]

    def opened(self, session: Session) -> None:
        """A socket opened."""
        self.sessions.add(session)
        presence.seen(session.caller.user_id)
        metrics.SESSIONS.inc()
        if self.sessions.count_like(session) > MAX_SOCKETS:
            session.close(Close.RULE_BROKEN, f"more than {MAX_SOCKETS} sockets of one token")
        elif self._is_stopping:
            session.close(Close.RESTARTING, "restarting, resume")
        elif session.endings != self._endings:
            # Whom the word was about may be he, who was let in before and stood here after it.
            self.sessions.check()

    def closed(self, session: Session) -> None:
        """A socket is gone."""
        if not self.sessions.is_silent(session):
            presence.seen(session.caller.user_id)
        self.sessions.discard(session)
        metrics.SESSIONS.dec()

    def _heard(self, line: str) -> None:
        kind, _, rest = line.partition("|")
        name, _, detail = rest.rpartition("|")
        if kind == "e" and detail.isdigit():
            self.delivery.hint(name, int(detail))
        elif kind == "v":
            self.values.hint(name, detail)
        else:
            control.dispatch(line, self._revoked, self._blocked)

    def _revoked(self, token_id: int) -> None:
        self._endings += 1
        self.authenticator.forget(token_id=token_id)
        self.sessions.revoke(token_id)

    def _blocked(self, user_id: int) -> None:
        self._endings += 1
        self.authenticator.forget(user_id=user_id)
        self.sessions.block(user_id)

    def _look_everywhere(self) -> None:
        self.delivery.sweep()
        self.values.sweep()
        self.sessions.check()

    async def admit(self, request: Request) -> WSListener | Answer:
        """Decide about a request: a session, or an ordinary answer.

        Raises NotFound, MethodNotAllowed, UpgradeRequired, InvalidRequest, Unauthenticated,
        TicketRefused, Unavailable.
        """
        if request.method != "GET":
            raise MethodNotAllowed(headers={"Allow": "GET"})
        if request.path == "/healthz":
            return Answer(200, "application/json", b'{"status":"ok"}')
        if request.path == "/metrics":
            return Answer(200, CONTENT_TYPE_LATEST, generate_latest())
        if request.path != PATH:
            raise NotFound
        if request.headers.get("upgrade", "").lower() != "websocket":
            raise UpgradeRequired(headers={"Upgrade": "websocket"})
        resume = Resume(_number(request, "epoch"), _number(request, "after"))
        endings = self._endings
        return Session(self, await self._identify(request), resume, endings=endings)

    async def _identify(self, request: Request) -> Caller:
        ticket = request.query.get("ticket")
        if ticket is not None:
            return await self._redeem(ticket)
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return await self.authenticator.authenticate(bearer.strip())

    async def _redeem(self, ticket: str) -> Caller:
        holder = await self.database.run(lambda tx: tickets.redeem(tx, ticket))
        pair = (holder.token_id, holder.user_id)
        standing = (await queries.list_standings(self.reader, [pair])).get(holder.token_id)
        if standing is None or standing.is_blocked or not standing.is_valid:
            raise TicketRefused
        return Caller(holder.user_id, holder.token_id)


def _number(request: Request, name: str) -> int | None:
    given = request.query.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise InvalidRequest.field(name, "must be a number, as a frame gave it")
    return int(given)


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then send everybody off and return."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    database = Database(
        settings.serving_dsn, size=settings.database_pool_size, application_name="flylive-gateway"
    )
    gateway = Gateway(settings, database)
    try:
        await gateway.start(host, port)
        await stopping.wait()
    finally:
        await gateway.stop()
        await database.close()
        log.info("gateway.stopped")


def main(settings: Settings) -> None:
    """The process: ``flylive gateway``."""
    uvloop.run(serve(settings, settings.host, settings.gateway_port))
