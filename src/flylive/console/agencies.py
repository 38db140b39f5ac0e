"""The staff's addresses of agencies: find, people, earnings, suspend, reopen, commission, limit."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.agencies import queries, service
from flylive.agencies import rules as agency_rules
from flylive.agencies.earning_endpoints import Since, Until, asked_span, earnings_page
from flylive.agencies.schemas import (
    AgencyMemberView,
    AgencyRequestView,
    AgencyView,
    Earnings,
    Limit,
    RequestStatus,
    RequestType,
)
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import begin_on, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest, Unavailable
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks


class EditAgencyAsStaff(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/agencies/{id}: only the fields that are sent change.

    While it is `suspended` an agency earns nothing and takes nobody in.
    """

    reason: str
    status: Literal["active", "suspended"] | UnsetType = UNSET
    commission_rate: str | int | UnsetType = UNSET
    member_limit: Limit | UnsetType = UNSET


@get("/agencies", guards=[require(Right.VIEW_AGENCIES)])
async def list_agencies(
    database: NamedDependency[Database],
    q: Annotated[str | None, QueryParameter(name="q", min_length=1, max_length=100)] = None,
    status: FromQuery[Literal["active", "inactive", "suspended"] | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyView]:
    """Agencies of any status, newest first."""
    if q is not None and "\0" in q:
        raise InvalidRequest.field("q", "must not contain control characters")
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[AgencyView]:
        rows = await queries.list_agencies(
            tx, sort="newest", limit=limit + 1, after=(before, before), words=q, status=status
        )
        shown = {one.id: one for one in await service.views(tx, rows[:limit])}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))

    return await database.read(work)


@get("/agencies/{agency_id:int}", guards=[require(Right.VIEW_AGENCIES)])
async def get_agency(database: NamedDependency[Database], agency_id: FromPath[int]) -> AgencyView:
    """One agency of any status."""

    async def work(tx: Reading) -> AgencyView:
        [shown] = await service.views(tx, [await service.find(tx, agency_id)])
        return shown

    return await database.read(work)


@get("/agencies/{agency_id:int}/members", guards=[require(Right.VIEW_AGENCIES)])
async def list_members(
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    sort: FromQuery[Literal["joined", "active"]] = "joined",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyMemberView]:
    """The agency's people: in the order of joining, or who was here last first."""
    edge = _FIRST if sort == "joined" else _LAST
    after = pages.decode(cursor, datetime, int) or edge

    async def work(tx: Reading) -> pages.Page[AgencyMemberView]:
        await service.find(tx, agency_id)
        rows = await queries.list_members(
            tx, agency_id, sort=sort, after=(after[0], after[1]), limit=limit + 1
        )
        cards = await accounts.cards(tx, {row.id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: AgencyMemberView(
                user=cards[row.id],
                agency_role=row.agency_role,
                agency_joined_at=row.agency_joined_at,
                last_active_at=row.last_active_at,
            ),
            lambda row: (row.sort_at, row.id),
        )

    return await database.read(work)


_FIRST = (datetime(1, 1, 2, tzinfo=UTC), 0)
_LAST = (datetime(9999, 12, 30, tzinfo=UTC), MAX_ID)


@get("/agencies/{agency_id:int}/requests", guards=[require(Right.VIEW_AGENCIES)])
async def list_requests(
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    status: FromQuery[RequestStatus | None] = None,
    type: FromQuery[RequestType | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AgencyRequestView]:
    """The agency's applications and invitations, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[AgencyRequestView]:
        await service.find(tx, agency_id)
        rows = await queries.list_requests(
            tx, before=before, limit=limit + 1, agency_id=agency_id, status=status, type=type
        )
        shown = {one.id: one for one in await service.request_views(tx, rows)}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))

    return await database.read(work)


@get("/agencies/{agency_id:int}/earnings", guards=[require(Right.VIEW_AGENCIES)])
async def list_earnings(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    agency_id: FromPath[int],
    since: Since = None,
    until: Until = None,
    group: FromQuery[Literal["day", "member", "none"]] = "none",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Earnings:
    """What the agency's members earned; each line opens into the gift it came from."""
    span = asked_span(since, until)._replace(agency_id=agency_id)

    async def work(tx: Reading) -> Earnings:
        await service.find(tx, agency_id)
        return await earnings_page(tx, span, group, settings, limit, cursor)

    return await database.read(work)


@patch("/agencies/{agency_id:int}", guards=[require(Right.MANAGE_AGENCIES)])
async def edit_agency(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    data: JSONBody[EditAgencyAsStaff],
) -> AgencyView:
    """Suspend or reopen an agency, or set its rate and limit; the past stays as it was."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    rate = checks.field("commission_rate", agency_rules.commission_rate, data.commission_rate)
    checks.done()
    sent: dict[str, Any] = {"status": data.status, "member_limit": data.member_limit}
    wanted = {name: value for name, value in sent.items() if value is not UNSET}
    if rate is not None:
        wanted["commission_rate"] = rate

    async def work(tx: Transaction) -> AgencyView:
        owner_id = (await service.find(tx, agency_id)).owner_id
        actor, _ = await begin_on(tx, request, caller, Right.MANAGE_AGENCIES, {owner_id})
        before = await service.find(tx, agency_id)
        if before.owner_id != owner_id:
            raise Unavailable("It was handed over this very moment")
        after = await service.edit_as_staff(tx, agency_id, wanted)
        changes = [name for name in wanted if before._mapping[name] != after._mapping[name]]
        if changes:
            await audit.write(
                tx,
                actor,
                "agency.edit",
                ("agency", agency_id),
                reason=reason,
                before={name: before._mapping[name] for name in changes},
                after={name: after._mapping[name] for name in changes},
            )
        [shown] = await service.views(tx, [after])
        return shown

    return await database.run(work)


ROUTES = [list_agencies, get_agency, list_members, list_requests, list_earnings, edit_agency]
