"""The addresses of agencies, their people and their requests; earnings stand beside."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.agencies import queries, rules, service
from flylive.agencies.earning_endpoints import ROUTES as EARNINGS
from flylive.agencies.schemas import (
    AgencyMemberView,
    AgencyRequestView,
    AgencyView,
    AskToJoin,
    EditAgency,
    EditMember,
    FoundAgency,
    HandOver,
    RequestStatus,
    RequestType,
)
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID

Sort = Literal["earnings", "members", "newest"]
SORT_KEYS: dict[Sort, tuple[str, type]] = {
    "earnings": ("total_earnings", Decimal),
    "members": ("member_count", int),
    "newest": ("id", int),
}
"""The column that each list is sorted by, before the id."""
BEGIN, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@post("/agencies", status_code=201)
async def found_agency(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[FoundAgency],
) -> AgencyView:
    """Found an agency and be its admin: 409 `agency.email_not_verified` without a proven e-mail."""
    values = service.check_fields(data)

    async def work(tx: Transaction) -> AgencyView:
        [shown] = await service.views(tx, [await service.found(tx, caller.user_id, values)])
        return shown

    return await database.run(work)


@get("/agencies")
async def list_agencies(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    q: Annotated[
        str | None,
        QueryParameter(
            name="q", min_length=1, max_length=rules.MAX_NAME, description="Part of the name."
        ),
    ] = None,
    recruiting: FromQuery[bool | None] = None,
    sort: FromQuery[Sort] = "earnings",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyView]:
    """Active agencies, those with the highest earnings first."""
    words = None if q is None else q.strip()
    if words == "" or (words is not None and "\0" in words):
        raise InvalidRequest.field("q", "must not be blank, and without control characters")
    column, kind = SORT_KEYS[sort]
    found = pages.decode(cursor, kind, int)
    after = None if found is None else (found[0], found[1])

    async def work(tx: Reading) -> pages.Page[AgencyView]:
        rows = await queries.list_agencies(
            tx, sort=sort, limit=limit + 1, after=after, words=words, is_recruiting=recruiting
        )
        shown = {one.id: one for one in await service.views(tx, rows[:limit])}
        return pages.page(
            rows,
            limit,
            lambda row: shown[row.id],
            lambda row: (row._mapping[column], row.id),
        )

    return await database.read(work)


@get("/agencies/{agency_id:int}")
async def get_agency(
    caller: NamedDependency[Caller], database: NamedDependency[Database], agency_id: FromPath[int]
) -> AgencyView:
    """One agency, closed and suspended ones too: `status` tells."""

    async def work(tx: Reading) -> AgencyView:
        [shown] = await service.views(tx, [await service.find(tx, agency_id)])
        return shown

    return await database.read(work)


@patch("/agencies/{agency_id:int}")
async def edit_agency(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    data: JSONBody[EditAgency],
) -> AgencyView:
    """Change one's own agency. Another `commission_rate` holds for gifts from then on."""
    values = service.check_fields(data)

    async def work(tx: Transaction) -> AgencyView:
        agency = await service.edit(tx, caller.user_id, agency_id, values)
        [shown] = await service.views(tx, [agency])
        return shown

    return await database.run(work)


@delete("/agencies/{agency_id:int}", status_code=204)
async def close_agency(
    caller: NamedDependency[Caller], database: NamedDependency[Database], agency_id: FromPath[int]
) -> None:
    """Close one's own agency for good: `status` is inactive, and it earns no more."""
    await database.run(lambda tx: service.close(tx, caller.user_id, agency_id))


# --- requests --------------------------------------------------------------------------------


@post("/agencies/{agency_id:int}/requests", status_code=201)
async def ask_to_join(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    data: JSONBody[AskToJoin],
) -> AgencyRequestView:
    """Apply to an agency, or invite somebody into the one that one runs."""

    async def work(tx: Transaction) -> AgencyRequestView:
        request = await service.ask(tx, caller.user_id, agency_id, data)
        [shown] = await service.request_views(tx, [request])
        return shown

    return await database.run(work)


@get("/agencies/{agency_id:int}/requests")
async def list_agency_requests(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    status: FromQuery[RequestStatus | None] = None,
    type: FromQuery[RequestType | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyRequestView]:
    """Requests to and of the agency that one runs, newest first."""

    async def work(tx: Reading) -> pages.Page[AgencyRequestView]:
        await service.require_runner(tx, agency_id, caller.user_id)
        return await _requests(tx, limit, cursor, agency_id=agency_id, status=status, type=type)

    return await database.read(work)


@get("/me/agency-requests")
async def list_own_requests(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    status: FromQuery[RequestStatus | None] = None,
    type: FromQuery[RequestType | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyRequestView]:
    """One's own applications, and invitations to oneself, newest first."""

    async def work(tx: Reading) -> pages.Page[AgencyRequestView]:
        return await _requests(tx, limit, cursor, user_id=caller.user_id, status=status, type=type)

    return await database.read(work)


async def _requests(
    tx: Reading, limit: int, cursor: str | None, **wanted: Any
) -> pages.Page[AgencyRequestView]:
    (before,) = pages.decode(cursor, int) or (MAX_ID,)
    rows = await queries.list_requests(tx, before=before, limit=limit + 1, **wanted)
    shown = {one.id: one for one in await service.request_views(tx, rows[:limit])}
    return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))


