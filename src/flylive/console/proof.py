"""The staff's addresses of the ledger's proof: its runs, the seals, the months."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from flylive.accounts import Caller, audit
from flylive.clock import now, render
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks, moment
from flylive.wallet import months
from flylive.wallet.proof import INVARIANTS
from flylive.wallet.proving import asked

_PROMISES = {one.name: one.promise for one in INVARIANTS}


class ProofRunView(msgspec.Struct, kw_only=True):
    """A run of the proof: `status` is waiting, running, fits, unfit, failed or broken.

    `progress` is what it is at; `since` None: about everything.
    """

    id: int
    kind: str
    started_by: str
    asked_by: int | None
    job_id: int | None
    since: datetime | None
    started_at: datetime
    finished_at: datetime | None
    status: str
    rows_read: int
    rows_unfit: int
    progress: str | None
    failure: str | None


class FindingView(msgspec.Struct, kw_only=True):
    """A row that does not fit: which promise it breaks, and the row in words."""

    invariant: str
    promise: str | None
    row: str


class InvariantView(msgspec.Struct, kw_only=True):
    """Something that the proof proves."""

    name: str
    promise: str


class ProofRunDetail(ProofRunView, kw_only=True):
    """A run with the first rows that did not fit, and what was asked."""

    findings: list[FindingView]
    invariants: list[InvariantView]


class AskProof(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/proofs: everything, or (`since`) only what rows since then can tell."""

    reason: str
    since: datetime | None = None


class SealView(msgspec.Struct, kw_only=True):
    """A closed span of the ledger under its hash; `seal` stands for everything before it."""

    number: int
    from_id: int
    to_id: int
    row_count: int
    content_sha256: str
    previous_seal: str
    seal: str
    sealed_at: datetime


class MonthView(msgspec.Struct, kw_only=True):
    """A month of a table; `month` null is DEFAULT, `rows` an estimate."""

    table: str
    name: str
    month: date | None
    rows: int | None
    bytes: int
    is_detached: bool


class StrayView(msgspec.Struct, kw_only=True):
    """So many rows of a month lie in DEFAULT, where none ought to lie."""

    table: str
    month: date
    rows: int


class Months(msgspec.Struct, kw_only=True):
    """GET /admin/partitions: any stray is an alarm."""

    data: list[MonthView]
    strays: list[StrayView]


class MakeMonths(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/partitions: so many months after this one."""

    reason: str
    ahead: Annotated[int, Meta(ge=1, le=24)]


class MonthsAsked(msgspec.Struct, kw_only=True):
    """The job that makes the months."""

    job_id: int


def _view(row: Any) -> ProofRunView:
    return msgspec.convert(row._asdict(), ProofRunView)


def _finding(words: str) -> FindingView:
    name, found, row = words.partition(": ")
    if not found:
        return FindingView(invariant="", promise=None, row=words)
    return FindingView(invariant=name, promise=_PROMISES.get(name), row=row)


@get("/proofs", guards=[require(Right.VIEW_PROOF)])
async def list_proofs(
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ProofRunView]:
    """Runs of the proof, whoever began them, newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[ProofRunView]:
        rows = await asked.list_runs(tx, before_id=before_id, limit=limit + 1)
        return pages.page(rows, limit, _view, lambda row: (row.id,))

    return await database.read(work)


@get("/proofs/{run_id:int}", guards=[require(Right.VIEW_PROOF)])
async def find_proof(database: NamedDependency[Database], run_id: FromPath[int]) -> ProofRunDetail:
    """A run: how far it is, and row by row what does not fit."""

    async def work(tx: Reading) -> ProofRunDetail:
        row = await asked.find(tx, run_id)
        columns = row._asdict() | {
            "findings": [_finding(words) for words in row.findings],
            "invariants": [
                InvariantView(name=name, promise=promise) for name, promise in _PROMISES.items()
            ],
        }
        return ProofRunDetail(**columns)

    return await database.read(work)


@post("/proofs", status_code=202, guards=[require(Right.RUN_PROOF)])
async def ask_proof(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[AskProof],
) -> ProofRunView:
    """Let a worker prove that the money adds up. 409 `proof.running`."""
    reason, _ = catalogue.read(GiveReason(reason=data.reason))
    if data.since is not None:
        checks = FieldChecks()
        checks.field("since", moment, data.since)
        checks.done()
        if data.since > now():
            raise InvalidRequest.field("since", "must not be in the future")

    async def work(tx: Transaction) -> ProofRunView:
        actor = await act(tx, request, caller, Right.RUN_PROOF)
        row = await asked.ask(tx, caller.user_id, data.since)
        since = None if data.since is None else render(data.since)
        await audit.write(
            tx,
            actor,
            "proof.ask",
            ("proof_run", row.id),
            reason=reason,
            before={},
            after={"kind": row.kind, "since": since, "job_id": row.job_id},
        )
        return _view(row)

    return await database.run(work)


@get("/seals", guards=[require(Right.VIEW_PROOF)])
async def list_seals(
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[SealView]:
    """Seals of the ledger, the newest first. Its `seal`, noted elsewhere, proves the rest."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[SealView]:
        rows = await asked.list_seals(tx, before=before, limit=limit + 1)
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), SealView),
            lambda row: (row.number,),
        )

    return await database.read(work)


@get("/partitions", guards=[require(Right.VIEW_PROOF)])
async def list_partitions(database: NamedDependency[Database]) -> Months:
    """The months of the ledger and of the gifts, and what lies where nothing ought to lie."""

    async def work(tx: Reading) -> Months:
        return Months(
            data=[MonthView(**one._asdict()) for one in await months.list_months(tx)],
            strays=[StrayView(**one._asdict()) for one in await months.list_strays(tx)],
        )

    return await database.read(work)


@post("/partitions", status_code=202, guards=[require(Right.MANAGE_PARTITIONS)])
async def make_partitions(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[MakeMonths],
) -> MonthsAsked:
    """Let a worker make the months that are missing, as the tables' owner."""
    reason, _ = catalogue.read(GiveReason(reason=data.reason))

    async def work(tx: Transaction) -> MonthsAsked:
        actor = await act(tx, request, caller, Right.MANAGE_PARTITIONS)
        job_id = await months.ask(tx, data.ahead)
        await audit.write(
            tx,
            actor,
            "partition.create",
            ("job", job_id),
            reason=reason,
            before={},
            after={"ahead": data.ahead},
        )
        return MonthsAsked(job_id=job_id)

    return await database.run(work)


ROUTES = [
    list_proofs,
    find_proof,
    ask_proof,
    list_seals,
    list_partitions,
    make_partitions,
]
