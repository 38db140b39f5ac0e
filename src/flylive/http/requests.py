"""Reading requests: what PostgreSQL could not store never gets as far as an endpoint.

Text columns take no NUL character, ``bigint`` no larger number: both would surface as errors
of the database, so they are refused here, for every address at once. Lone surrogates and
bytes that are not UTF-8 do not decode as JSON at all and are a 400.
"""

import re
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any, get_args
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import InternalServerException
from litestar.types import ASGIApp, Receive, Scope, Send

from flylive.errors import InvalidRequest, NotFound, Unreadable, UnsupportedMediaType
from flylive.http import addresses, problems
from flylive.http.fields import MAX_ID

# An odd number of backslashes before u0000: the escape, not its spelled-out text.
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NO_JSON = "The body is not valid JSON in UTF-8"
_NESTED = "The body is nested too deeply"


class ReadableRequest(Request[Any, Any, Any]):
    """Litestar's request, whose JSON is sent as JSON, in UTF-8 and without NUL characters."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body, piece by piece. Raises Unreadable where the client is gone before its end."""
        is_first = self.is_connected
        try:
            async for piece in super().stream():
                yield piece
        except InternalServerException as error:
            # What Litestar makes of a client that hangs up, which is no fault of ours; who reads
            # the same body twice gets it as well.
            if not is_first:
                raise
            raise Unreadable("The connection ended before the body did") from error

    async def body(self) -> bytes:
        """The body; none at all is an empty object where nothing in it is needed."""
        return await super().body() or (b"{}" if needs_nothing(self._wanted()) else b"")

    async def json(self) -> Any:
        """The body as the endpoint's `data`.

        Raises UnsupportedMediaType, Unreadable, InvalidRequest.
        """
        raw = await super().body()
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if raw and not (media_type == "application/json" or media_type.endswith("+json")):
            raise UnsupportedMediaType
        if _ESCAPED_NUL.search(raw):
            raise InvalidRequest.field("body", "must not contain NUL characters")
        try:
            return msgspec.json.decode(await self.body() or b"null", type=self._wanted())
        except msgspec.ValidationError as error:
            check_json(raw)
            raise problems.from_msgspec(error) from error
        except (UnicodeDecodeError, msgspec.DecodeError) as error:
            raise Unreadable(_NO_JSON) from error
        except RecursionError as error:
            raise Unreadable(_NESTED) from error

    def _wanted(self) -> Any:
        """The type of the endpoint's `data`.

        Decoded into it at once and strictly: left to Litestar, ``"1"`` would pass for 1.
        """
        field = self.route_handler.parsed_data_field
        return Any if field is None else field.annotation


def check_json(raw: bytes) -> None:
    """Raises Unreadable for what is no JSON, wherever in it that shows.

    A decoder that knows what it wants stops at the first field that does not fit, and has not
    seen what comes after.
    """
    try:
        msgspec.json.decode(raw or b"null")
    except msgspec.ValidationError:
        # JSON all the same: a number too large for any field.
        return
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise Unreadable(_NO_JSON) from error
    except RecursionError as error:
        raise Unreadable(_NESTED) from error


@cache
def needs_nothing(wanted: Any) -> bool:
    """Whether `data` of this type is an object whose every field may be left out."""
    structs = [
        one
        for one in (get_args(wanted) or (wanted,))
        if isinstance(one, type) and issubclass(one, msgspec.Struct)
    ]
    return bool(structs) and not any(
        field.required for one in structs for field in msgspec.structs.fields(one)
    )


def peer(request: Request[Any, Any, Any]) -> str | None:
    """The client's address, if it has one: the peer's, or whom a trusted proxy speaks for."""
    return request.client.host if request.client else None


def origin(request: Request[Any, Any, Any]) -> addresses.Origin:
    """Where a request comes from, as it is kept beside tokens and orders."""
    return addresses.Origin(peer(request), addresses.user_agent(request.scope))


def is_loopback(request: Request[Any, Any, Any]) -> bool:
    """Whether the client is on this machine itself.

    What was passed on never is, whatever its headers say: they can only take this away.
    """
    return addresses.is_loopback(peer(request)) and not addresses.was_forwarded(request.scope)


class ReadableMiddleware:
    """Refuses unreadable query strings, and ids in the path that no row can have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            check_query(scope["query_string"])
            segments = scope["path"].split("/")
            for value in scope.get("path_params", {}).values():
                # Python also reads "+1", "1_000" and other scripts' digits as numbers.
                if isinstance(value, int) and (
                    not -MAX_ID <= value <= MAX_ID or str(value) not in segments
                ):
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
