"""The API's own description: ``/openapi.json``, and ``/docs`` drawn from it in the browser."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import flylive
from flylive.errors import NotFound
from flylive.http import assets, problems
from flylive.http.requests import needs_nothing

STATIC = Path(__file__).parent / "static"

# Scalar sets styles and reads itself; nothing may come from another host.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>FlyLive API</title>
<link rel="icon" href="/web/mark.svg" type="image/svg+xml">
</head>
<body>
<script id="api-reference" data-url="/openapi.json"
  data-configuration='{"withDefaultFonts": false, "telemetry": false, "hideClientButton": true,
                       "showDeveloperTools": "never", "defaultOpenAllTags": false,
                       "metaData": {"title": "FlyLive API"},
                       "agent": {"disabled": true}, "mcp": {"disabled": true}}'></script>
<script src="/docs/scalar.js"></script>
</body>
</html>
"""


_INTRODUCTION = """\
Register or log in, send the token as `Authorization: Bearer {id}|{secret}`, and use any address
below. What happens live comes over a WebSocket: `POST /v1/realtime/tickets` says where.

Money is a string with two decimals and never a float. Whatever moves money takes an
`Idempotency-Key`: the same key gets the first answer again. Refusals are problem details
(RFC 9457) with a `code`; [each code and what it means](/docs/errors).
"""

_CHAPTERS = {"auth": "Logging in", "me": "Oneself", "users": "People"}

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457); nothing was changed. Some carry fields of their own.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["wallet.insufficient_coins"]},
        "errors": {
            "type": "array",
            "description": "The fields at fault.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}
_REFUSAL = {
    "description": "Refused",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


async def _refuse(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    raise NotFound


def openapi_config() -> OpenAPIConfig:
    """What Litestar puts into the description beside the endpoints."""
    return OpenAPIConfig(
        title="FlyLive",
        version=flylive.__version__,
        summary="Live voice rooms: seats, gifts, coins that add up, and a stream without gaps.",
        description=_INTRODUCTION,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http", scheme="bearer", description="An access token: {id}|{secret}"
                )
            }
        ),
        security=[{"token": []}],
        # Given none, Litestar serves readers of its own there, which load from other hosts; and
        # what it serves in any case are further copies of `/openapi.json`.
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router(
            "/openapi", route_handlers=[], include_in_schema=False, guards=[_refuse]
        ),
    )


def describe(app: Litestar) -> dict[str, Any]:
    """The description as a JSON document (OpenAPI 3.1)."""
    document = app.openapi_schema.to_schema()
    document["components"]["schemas"]["Problem"] = _PROBLEM
    open_to_all = set(_without_token(app))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["tags"] = [_chapter(path)]
            operation["summary"] = _in_words(operation["summary"])
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = _REFUSAL
            if (method.upper(), path) in open_to_all:
                operation["security"] = []
    for handler, method, path in _handlers(app):
        field = handler.parsed_data_field
        if field is not None and needs_nothing(field.annotation):
            document["paths"][path][method.lower()]["requestBody"]["required"] = False
    return document


def asks_for_caller(handler: BaseRouteHandler) -> bool:
    """Whether an endpoint wants to know who calls, and so refuses whoever has no token."""
    return not {"caller", "visitor"}.isdisjoint(handler.parsed_fn_signature.parameters)


def is_open(handler: BaseRouteHandler) -> bool:
    """Whether an endpoint answers everybody alike: no caller, and no guard of its own."""
    return not asks_for_caller(handler) and not handler.guards


def _handlers(app: Litestar) -> Iterator[tuple[HTTPRouteHandler, str, str]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                for method in handler.http_methods:
                    yield handler, str(method), route.path_format


def _without_token(app: Litestar) -> Iterator[tuple[str, str]]:
    for handler, method, path in _handlers(app):
        if is_open(handler):
            yield method, path


def _chapter(path: str) -> str:
    """``Rooms`` for ``/v1/rooms/{room_id}``: what the address begins with."""
    first = path.removeprefix("/v1/").partition("/")[0]
    return _CHAPTERS.get(first, first.replace("-", " ").capitalize())


def _in_words(name: str) -> str:
    """``Send gift`` for ``SendGift``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


@lru_cache(maxsize=1)
def _encoded(app: Litestar) -> bytes:
    return msgspec.json.encode(describe(app))


@get("/openapi.json", include_in_schema=False)
async def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The API's description."""
    return Response(content=_encoded(request.app), media_type=MediaType.JSON)


@get("/docs", include_in_schema=False)
async def docs() -> Response[str]:
    """The API's description to read and try."""
    return Response(
        content=_PAGE,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"},
    )


@get("/docs/scalar.js", include_in_schema=False, sync_to_thread=True)
def scalar(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The vendored reader."""
    return assets.answer(request, STATIC / "scalar.js", assets.FILE_POLICY, assets.A_DAY)


ROUTES = [openapi_json, docs, scalar]
