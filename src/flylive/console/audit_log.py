"""The staff's address of the audit log."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.console.guard import require
from flylive.console.rules import Right
from flylive.console.schemas import AuditView
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import MAX_ID


async def views(tx: Reading, entries: Sequence[Row[Any]]) -> list[AuditView]:
    """The entries with the cards of who acted."""
    cards = await accounts.cards(tx, {row.actor_id for row in entries if row.actor_id is not None})
    return [
        msgspec.convert(row._asdict() | {"actor": cards.get(row.actor_id)}, AuditView)
        for row in entries
    ]


@get("/audit", guards=[require(Right.VIEW_AUDIT)])
async def list_audit(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    actor_id: Annotated[
        int | None, QueryParameter(name="actor_id", ge=1, le=MAX_ID, description="Who acted.")
    ] = None,
    subject_type: Annotated[
        str | None,
        QueryParameter(name="subject_type", max_length=20, description="Such as `user`."),
    ] = None,
    subject_id: Annotated[
        int | None,
        QueryParameter(name="subject_id", ge=1, le=MAX_ID, description="To whom, or to what."),
    ] = None,
    action: Annotated[
        str | None,
        QueryParameter(name="action", max_length=50, description="Such as `user.block`."),
    ] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AuditView]:
    """What staff did, newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[AuditView]:
        rows = await audit.list_entries(
            tx,
            before_id=before_id,
            limit=limit + 1,
            actor_id=actor_id,
            subject_type=subject_type,
            subject_id=subject_id,
            action=action,
        )
        shown = await views(tx, rows[:limit])
        more = len(rows) > limit
        return pages.Page(data=shown, next_cursor=pages.encode(shown[-1].id) if more else None)

    return await database.read(work)


ROUTES = [list_audit]
