"""Plain ASGI middleware around every request: request id, access log, metrics.

Plain on purpose: Litestar's abstract middleware classes halve the requests per second.
"""

import os
import re
import time
from functools import cache
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from flylive import logs

log = structlog.get_logger(logs.REQUESTS)

REQUESTS = Counter(
    "flylive_http_requests_total", "Requests answered.", ["method", "route", "status"]
)
SECONDS = Histogram("flylive_http_request_seconds", "Seconds until an answer began.", ["route"])

MAX_PATH = 256
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What a client may put into a metric's label; anything else would grow it without end."""


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _seconds(route: str) -> Histogram:
    return SECONDS.labels(route)


_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")


def header(scope: Scope, name: bytes) -> bytes | None:
    """A request header's value, by its lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return value
    return None


def request_id(given: bytes | None) -> bytes:
    """The id that the client gave his request, if it can stand in a header; else a new one."""
    return given if given and _REQUEST_ID.match(given) else os.urandom(16).hex().encode()


class Observed:
    """A request under way: its id, and what is counted and logged once it is answered."""

    __slots__ = ("method", "path", "request_id", "started")

    def __init__(self, method: str, path: str, request_id: bytes) -> None:
        self.method = method if method in _METHODS else "other"
        self.path = path
        self.request_id = request_id
        self.started = time.perf_counter()

    def answered(self, route: str, status: int, *, is_quiet: bool = False) -> None:
        """Count and log the answer; one that `is_quiet` is no line at the level of info."""
        seconds = time.perf_counter() - self.started
        _requests(self.method, route, status).inc()
        _seconds(route).observe(seconds)
        (log.debug if is_quiet else log.info)(
            "request",
            method=self.method,
            path=self.path,
            status=status,
            ms=round(seconds * 1000, 2),
            request_id=self.request_id.decode(),
        )


def _shown(scope: Scope) -> str:
    """The path as it was sent: no character in it breaks a line."""
    raw: bytes = scope["raw_path"]
    return raw.partition(b"?")[0][:MAX_PATH].decode("latin-1")


class ObserveMiddleware:
    """Takes or makes ``X-Request-Id``, answers it, and logs and counts the request.

    The line has the path and not the query, which may hold what is secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        seen = Observed(scope["method"], _shown(scope), request_id(header(scope, b"x-request-id")))
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", seen.request_id),
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=seen.request_id.decode()):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                seen.answered(str(scope.get("path_template") or "unmatched"), status)


class HeadMiddleware:
    """Answers HEAD wherever there is a GET, as that but for the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        # A copy: the server leaves the body out by what its own scope says.
        as_get: Any = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        try:
            await self.app(as_get, receive, send_head)
        finally:
            # For who counts the requests.
            scope["path_template"] = as_get.get("path_template")
