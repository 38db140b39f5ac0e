"""``/docs/errors``: every refusal there is; a problem's ``type`` leads to its row.

What it says is what ``docs/reference/errors.md`` is made of: the classes themselves.
"""

import html
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from litestar import Request, Response, get

import flylive
from flylive.errors import Problem
from flylive.http import assets, etags

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Errors · FlyLive API</title>
<link rel="icon" href="/web/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/web/style.css">
<link rel="stylesheet" href="/web/errors.css">
</head>
<body>
<header class="bar">
  <a class="brand" href="/"><img src="/web/mark.svg" alt="" width="28" height="28"><span>FlyLive</span></a>
  <a href="/docs">The API</a>
</header>
<main id="main" tabindex="-1">
  <h1>Errors</h1>
  <p>Every refusal is <code>application/problem+json</code> (RFC 9457) with <code>type</code>,
    <code>title</code>, <code>status</code>, <code>detail</code> and <code>code</code>;
    <code>errors</code> names the fields at fault, where fields are. Nothing was changed.</p>
  <table>
    <thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Means</th></tr></thead>
    <tbody>
{rows}
    </tbody>
  </table>
</main>
</body>
</html>
"""  # noqa: E501


class Refusal(NamedTuple):
    """A refusal's code and status, and what it means; in Markdown."""

    code: str
    status: int
    words: str


def refusals() -> list[Refusal]:
    """Every refusal of the platform, by code."""
    for module in pkgutil.walk_packages(flylive.__path__, "flylive."):
        if module.name.endswith((".errors", ".idempotency")):
            importlib.import_module(module.name)
    classes: list[type[Problem]] = [Problem, *_below(Problem)]
    rows = {
        (cls.code, cls.status): " ".join((cls.__doc__ or cls.title).split())
        for cls in classes
        if cls.code and cls.__module__.startswith("flylive.")
    }
    return [Refusal(code, status, words) for (code, status), words in sorted(rows.items())]


def _below(cls: type[Problem]) -> Iterator[type[Problem]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)


@cache
def page() -> bytes:
    """The page, as HTML."""
    return _PAGE.format(rows="\n".join(map(_row, refusals()))).encode()


def _row(refusal: Refusal) -> str:
    code = html.escape(refusal.code)
    words = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(refusal.words))
    return (
        f'<tr id="{code}"><th scope="row"><a href="#{code}"><code>{code}</code></a></th>'
        f"<td>{refusal.status}</td><td>{words}</td></tr>"
    )


@get("/docs/errors", include_in_schema=False, sync_to_thread=True)
def errors(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What each `code` means."""
    headers = {
        "Cache-Control": assets.REVALIDATE,
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return etags.answer(request, page(), "text/html", headers)


ROUTES = [errors]
