"""``ETag``: whoever has this very content already gets a 304 and no body."""

import hashlib
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response

PRIVATE = {"Cache-Control": "private, no-cache"}
"""For what depends on the caller: kept by his client alone, and asked for again each time."""


def answer(
    request: Request[Any, Any, Any], body: bytes, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """The body with its ETag and `headers`, or a 304 with the same headers."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    tagged = {"ETag": etag, **headers}
    given = request.headers.get("if-none-match", "")
    if not {etag, "*"}.isdisjoint(tag.strip().removeprefix("W/") for tag in given.split(",")):
        return Response(content=b"", status_code=304, headers=tagged)
    return Response(content=body, media_type=media_type, headers=tagged)
