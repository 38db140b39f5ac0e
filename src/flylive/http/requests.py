"""What PostgreSQL could not store never gets as far as an endpoint.

Text columns take no NUL character, ``bigint`` no larger number: both would surface as errors
of the database, so they are refused here, for every address at once. Lone surrogates and
bytes that are not UTF-8 do not decode as JSON at all and are a 400.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from flylive.errors import InvalidRequest, NotFound, Unreadable
from flylive.http.fields import MAX_ID

# An odd number of backslashes before u0000: the escape, not its spelled-out text.
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class ReadableRequest(Request[Any, Any, Any]):
    """Litestar's request, whose JSON body holds no NUL characters and is UTF-8."""

    async def body(self) -> bytes:
        """The raw body. Raises InvalidRequest, Unreadable."""
        raw = await super().body()
        if b"json" in self.scope_content_type():
            if _ESCAPED_NUL.search(raw):
                raise InvalidRequest.field("body", "must not contain NUL characters")
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                raise Unreadable("The body is not valid JSON in UTF-8") from error
        return raw

    def scope_content_type(self) -> bytes:
        """The raw Content-Type; JSON where none is sent, as Litestar reads it."""
        for key, value in self.scope["headers"]:
            if key == b"content-type":
                return value
        return b"application/json"


class ReadableMiddleware:
    """Refuses unreadable query strings, and ids in the path that no row can have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            check_query(scope["query_string"])
            for value in scope.get("path_params", {}).values():
                if isinstance(value, int) and not -MAX_ID <= value <= MAX_ID:
                    raise NotFound
                if isinstance(value, str) and "\x00" in value:
                    raise NotFound
        await self.app(scope, receive, send)


def check_query(query: bytes) -> None:
    """Raises InvalidRequest for NUL characters, Unreadable for what is not UTF-8."""
    if b"%" not in query and query.isascii():
        return
    plain = unquote_to_bytes(query)
    try:
        plain.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("The query is not valid UTF-8") from error
    if b"\x00" in plain:
        raise InvalidRequest.field("query", "must not contain NUL characters")
