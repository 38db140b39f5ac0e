"""Uploading, and the separate path under which what was uploaded is served.

A file is served as what it was found to be, and as nothing else: no sniffing, no script, no
other origin's code around it. A browser shows pictures and plays sounds; it saves the rest.
"""

import re
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from flylive.accounts import Caller
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.http.fields import MAX_ID
from flylive.uploads import signing
from flylive.uploads.errors import UnknownUpload
from flylive.uploads.intake import FORM_BYTES
from flylive.uploads.openapi import form_with_file
from flylive.uploads.purposes import MAX_BYTES, PURPOSES, Kind, content_type_of, kind_of
from flylive.uploads.schemas import UploadView
from flylive.uploads.service import Upload, upload
from flylive.uploads.storage import Storage

_POLICY = "default-src 'none'; sandbox"
_FOR_EVER = "public, max-age=31536000, immutable"

A_DAY_SECONDS = 86400

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z", re.ASCII)

Expires = Annotated[int, QueryParameter(name="expires", ge=0, le=MAX_ID)]
Signature = Annotated[str, QueryParameter(name="signature", max_length=64)]


async def provide_storage(state: State) -> Storage:
    """The process's storage."""
    storage: Storage = state.storage
    return storage


@post(
    "/uploads",
    status_code=201,
    request_max_body_size=MAX_BYTES + FORM_BYTES,
    operation_class=form_with_file(purposes=list(PURPOSES)),
)
async def upload_file(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    storage: NamedDependency[Storage],
) -> UploadView:
    """Upload a file for a purpose, and get the address to use it under.

    What the file is, its content says. Images are encoded anew, without metadata. 415
    `upload.type_not_taken`, 413 `upload.too_large`, `upload.too_many_pixels`,
    `upload.too_many_frames`, 422 `upload.damaged`, `upload.not_clean`, `upload.empty`.
    """

    async def keep(tx: Transaction, made: Upload) -> UploadView:
        return UploadView(
            url=signing.briefly(settings, made.url),
            content_type=made.content_type,
            bytes=made.bytes,
        )

    return await upload(request, database, storage, settings, caller.user_id, None, keep)


@get("/uploads/{name:str}", include_in_schema=False)
async def public_file(
    request: Request[Any, Any, Any], storage: NamedDependency[Storage], name: FromPath[str]
) -> Response[Any]:
    """A public file."""
    return await _serve(request, storage, name, name, _FOR_EVER, "cross-origin")


@get("/uploads/private/{name:str}", include_in_schema=False)
async def private_file(
    request: Request[Any, Any, Any],
    storage: NamedDependency[Storage],
    settings: NamedDependency[Settings],
    name: FromPath[str],
    expires: FromQuery[Expires] = 0,
    signature: FromQuery[Signature] = "",
) -> Response[Any]:
    """A private file, for whoever has an address that we signed."""
    signing.check(settings, signing.PREFIX + name, expires, signature)
    seconds = min(A_DAY_SECONDS, expires - int(now().timestamp()))
    cache = f"private, max-age={seconds}, immutable"
    return await _serve(request, storage, name, f"private/{name}", cache, "same-site")


async def _serve(
    request: Request[Any, Any, Any],
    storage: Storage,
    name: str,
    key: str,
    cache: str,
    resource_policy: str,
) -> Response[Any]:
    content_type = content_type_of(name)
    if content_type is None:
        raise UnknownUpload
    is_shown = kind_of(content_type) is not Kind.FILE
    headers = {
        "ETag": f'"{name.partition(".")[0]}"',
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": resource_policy,
        "Referrer-Policy": "no-referrer",
        "Content-Disposition": "inline" if is_shown else f'attachment; filename="{name}"',
        "Accept-Ranges": "bytes",
    }
    start, end, is_part = _span(request.headers.get("range", ""))
    stored = await storage.get(key, start=start, end=end)
    # An object never changes, so who has it has it; but only one that is still there.
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(content=b"", status_code=304, headers=headers)
    if is_part and stored.start == stored.end:
        headers["Content-Range"] = f"bytes */{stored.size}"
        return Response(content=b"", status_code=416, headers=headers)
    if is_part:
        headers["Content-Range"] = f"bytes {stored.start}-{stored.end - 1}/{stored.size}"
    headers["Content-Length"] = str(stored.end - stored.start)
    return Stream(
        stored.chunks,
        status_code=206 if is_part else 200,
        media_type=content_type,
        headers=headers,
    )


def _span(header: str) -> tuple[int, int | None, bool]:
    """Start, end (exclusive), and whether a span was asked for: one from a known start.

    What else a Range may say (the last bytes, several spans) is answered with the whole file,
    as RFC 9110 allows.
    """
    match = _RANGE.match(header)
    if match is None or not match[1] or (match[2] and int(match[2]) < int(match[1])):
        return 0, None, False
    return int(match[1]), int(match[2]) + 1 if match[2] else None, True


ROUTES = [upload_file]
FILES = [public_file, private_file]
"""Outside /v1."""
