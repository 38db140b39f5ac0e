"""The staff's addresses of jobs: how the queue stands, what failed and why, again or not at all."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from flylive.accounts import Caller, audit
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID
from flylive.jobs import deciding, looking
from flylive.jobs.schemas import JobDetail, JobsSummary, JobView, State

Decide = Callable[[Transaction, int], Awaitable[tuple[JobDetail, JobDetail]]]
IsIn = Annotated[State | None, QueryParameter(name="state")]
Words = Annotated[str | None, QueryParameter(min_length=1, max_length=128)]


@get("/jobs", guards=[require(Right.VIEW_JOBS)])
async def list_jobs(
    database: NamedDependency[Database],
    is_in: IsIn = None,
    task: Words = None,
    q: Words = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[JobView]:
    """Jobs, newest first. `q`: an id, a part of a task's name, or the value of an argument."""
    for name, words in (("task", task), ("q", q)):
        if words is not None and "\0" in words:
            raise InvalidRequest.field(name, "must not contain control characters")
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[JobView]:
        rows = await looking.list_jobs(
            tx, before_id=before_id, limit=limit + 1, state=is_in, task=task, q=q
        )
        return pages.page(rows, limit, looking.view, lambda row: (row.id,))

    return await database.read(work)


@get("/jobs/summary", guards=[require(Right.VIEW_JOBS)])
async def summarize_jobs(database: NamedDependency[Database]) -> JobsSummary:
    """How many jobs of which task are in which state, since when they wait, and who works."""
    return await database.read(looking.summary)


@get("/jobs/{job_id:int}", guards=[require(Right.VIEW_JOBS)])
async def find_job(database: NamedDependency[Database], job_id: FromPath[int]) -> JobDetail:
    """A job, and what happened to it."""
    return await database.read(lambda tx: looking.find_job(tx, job_id))


@post("/jobs/{job_id:int}/retry", status_code=200, guards=[require(Right.MANAGE_JOBS)])
async def retry_job(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    job_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> JobDetail:
    """Run a job that failed or was given up once more. 409 `job.not_retryable`."""
    return await _decide(request, caller, database, job_id, data, "job.retry", deciding.retry)


@post("/jobs/{job_id:int}/give-up", status_code=200, guards=[require(Right.MANAGE_JOBS)])
async def give_up_job(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    job_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> JobDetail:
    """Let a job that waits or failed never run. 409 `job.not_given_up`."""
    return await _decide(request, caller, database, job_id, data, "job.give_up", deciding.give_up)


async def _decide(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    job_id: int,
    data: GiveReason,
    action: str,
    decide: Decide,
) -> JobDetail:
    reason, _ = catalogue.read(data)

    async def work(tx: Transaction) -> JobDetail:
        actor = await act(tx, request, caller, Right.MANAGE_JOBS)
        before, after = await decide(tx, job_id)
        await audit.write(
            tx,
            actor,
            action,
            ("job", job_id),
            reason=reason,
            before={"state": before.state, "attempts": before.attempts},
            after={"state": after.state, "attempts": after.attempts, "task": after.task},
        )
        return after

    return await database.run(work)


ROUTES = [list_jobs, summarize_jobs, find_job, retry_job, give_up_job]
