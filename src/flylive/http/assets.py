"""The pages, such as ``/`` and ``/admin``, their files under ``/web``, artwork under ``/assets``.

Files of two folders, by their plain names: no segment begins with a dot, so there is no way
out of the folder and nothing hidden is served. The page may load from this address alone and
open sockets; the artwork may, opened by itself, do nothing at all.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

import flylive
from flylive.errors import NotFound
from flylive.http import etags

WEB = Path(__file__).resolve().parents[3] / "web"
"""The reference client; it stands beside the package, as the migrations do."""
ARTWORK = Path(flylive.__file__).resolve().parent / "demo" / "artwork"

MAX_PATH = 200

_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".json": "application/json",
}
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_PLAIN = re.compile(rf"(?:{_SEGMENT}/)*{_SEGMENT}")

# The gateway has a port, often a host, of its own: sockets go anywhere, requests only here.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_CONSOLE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

REVALIDATE = "no-cache"
A_DAY = "public, max-age=86400"


def find(folder: Path, name: str) -> Path:
    """The file of the folder that has this plain name. Raises NotFound."""
    if len(name) > MAX_PATH or not _PLAIN.fullmatch(name):
        raise NotFound
    path = folder / name
    if path.suffix not in _TYPES or not path.is_file():
        raise NotFound
    return path


def answer(
    request: Request[Any, Any, Any],
    path: Path,
    policy: str,
    cache: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Response[bytes]:
    """The file, or a 304 where the client has this very content; `more` headers besides."""
    headers = {
        **more,
        "Cache-Control": cache,
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return etags.answer(request, path.read_bytes(), _TYPES[path.suffix], headers)


@get("/", include_in_schema=False, sync_to_thread=True)
def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page that shows live rooms."""
    return answer(request, find(WEB, "index.html"), _PAGE_POLICY, REVALIDATE)


@get("/account", include_in_schema=False, sync_to_thread=True)
def account_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page that links in mails lead to."""
    return answer(request, find(WEB, "account.html"), _PAGE_POLICY, REVALIDATE)


@get("/fairness", include_in_schema=False, sync_to_thread=True)
def fairness_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page that recomputes draws in the browser."""
    return answer(request, find(WEB, "fairness.html"), _PAGE_POLICY, REVALIDATE)


@get("/admin", include_in_schema=False, sync_to_thread=True)
def console_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The staff's console, drawn from ``/v1/admin``."""
    path = find(WEB, "console/index.html")
    return answer(request, path, _CONSOLE_POLICY, REVALIDATE, _CONSOLE_HEADERS)


@get("/web/{name:path}", include_in_schema=False, sync_to_thread=True)
def web_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file of the page."""
    return answer(request, find(WEB, name.removeprefix("/")), FILE_POLICY, REVALIDATE)


@get("/assets/{name:path}", include_in_schema=False, sync_to_thread=True)
def artwork(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A picture of a gift, frame, room or person."""
    return answer(request, find(ARTWORK, name.removeprefix("/")), FILE_POLICY, A_DAY)


ROUTES = [page, account_page, fairness_page, console_page, web_file, artwork]
