"""The API's own description: ``/openapi.json``, and ``/docs`` drawn from it in the browser."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

import flylive

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
</head>
<body>
<script id="api-reference" data-url="/openapi.json"
  data-configuration='{"withDefaultFonts": false, "telemetry": false, "hideClientButton": true,
                       "agent": {"disabled": true}, "mcp": {"disabled": true}}'></script>
<script src="/docs/scalar.js"></script>
</body>
</html>
"""


def openapi_config() -> OpenAPIConfig:
    """What Litestar puts into the description beside the endpoints."""
    return OpenAPIConfig(
        title="FlyLive",
        version=flylive.__version__,
        summary="Live voice rooms: seats, gifts, coins that add up, and a stream without gaps.",
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http", scheme="bearer", description="An access token: {id}|{secret}"
                )
            }
        ),
        security=[{"token": []}],
        render_plugins=[],
        path="/openapi",
    )


def describe(app: Litestar) -> dict[str, Any]:
    """The description as a JSON document (OpenAPI 3.1)."""
    return app.openapi_schema.to_schema()


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


@get("/docs/scalar.js", include_in_schema=False)
async def scalar() -> Response[bytes]:
    """The vendored reader."""
    return Response(
        content=(STATIC / "scalar.js").read_bytes(),
        media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=86400"},
    )


ROUTES = [openapi_json, docs, scalar]
