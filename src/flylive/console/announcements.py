"""The staff's addresses of announcements: write, look at, take back."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from flylive.accounts import Caller, audit
from flylive.announcements import queries, service
from flylive.announcements.schemas import StaffAnnouncementView, Status, WriteAnnouncement
from flylive.console import rules
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks

_SHOWN = ("title", "audience", "country", "min_vip_level", "starts_at", "ends_at", "is_pushed")


@get("/announcements", guards=[require(Right.VIEW_ANNOUNCEMENTS)])
async def list_announcements(
    database: NamedDependency[Database],
    status: FromQuery[Status | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[StaffAnnouncementView]:
    """Announcements, the newest written first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[StaffAnnouncementView]:
        rows = await queries.list_all(tx, before=before, limit=limit + 1, status=status)
        return pages.page(rows, limit, service.staff_view, lambda row: (row.id,))

    return await database.read(work)


@get("/announcements/{announcement_id:int}", guards=[require(Right.VIEW_ANNOUNCEMENTS)])
async def get_announcement(
    database: NamedDependency[Database], announcement_id: FromPath[int]
) -> StaffAnnouncementView:
    """One announcement, and how far it was told."""

    async def work(tx: Reading) -> StaffAnnouncementView:
        return service.staff_view(await service.find(tx, announcement_id))

    return await database.read(work)


@post("/announcements", status_code=201, guards=[require(Right.WRITE_ANNOUNCEMENTS)])
async def write_announcement(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[WriteAnnouncement],
) -> StaffAnnouncementView:
    """Tell something to everybody or to some, at once or from a time on."""
    checks = FieldChecks()
    values = service.check_fields(data, checks)
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()

    async def work(tx: Transaction) -> StaffAnnouncementView:
        actor = await act(tx, request, caller, Right.WRITE_ANNOUNCEMENTS)
        row = await service.write(tx, values, caller.user_id)
        await audit.write(
            tx,
            actor,
            "announcement.write",
            ("announcement", row.id),
            reason=reason,
            before={},
            after={name: row._mapping[name] for name in _SHOWN},
        )
        return service.staff_view(row)

    return await database.run(work)


@post(
    "/announcements/{announcement_id:int}/cancel",
    status_code=200,
    guards=[require(Right.WRITE_ANNOUNCEMENTS)],
)
async def cancel_announcement(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    announcement_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> StaffAnnouncementView:
    """Take an announcement back: nobody more hears of it. 409 `announcement.ended`."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()

    async def work(tx: Transaction) -> StaffAnnouncementView:
        actor = await act(tx, request, caller, Right.WRITE_ANNOUNCEMENTS)
        before, row = await service.cancel(tx, announcement_id, caller.user_id)
        await audit.write(
            tx,
            actor,
            "announcement.cancel",
            ("announcement", announcement_id),
            reason=reason,
            before={"status": before},
            after={"status": "cancelled"},
        )
        return service.staff_view(row)

    return await database.run(work)


ROUTES = [list_announcements, get_announcement, write_announcement, cancel_announcement]
