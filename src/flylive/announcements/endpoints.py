"""The address of announcements."""

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from flylive.accounts import Caller
from flylive.announcements import queries
from flylive.announcements.schemas import AnnouncementView
from flylive.database import Database, Reading
from flylive.http import pages


@get("/announcements")
async def list_announcements(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AnnouncementView]:
    """What the platform tells the caller now, the newest first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[AnnouncementView]:
        rows = await queries.list_current(
            tx, caller.user_id, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), AnnouncementView),
            lambda row: (row.starts_at, row.id),
        )

    return await database.read(work)


ROUTES = [list_announcements]
