"""The staff's addresses of reports: the queue, one with its evidence, the decision."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import begin_on, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.messaging.schemas import MessageView
from flylive.messaging.views import views as message_views
from flylive.reports import queries, service
from flylive.reports.errors import UnknownReport
from flylive.reports.schemas import StaffReportView, Status, Subject


class DecideReport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/reports/{id}/decide: whether it is right, and why or what was done."""

    status: Literal["upheld", "dismissed"]
    reason: str


class ReportOfPeople(StaffReportView, kw_only=True, frozen=True):
    """A report with who filed it, who answers for its subject, and who decided it."""

    reporter: UserCard
    subject_user: UserCard | None
    decider: UserCard | None


class Messages(msgspec.Struct, kw_only=True):
    """Messages in order."""

    data: list[MessageView]


@get("/reports", guards=[require(Right.VIEW_REPORTS)])
async def list_reports(
    database: NamedDependency[Database],
    status: FromQuery[Status | None] = None,
    subject_type: FromQuery[Subject | None] = None,
    subject_user_id: Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)] = None,
    reporter_id: Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ReportOfPeople]:
    """Reports, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[ReportOfPeople]:
        rows = await queries.list_reports(
            tx,
            before=before,
            status=status,
            subject_type=subject_type,
            subject_user_id=subject_user_id,
            reporter_id=reporter_id,
            limit=limit + 1,
        )
        shown = {one.id: one for one in await _views(tx, rows)}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))

    return await database.read(work)


async def _views(tx: Reading, rows: Sequence[Row[Any]]) -> list[ReportOfPeople]:
    people = {id for row in rows for id in (row.reporter_id, row.subject_user_id, row.decided_by)}
    cards = await accounts.cards(tx, people - {None})
    return [
        msgspec.convert(
            row._asdict()
            | {
                "reporter": cards[row.reporter_id],
                "subject_user": cards.get(row.subject_user_id),
                "decider": cards.get(row.decided_by),
            },
            ReportOfPeople,
        )
        for row in rows
    ]


@get("/reports/{report_id:int}", guards=[require(Right.VIEW_REPORTS)])
async def get_report(
    database: NamedDependency[Database], report_id: FromPath[int]
) -> ReportOfPeople:
    """A report with its evidence."""

    async def work(tx: Reading) -> ReportOfPeople:
        [shown] = await _views(tx, [await _find(tx, report_id)])
        return shown

    return await database.read(work)


async def _find(tx: Reading, report_id: int) -> Row[Any]:
    row = await queries.find(tx, report_id)
    if row is None:
        raise UnknownReport
    return row


@get("/reports/{report_id:int}/messages", guards=[require(Right.DECIDE_REPORTS)])
async def list_messages_around(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    report_id: FromPath[int],
    before: Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)] = None,
    after: Annotated[int | None, QueryParameter(ge=0, le=MAX_ID)] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
) -> Messages:
    """What was written around a reported message, or last in a reported room, as it stands now.

    In order; wider with `before` or `after` a message's `seq`. Nothing where the report is of
    a person or an agency.
    """

    async def work(tx: Reading) -> Messages:
        rows = await service.surrounding(
            tx, await _find(tx, report_id), before=before, after=after, limit=limit
        )
        return Messages(data=await message_views(tx, rows, settings))

    return await database.read(work)


@post("/reports/{report_id:int}/decide", status_code=200, guards=[require(Right.DECIDE_REPORTS)])
async def decide_report(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    report_id: FromPath[int],
    data: JSONBody[DecideReport],
) -> ReportOfPeople:
    """Close an open report; blocking, suspending or deleting is done at its own address.

    403 `staff.not_oneself` and `staff.not_above` where it is about oneself, or about staff.
    """
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert reason is not None

    async def work(tx: Transaction) -> ReportOfPeople:
        # Of a message it is the sender who answers for it, of a room or an agency the owner.
        about = {(await _find(tx, report_id)).subject_user_id} - {None}
        actor, _ = await begin_on(tx, request, caller, Right.DECIDE_REPORTS, about)
        row = await service.decide(
            tx, report_id, status=data.status, decision=reason, decided_by=caller.user_id
        )
        await audit.write(
            tx,
            actor,
            "report.decide",
            ("report", report_id),
            reason=reason,
            before={"status": "open"},
            after={"status": data.status},
        )
        [shown] = await _views(tx, [row])
        return shown

    return await database.run(work)


ROUTES = [list_reports, get_report, list_messages_around, decide_report]
