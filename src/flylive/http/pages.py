"""Pages of a list: ``?limit=`` and an opaque ``?cursor=`` that stays right while rows are added.

A cursor holds the sort key of the last row that was seen (keyset pagination), so the cost of
a page does not grow with its number.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from flylive.errors import InvalidRequest
from flylive.http.fields import EARLIEST, LATEST, MAX_ID

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_MOST_DIGITS = 18
"""Money is ``numeric(18,2)``; a larger exponent would only make the database work."""

T = TypeVar("T")
R = TypeVar("R")

Limit = Annotated[
    int,
    QueryParameter(name="limit", ge=1, le=MAX_LIMIT, description="Rows a page holds at the most."),
]
Cursor = Annotated[
    str | None,
    QueryParameter(name="cursor", max_length=512, description="`next_cursor` of the page before."),
]


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """One page; `next_cursor` is None on the last."""

    data: list[T]
    next_cursor: str | None


def encode(*key: Any) -> str:
    """The cursor that stands behind the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode(cursor: str | None, *types: Any) -> tuple[Any, ...] | None:
    """The sort key in a cursor, each part of the given type; InvalidRequest if it is not ours."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        key: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[types])  # type: ignore[valid-type]
    except (ValueError, RecursionError) as error:
        raise InvalidRequest.field("cursor", "is not a cursor of this list") from error
    if not all(map(_could_be_stored, key)):
        raise InvalidRequest.field("cursor", "is not a cursor of this list")
    return key


def _could_be_stored(part: Any) -> bool:
    """Whether a column could hold it: cursors are ours, but anybody can write one."""
    if isinstance(part, Decimal):
        return part.is_finite() and abs(part.adjusted()) <= _MOST_DIGITS
    if isinstance(part, datetime):
        return part.tzinfo is not None and EARLIEST <= part < LATEST
    if isinstance(part, str):
        return "\x00" not in part
    return not isinstance(part, int) or -MAX_ID <= part <= MAX_ID


def page(
    rows: Sequence[R],
    limit: int,
    view: Callable[[R], T],
    key: Callable[[R], tuple[Any, ...]],
) -> Page[T]:
    """A page from `limit + 1` fetched rows: the extra one only tells that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        data=[view(row) for row in shown],
        next_cursor=encode(*key(shown[-1])) if more else None,
    )
