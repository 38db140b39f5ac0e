"""The console's cookie: whose request it is, and that it comes from the console's own page.

A middleware of the router of ``/v1/admin`` alone, so the cookie opens nothing anywhere else. A
Bearer token that is sent goes before; scripts use that, and it needs no CSRF token, since no
browser sends it by itself. A password alone gives one, so where codes are required it opens
nothing.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from flylive.accounts import Caller, staff_sessions
from flylive.accounts.staff_sessions import StaffSession
from flylive.config import Settings
from flylive.console.errors import CsrfRefused, SessionOver, TotpRequired
from flylive.database import Database
from flylive.http.middleware import header
from flylive.ids import sha256_hex

NAME = "flylive_staff"
OPENS_SESSION = "opens_session"
"""The `opt` of the address that signs in: it looks at no cookie, whatever was planted there."""
WHILE_ENROLLING = "while_enrolling"
"""The `opt` of what a session may do that still has to set up a phone."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANSWER_HEADERS = {
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}


def read(scope: Scope) -> str | None:
    """The cookie's value, where there is one that could be ours."""
    value = header(scope, b"cookie")
    if value is None:
        return None
    try:
        morsel = SimpleCookie(value.decode("latin-1")).get(NAME)
    except CookieError:
        return None
    if morsel is None or not 0 < len(morsel.value) <= staff_sessions.MAX_COOKIE:
        return None
    return str(morsel.value)


def make(settings: Settings, value: str) -> Cookie:
    """The cookie as it is set; without a value, as it is taken back."""
    return Cookie(
        key=NAME,
        value=value,
        path="/",
        max_age=None if value else 0,
        httponly=True,
        samesite="strict",
        secure=settings.env != "development",
    )


def check_origin(scope: Scope, settings: Settings, *, needed: bool) -> None:
    """That the page which asks is of this very address. Raises CsrfRefused.

    Browsers say so in ``Sec-Fetch-Site`` and ``Origin``, which no script can set; `needed`: at
    least one of them has to be there.
    """
    site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    if site is None and origin is None and needed:
        raise CsrfRefused
    if site is not None and site != b"same-origin":
        raise CsrfRefused
    if origin is not None and origin.decode("latin-1").lower() not in _own(scope, settings):
        raise CsrfRefused


def _own(scope: Scope, settings: Settings) -> set[str]:
    """The origins that are this platform's own."""
    host = (header(scope, b"host") or b"").decode("latin-1").lower()
    own = {f"http://{host}", f"https://{host}"} if host else set()
    if settings.public_url is not None:
        parts = urlsplit(settings.public_url)
        own.add(f"{parts.scheme}://{parts.netloc}".lower())
    return own


class StaffSessionMiddleware:
    """Puts the Caller of a console session into ``scope["state"]``.

    Raises SessionOver, CsrfRefused; TotpRequired for sessions without a code, and for tokens of
    the API, where codes are required.

    A body may take minutes to come, so when its last piece is here, the session must still hold.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        if scope["route_handler"].opt.get(OPENS_SESSION):
            await self.app(scope, receive, _guarded(send))
            return
        settings: Settings = scope["litestar_app"].state.settings
        is_known = scope["state"].get("caller") is not None
        if is_known and settings.needs_totp:
            raise TotpRequired
        cookie = None if is_known else read(scope)
        if cookie is not None:
            database: Database = scope["litestar_app"].state.database
            session = await _admit(scope, database, settings, cookie)
            has_to_enrol = settings.needs_totp and session.factor == "password"
            if has_to_enrol and not scope["route_handler"].opt.get(WHILE_ENROLLING):
                raise TotpRequired
            scope["state"]["caller"] = Caller(session.user_id, 0, session.id)
            scope["state"]["staff_session"] = session
            receive = _still_open(receive, database, settings, session.id)
        await self.app(scope, receive, _guarded(send))


async def _admit(scope: Scope, database: Database, settings: Settings, cookie: str) -> StaffSession:
    session_id = sha256_hex(cookie)
    session = await _find(database, settings, session_id)
    if scope["method"] not in _SAFE:  # type: ignore[typeddict-item]
        check_origin(scope, settings, needed=True)
        given = header(scope, b"x-csrf-token") or b""
        if not hmac.compare_digest(given, staff_sessions.csrf_token(cookie).encode()):
            raise CsrfRefused
    if staff_sessions.is_stale(session):
        await database.run(lambda tx: staff_sessions.touch(tx, session_id))
    return session


async def _find(database: Database, settings: Settings, session_id: str) -> StaffSession:
    session = await database.read(lambda tx: staff_sessions.find_session(tx, settings, session_id))
    if session is None:
        raise SessionOver
    return session


def _still_open(
    receive: Receive, database: Database, settings: Settings, session_id: str
) -> Receive:
    async def received() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            await _find(database, settings, session_id)
        return message

    return received


def _guarded(send: Send) -> Send:
    """Sends answers that no cache keeps and no other page may read."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            given = {name.lower() for name, _ in headers}
            headers += [pair for pair in _ANSWER_HEADERS.items() if pair[0] not in given]
            message["headers"] = headers
        await send(message)

    return sent
