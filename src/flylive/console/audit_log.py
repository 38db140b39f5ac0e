"""The staff's address of the audit log."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy import Row

from flylive.accounts import audit
from flylive.accounts import queries as accounts
from flylive.accounts.audit import Search
from flylive.console.guard import require
from flylive.console.rules import Right
from flylive.console.schemas import AuditView
from flylive.database import Database, Reading
from flylive.errors import InvalidRequest
from flylive.http import export, pages
from flylive.http.fields import MAX_ID, check_times


async def views(tx: Reading, entries: Sequence[Row[Any]]) -> list[AuditView]:
    """The entries with the cards of who acted."""
    cards = await accounts.cards(tx, {row.actor_id for row in entries if row.actor_id is not None})
    return [
        msgspec.convert(row._asdict() | {"actor": cards.get(row.actor_id)}, AuditView)
        for row in entries
    ]


ActorId = Annotated[
    int | None, QueryParameter(name="actor_id", ge=1, le=MAX_ID, description="Who acted.")
]
SubjectType = Annotated[
    str | None, QueryParameter(name="subject_type", max_length=20, description="Such as `user`.")
]
SubjectId = Annotated[
    int | None,
    QueryParameter(name="subject_id", ge=1, le=MAX_ID, description="To whom, or to what."),
]
Action = Annotated[
    str | None, QueryParameter(name="action", max_length=50, description="Such as `user.block`.")
]
Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[
    datetime | None, QueryParameter(name="to", description="RFC 3339, itself not in it.")
]
Words = Annotated[
    str | None,
    QueryParameter(name="q", min_length=1, max_length=100, description="Part of the reason."),
]


def _search(
    actor_id: int | None,
    subject_type: str | None,
    subject_id: int | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    words: str | None,
) -> Search:
    check_times(since, until)
    for name, given in (("subject_type", subject_type), ("action", action), ("q", words)):
        if given is not None and "\0" in given:
            raise InvalidRequest.field(name, "must not contain control characters")
    return Search(actor_id, subject_type, subject_id, action, since, until, words)


@get("/audit", guards=[require(Right.VIEW_AUDIT)])
async def list_audit(
    database: NamedDependency[Database],
    actor_id: ActorId = None,
    subject_type: SubjectType = None,
    subject_id: SubjectId = None,
    action: Action = None,
    since: Since = None,
    until: Until = None,
    q: Words = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AuditView]:
    """What staff did, newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)
    search = _search(actor_id, subject_type, subject_id, action, since, until, q)

    async def work(tx: Reading) -> pages.Page[AuditView]:
        rows = await audit.list_entries(tx, search, before_id=before_id, limit=limit + 1)
        shown = await views(tx, rows[:limit])
        more = len(rows) > limit
        return pages.Page(data=shown, next_cursor=pages.encode(shown[-1].id) if more else None)

    return await database.read(work)


@get("/audit.csv", media_type="text/csv", guards=[require(Right.VIEW_AUDIT)])
async def export_audit(
    database: NamedDependency[Database],
    actor_id: ActorId = None,
    subject_type: SubjectType = None,
    subject_id: SubjectId = None,
    action: Action = None,
    since: Since = None,
    until: Until = None,
    q: Words = None,
) -> Stream:
    """The same entries as CSV, all of them."""
    search = _search(actor_id, subject_type, subject_id, action, since, until, q)

    async def lines() -> AsyncIterator[list[list[Any]]]:
        before_id = MAX_ID
        while True:

            async def page(tx: Reading, before_id: int = before_id) -> list[list[Any]]:
                found = await audit.list_entries(tx, search, before_id=before_id, limit=export.PAGE)
                return [[_cell(row._mapping[name]) for name in COLUMNS] for row in found]

            rows = await database.read(page)
            if not rows:
                return
            yield rows
            before_id = rows[-1][0]

    return export.csv_file("audit.csv", COLUMNS, lines())


COLUMNS = (
    "id", "created_at", "actor_id", "actor_role", "action", "subject_type", "subject_id",
    "reason", "before", "after", "ip_address",
)  # fmt: skip


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


ROUTES = [list_audit, export_audit]