@post("/agency-requests/{request_id:int}/approve", status_code=200)
async def approve_request(
    caller: NamedDependency[Caller], database: NamedDependency[Database], request_id: FromPath[int]
) -> AgencyRequestView:
    """Let an applicant in, or take an invitation."""

    async def work(tx: Transaction) -> AgencyRequestView:
        request = await service.approve(tx, caller.user_id, request_id)
        [shown] = await service.request_views(tx, [request])
        return shown

    return await database.run(work)


@post("/agency-requests/{request_id:int}/reject", status_code=200)
async def reject_request(
    caller: NamedDependency[Caller], database: NamedDependency[Database], request_id: FromPath[int]
) -> AgencyRequestView:
    """Say no to an applicant, or to an invitation."""

    async def work(tx: Transaction) -> AgencyRequestView:
        request = await service.reject(tx, caller.user_id, request_id)
        [shown] = await service.request_views(tx, [request])
        return shown

    return await database.run(work)


@delete("/agency-requests/{request_id:int}", status_code=204)
async def withdraw_request(
    caller: NamedDependency[Caller], database: NamedDependency[Database], request_id: FromPath[int]
) -> None:
    """Take back an application, or the agency's invitation."""
    await database.run(lambda tx: service.withdraw(tx, caller.user_id, request_id))


# --- members ---------------------------------------------------------------------------------


@get("/agencies/{agency_id:int}/members")
async def list_agency_members(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    sort: FromQuery[Literal["joined", "active"]] = "joined",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyMemberView]:
    """Who is in it: in the order of joining, or who was active last first."""
    first = (BEGIN, 0) if sort == "joined" else (END, MAX_ID)
    found = pages.decode(cursor, datetime, int)
    after = (found[0], found[1]) if found is not None else first

    async def work(tx: Reading) -> pages.Page[AgencyMemberView]:
        await service.find(tx, agency_id)
        rows = await queries.list_members(tx, agency_id, sort=sort, after=after, limit=limit + 1)
        cards = await accounts.cards(tx, [row.id for row in rows[:limit]])
        sees = caller.user_id in await queries.runners(tx, agency_id)
        return pages.page(
            rows,
            limit,
            lambda row: AgencyMemberView(
                user=cards[row.id],
                agency_role=row.agency_role,
                agency_joined_at=row.agency_joined_at,
                last_active_at=row.last_active_at if sees else None,
            ),
            lambda row: (row.sort_at, row.id),
        )

    return await database.read(work)


@patch("/agencies/{agency_id:int}/members/{user_id:int}")
async def edit_member(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[EditMember],
) -> AgencyMemberView:
    """Make a moderator of a member of one's own agency, or a member again."""

    async def work(tx: Transaction) -> AgencyMemberView:
        row = await service.give_role(tx, caller.user_id, agency_id, user_id, data.agency_role)
        cards = await accounts.cards(tx, [user_id])
        return AgencyMemberView(
            user=cards[user_id],
            agency_role=row.agency_role,
            agency_joined_at=row.agency_joined_at,
            last_active_at=row.last_active_at,
        )

    return await database.run(work)


@delete("/agencies/{agency_id:int}/members/{user_id:int}", status_code=204)
async def remove_member(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    user_id: FromPath[int],
) -> None:
    """Put somebody out of the agency that one runs; earnings stay where they were earned."""
    await database.run(lambda tx: service.remove(tx, caller.user_id, agency_id, user_id))


@post("/agencies/{agency_id:int}/leave", status_code=204)
async def leave_agency(
    caller: NamedDependency[Caller], database: NamedDependency[Database], agency_id: FromPath[int]
) -> None:
    """Be in no agency."""
    await database.run(lambda tx: service.leave(tx, caller.user_id, agency_id))


@post("/agencies/{agency_id:int}/transfer", status_code=200)
async def hand_over_agency(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    data: JSONBody[HandOver],
) -> AgencyView:
    """Make a member the agency's admin, and stay in it as a member."""

    async def work(tx: Transaction) -> AgencyView:
        agency = await service.hand_over(tx, caller.user_id, agency_id, data.user_id)
        [shown] = await service.views(tx, [agency])
        return shown

    return await database.run(work)


ROUTES = [
    found_agency,
    list_agencies,
    get_agency,
    edit_agency,
    close_agency,
    ask_to_join,
    list_agency_requests,
    list_own_requests,
    approve_request,
    reject_request,
    withdraw_request,
    list_agency_members,
    edit_member,
    remove_member,
    leave_agency,
    hand_over_agency,
    *EARNINGS,
]
