"""The address of reports."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts import Caller
from flylive.database import Database, Transaction
from flylive.http.fields import FieldChecks
from flylive.reports import rules, service
from flylive.reports.schemas import FileReport, ReportView


@post("/reports", status_code=201)
async def file_report(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[FileReport],
) -> ReportView:
    """Tell the staff of somebody, a room, a message or an agency.

    While an earlier report of the same is open, that one is answered.
    """
    checks = FieldChecks()
    data.reason = checks.field("reason", rules.reason, data.reason) or ""
    if data.details is not None:
        data.details = checks.field("details", rules.details, data.details)
    checks.done()

    async def work(tx: Transaction) -> ReportView:
        row = await service.file(tx, caller.user_id, data)
        return msgspec.convert(row._asdict(), ReportView)

    return await database.run(work)


ROUTES = [file_report]
