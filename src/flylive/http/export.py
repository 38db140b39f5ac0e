"""Rows as CSV in UTF-8, streamed page by page, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from litestar.response import Stream

from flylive.clock import render

PAGE = 1000
"""Rows that are read at once."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_file(
    name: str, head: Sequence[str], pages: AsyncIterator[Iterable[Sequence[Any]]]
) -> Stream:
    """An answer that is downloaded under this name; `pages` give the rows under the head."""

    async def chunks() -> AsyncIterator[str]:
        yield _lines([head])
        async for rows in pages:
            yield _lines([[cell(value) for value in row] for row in rows])

    return Stream(
        chunks(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def cell(value: Any) -> str:
    """A value as a cell; a text that a spreadsheet would run stands behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return render(value)
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    # A spreadsheet would run what begins like a formula, after blanks that it drops: OWASP, "CSV
    # Injection".
    is_formula = text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)
    return f"'{text}" if isinstance(value, str) and is_formula else text


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
