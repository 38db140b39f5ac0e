"""The verbs of agencies. Each locks the people first, by id, then the agency, then a request."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.agencies import queries, rules
from flylive.agencies.errors import (
    AgencyFull,
    AgencyNameTaken,
    AgencyNotActive,
    AgencyOwnerOnly,
    AgencyStaffOnly,
    AlreadyInAgency,
    EmailNotVerified,
    LimitTooSmall,
    NotAMember,
    NotRecruiting,
    NotYourRequest,
    OwnerCannotLeave,
    RequestDecided,
    RequestPending,
    UnknownAgency,
    UnknownAgencyRequest,
)
from flylive.agencies.events import AgencyRequested, AgencyUpdated
from flylive.agencies.schemas import (
    AgencyMembership,
    AgencyRequestView,
    AgencyView,
    AskToJoin,
    EditAgency,
    FoundAgency,
)
from flylive.database import Reading, Transaction
from flylive.errors import InvalidRequest, Unauthenticated
from flylive.http import limits
from flylive.http.fields import FieldChecks
from flylive.realtime import record, user_stream
from flylive.social.errors import UserNotAvailable
from flylive.social.rules import Action
from flylive.social.service import may
from flylive.uploads.service import discard, own_address

_FIELDS = {
    "name": rules.name,
    "description": rules.description,
    "logo": rules.logo,
    "commission_rate": rules.commission_rate,
}


def check_fields(data: FoundAgency | EditAgency) -> dict[str, Any]:
    """The columns that were sent, as they are kept. Raises InvalidRequest."""
    checks, values = FieldChecks(), {}
    for name, value in msgspec.structs.asdict(data).items():
        if value is msgspec.UNSET:
            continue
        rule: Any = _FIELDS.get(name)
        values[name] = value if rule is None else checks.field(name, rule, value)
    checks.done()
    return values


# --- seeing ----------------------------------------------------------------------------------


async def find(tx: Reading, agency_id: int) -> Row[Any]:
    """An agency, active or not. Raises UnknownAgency."""
    agency = await queries.find(tx, agency_id)
    if agency is None:
        raise UnknownAgency
    return agency


async def views(tx: Reading, rows: Sequence[Row[Any]]) -> list[AgencyView]:
    """Agencies as everybody sees them."""
    owners = await accounts.cards(tx, {row.owner_id for row in rows})
    return [
        msgspec.convert(row._asdict() | {"owner": owners[row.owner_id]}, AgencyView) for row in rows
    ]


async def request_views(tx: Reading, rows: Sequence[Row[Any]]) -> list[AgencyRequestView]:
    """Requests as both sides see them."""
    people = await accounts.cards(tx, {row.user_id for row in rows})
    return [
        msgspec.convert(row._asdict() | {"user": people[row.user_id]}, AgencyRequestView)
        for row in rows
    ]


async def require_runner(tx: Reading, agency_id: int, user_id: int) -> Row[Any]:
    """The agency, for who runs it. Raises UnknownAgency, AgencyStaffOnly."""
    agency = await find(tx, agency_id)
    user = await accounts.find_user(tx, user_id)
    if user is None or user.agency_id != agency_id or not rules.runs(user.agency_role):
        raise AgencyStaffOnly
    return agency


# --- telling ---------------------------------------------------------------------------------


async def _tell(
    tx: Transaction,
    agency: Row[Any],
    user_id: int,
    reason: str,
    request_id: int | None = None,
) -> None:
    """Tell a user, and who runs the agency, what changed between the two."""
    request = None
    if request_id is not None:
        row = await queries.find_request(tx, request_id)
        assert row is not None
        [request] = await request_views(tx, [row])
    told = AgencyUpdated(
        agency_id=agency.id,
        user_id=user_id,
        reason=reason,
        membership=await queries.find_membership(tx, user_id),
        commission_rate=agency.commission_rate,
        status=agency.status,
        request=request,
    )
    for listener in sorted({user_id, *await queries.runners(tx, agency.id)}):
        record(tx, user_stream(listener), told)


async def _tell_members(tx: Transaction, agency: Row[Any], reason: str) -> None:
    """Tell everybody in it what is new about the agency itself."""
    for member in await queries.members(tx, agency.id):
        told = AgencyUpdated(
            agency_id=agency.id,
            user_id=member.id,
            reason=reason,
            membership=AgencyMembership(id=agency.id, name=agency.name, role=member.agency_role),
            commission_rate=agency.commission_rate,
            status=agency.status,
        )
        record(tx, user_stream(member.id), told)


async def _cancel_open(
    tx: Transaction, *, by: int, agency_id: int | None = None, user_id: int | None = None
) -> None:
    for request_id in await queries.cancel_open(tx, by=by, agency_id=agency_id, user_id=user_id):
        row = await queries.find_request(tx, request_id)
        assert row is not None
        await _tell(tx, await find(tx, row.agency_id), row.user_id, "cancelled", request_id)


# --- founding, editing, closing --------------------------------------------------------------


async def found(tx: Transaction, user_id: int, values: dict[str, Any]) -> Row[Any]:
    """A new agency, whose admin and first member the user is.

    Raises AlreadyInAgency, EmailNotVerified, AgencyNameTaken, InvalidRequest (a logo that is not
    his), TooManyRequests.
    """
    user = await _lock_caller(tx, user_id)
    if user.agency_id is not None:
        raise AlreadyInAgency(user_id=user_id, agency_id=user.agency_id)
    if user.email_verified_at is None:
        raise EmailNotVerified
    await _check_logo(tx, user_id, values)
    await limits.take_within(
        tx, limits.Limit(f"agencies:{user_id}", rules.FOUNDED_PER_DAY, 24 * 3600)
    )
    try:
        async with tx.connection.begin_nested():
            agency = await queries.create(tx, owner_id=user_id, **values)
    except IntegrityError as error:
        raise AgencyNameTaken from error
    await queries.join(tx, agency.id, user_id, "admin")
    await _cancel_open(tx, by=user_id, user_id=user_id)
    agency = await find(tx, agency.id)
    await _tell(tx, agency, user_id, "joined")
    return agency


async def edit(tx: Transaction, user_id: int, agency_id: int, values: dict[str, Any]) -> Row[Any]:
    """Change one's own agency; what was earned before stays as it was.

    Raises UnknownAgency, AgencyOwnerOnly, AgencyNotActive, AgencyNameTaken, LimitTooSmall,
    InvalidRequest.
    """
    await _lock_caller(tx, user_id)
    agency = await _lock(tx, agency_id)
    if agency.owner_id != user_id:
        raise AgencyOwnerOnly
    _check_active(agency)
    await _check_logo(tx, user_id, values)
    return await _change(tx, agency, values)


async def edit_as_staff(tx: Transaction, agency_id: int, values: dict[str, Any]) -> Row[Any]:
    """The same for the platform's staff, who also suspend and reopen.

    Raises UnknownAgency, AgencyNotActive (it was closed), AgencyNameTaken, LimitTooSmall.
    """
    agency = await _lock(tx, agency_id)
    if agency.status == "inactive":
        raise AgencyNotActive(agency_status=agency.status)
    return await _change(tx, agency, values)


async def _change(tx: Transaction, agency: Row[Any], values: dict[str, Any]) -> Row[Any]:
    before = agency._mapping
    wanted = {name: value for name, value in values.items() if before[name] != value}
    if not wanted:
        return agency
    if wanted.get("member_limit", agency.member_count) < agency.member_count:
        raise LimitTooSmall(member_count=agency.member_count)
    try:
        async with tx.connection.begin_nested():
            changed = await queries.change(tx, agency.id, **wanted)
    except IntegrityError as error:
        raise AgencyNameTaken from error
    if "logo" in wanted:
        await discard(tx, agency.owner_id, [agency.logo])
    if "status" in wanted:
        await _tell_members(tx, changed, _STATUS_WORDS[changed.status])
    elif wanted.keys() & {"name", "commission_rate"}:
        await _tell_members(tx, changed, "edited")
    return changed


_STATUS_WORDS = {"active": "reopened", "suspended": "suspended", "inactive": "closed"}


async def close(tx: Transaction, user_id: int, agency_id: int) -> None:
    """Close one's own agency for good; its people may leave it, and it earns no more.

    Raises UnknownAgency, AgencyOwnerOnly. Again does nothing.
    """
    await _lock_caller(tx, user_id)
    agency = await _lock(tx, agency_id)
    if agency.owner_id != user_id:
        raise AgencyOwnerOnly
    if agency.status == "inactive":
        return
    changed = await queries.change(tx, agency_id, status="inactive", is_recruiting=False)
    await _tell_members(tx, changed, "closed")
    await _cancel_open(tx, by=user_id, agency_id=agency_id)


# --- requests --------------------------------------------------------------------------------


async def ask(tx: Transaction, user_id: int, agency_id: int, data: AskToJoin) -> Row[Any]:
    """Apply to the agency, or invite somebody into it.

    Raises UnknownAgency, UnknownUser, AgencyNotActive, NotRecruiting, AgencyStaffOnly,
    AlreadyInAgency, AgencyFull, RequestPending, UserNotAvailable, InvalidRequest,
    TooManyRequests.
    """
    checks = FieldChecks()
    message = checks.field("message", rules.message, data.message)
    if data.type == "application" and data.user_id not in (None, user_id):
        checks.refuse("user_id", "is for invitations")
    if data.type == "invitation" and data.user_id is None:
        checks.refuse("user_id", "who is invited")
    checks.done()
    subject_id = user_id if data.type == "application" else data.user_id
    assert subject_id is not None
    people = await _lock_people(tx, user_id, subject_id)
    agency = await _lock(tx, agency_id)
    _check_active(agency)
    if data.type == "invitation":
        _check_runs(people[user_id], agency_id)
        if not await may(tx, user_id, Action.INVITE, subject_id):
            raise UserNotAvailable
    else:
        if not await may(tx, user_id, Action.JOIN_AGENCY, agency.owner_id):
            raise UserNotAvailable
        if not agency.is_recruiting:
            raise NotRecruiting
    subject = people[subject_id]
    if subject.agency_id is not None:
        raise AlreadyInAgency(user_id=subject_id, agency_id=subject.agency_id)
    if agency.member_count >= agency.member_limit:
        raise AgencyFull(member_limit=agency.member_limit)
    pending = await queries.find_pending(tx, agency_id, subject_id)
    if pending is not None:
        raise RequestPending(request_id=pending)
    limit = limits.Limit(
        f"agency_requests:{user_id}", rules.REQUESTS_PER_WINDOW, rules.REQUEST_WINDOW_SECONDS
    )
    await limits.take_within(tx, limit)
    request_id = await queries.insert_request(
        tx, agency_id=agency_id, user_id=subject_id, type=data.type, message=message
    )
    request = await queries.find_request(tx, request_id)
    assert request is not None
    [shown] = await request_views(tx, [request])
    for listener in sorted({subject_id, *await queries.runners(tx, agency_id)}):
        record(tx, user_stream(listener), AgencyRequested(request=shown))
    return request


async def approve(tx: Transaction, user_id: int, request_id: int) -> Row[Any]:
    """Let the one who applied, or was invited, come in.

    Raises UnknownAgencyRequest, NotYourRequest, RequestDecided, AgencyNotActive, AgencyFull,
    AlreadyInAgency, UserNotAvailable.
    """
    people, agency, request = await _lock_request(tx, user_id, request_id)
    _check_decides(people[user_id], request)
    _check_pending(request)
    _check_active(agency)
    subject = people[request.user_id]
    if not await may(tx, subject.id, Action.JOIN_AGENCY, agency.owner_id):
        raise UserNotAvailable
    if subject.agency_id is not None:
        raise AlreadyInAgency(user_id=subject.id, agency_id=subject.agency_id)
    if agency.member_count >= agency.member_limit:
        raise AgencyFull(member_limit=agency.member_limit)
    await queries.decide(tx, request_id, status="approved", by=user_id)
    await queries.join(tx, agency.id, subject.id, "member")
    await _tell(tx, agency, subject.id, "joined", request_id)
    # Who is in one agency asks no other, and no other waits for him.
    await _cancel_open(tx, by=user_id, user_id=subject.id)
    return await _found_request(tx, request_id)


async def reject(tx: Transaction, user_id: int, request_id: int) -> Row[Any]:
    """Say no. Raises UnknownAgencyRequest, NotYourRequest, RequestDecided."""
    people, agency, request = await _lock_request(tx, user_id, request_id)
    _check_decides(people[user_id], request)
    _check_pending(request)
    await queries.decide(tx, request_id, status="rejected", by=user_id)
    await _tell(tx, agency, request.user_id, "rejected", request_id)
    return await _found_request(tx, request_id)


async def withdraw(tx: Transaction, user_id: int, request_id: int) -> None:
    """Take back what one's own side asked. Raises UnknownAgencyRequest, NotYourRequest,
    RequestDecided.
    """
    people, agency, request = await _lock_request(tx, user_id, request_id)
    is_own = (
        request.user_id == user_id
        if request.type == "application"
        else _runs(people[user_id], request.agency_id)
    )
    if not is_own:
        raise NotYourRequest
    _check_pending(request)
    await queries.decide(tx, request_id, status="cancelled", by=user_id)
    await _tell(tx, agency, request.user_id, "cancelled", request_id)


# --- members ---------------------------------------------------------------------------------


async def give_role(
    tx: Transaction, user_id: int, agency_id: int, member_id: int, role: str
) -> Row[Any]:
    """Make somebody a moderator, or a member again; the user's row.

    Raises UnknownAgency, AgencyOwnerOnly, NotAMember, AgencyNotActive, OwnerCannotLeave.
    """
    people = await _lock_people(tx, user_id, member_id, missing=NotAMember)
    agency = await _lock(tx, agency_id)
    if agency.owner_id != user_id:
        raise AgencyOwnerOnly
    _check_active(agency)
    member = people[member_id]
    if member.agency_id != agency_id:
        raise NotAMember
    if member_id == agency.owner_id:
        raise OwnerCannotLeave
    if member.agency_role != role:
        await queries.set_role(tx, member_id, role)
        await _tell(tx, agency, member_id, "role")
    found = await accounts.find_user(tx, member_id)
    assert found is not None
    return found


async def remove(tx: Transaction, user_id: int, agency_id: int, member_id: int) -> None:
    """Put somebody out. Raises UnknownAgency, NotAMember, AgencyStaffOnly, AgencyOwnerOnly,
    OwnerCannotLeave.
    """
    if member_id == user_id:
        await leave(tx, user_id, agency_id)
        return
    people = await _lock_people(tx, user_id, member_id, missing=NotAMember)
    agency = await _lock(tx, agency_id)
    actor, member = people[user_id], people[member_id]
    _check_runs(actor, agency_id)
    if member.agency_id != agency_id:
        raise NotAMember
    if not rules.may_remove(actor.agency_role, member.agency_role):
        raise AgencyOwnerOnly
    await queries.leave(tx, agency_id, member_id)
    await _tell(tx, agency, member_id, "removed")


async def leave(tx: Transaction, user_id: int, agency_id: int) -> None:
    """Be in no agency. The owner hands it over or closes it first.

    Raises UnknownAgency, NotAMember, OwnerCannotLeave.
    """
    user = await _lock_caller(tx, user_id)
    agency = await _lock(tx, agency_id)
    if user.agency_id != agency_id:
        raise NotAMember
    if agency.owner_id == user_id and agency.status != "inactive":
        raise OwnerCannotLeave
    await queries.leave(tx, agency_id, user_id)
    await _tell(tx, agency, user_id, "left")


async def hand_over(tx: Transaction, user_id: int, agency_id: int, heir_id: int) -> Row[Any]:
    """Make a member the agency's admin and owner, and oneself a member.

    Raises UnknownAgency, AgencyOwnerOnly, NotAMember, AgencyNotActive, InvalidRequest.
    """
    if heir_id == user_id:
        raise InvalidRequest.field("user_id", "must be another member")
    people = await _lock_people(tx, user_id, heir_id, missing=NotAMember)
    agency = await _lock(tx, agency_id)
    if agency.owner_id != user_id:
        raise AgencyOwnerOnly
    if agency.status == "inactive":
        raise AgencyNotActive(agency_status=agency.status)
    heir = people[heir_id]
    if heir.agency_id != agency_id or heir.is_blocked:
        raise NotAMember
    changed = await queries.change(tx, agency_id, owner_id=heir_id)
    await queries.set_role(tx, heir_id, "admin")
    await queries.set_role(tx, user_id, "member")
    for one in (user_id, heir_id):
        await _tell(tx, changed, one, "role")
    return changed


# --- what several verbs ask ------------------------------------------------------------------


async def _lock_caller(tx: Transaction, user_id: int) -> Row[Any]:
    user = await accounts.lock_user(tx, user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    return user


async def _lock_people(
    tx: Transaction,
    user_id: int,
    other_id: int,
    missing: type[UnknownUser | NotAMember] = UnknownUser,
) -> dict[int, Row[Any]]:
    people = await accounts.lock_users(tx, {user_id, other_id})
    if user_id not in people or people[user_id].is_blocked:
        raise Unauthenticated
    if other_id not in people:
        raise missing
    return people


async def _lock(tx: Transaction, agency_id: int) -> Row[Any]:
    agency = await queries.lock(tx, agency_id)
    if agency is None:
        raise UnknownAgency
    return agency


async def _lock_request(
    tx: Transaction, user_id: int, request_id: int
) -> tuple[dict[int, Row[Any]], Row[Any], Row[Any]]:
    """The people, the agency and the request, for whoever may see it."""
    seen = await queries.find_request(tx, request_id)
    if seen is None:
        raise UnknownAgencyRequest
    people = await _lock_people(tx, user_id, seen.user_id)
    agency = await _lock(tx, seen.agency_id)
    request = await queries.lock_request(tx, request_id)
    assert request is not None
    if user_id != request.user_id and not _runs(people[user_id], agency.id):
        raise UnknownAgencyRequest
    return people, agency, request


async def _found_request(tx: Reading, request_id: int) -> Row[Any]:
    request = await queries.find_request(tx, request_id)
    assert request is not None
    return request


def _runs(user: Row[Any], agency_id: int) -> bool:
    return user.agency_id == agency_id and rules.runs(user.agency_role)


def _check_runs(user: Row[Any], agency_id: int) -> None:
    if not _runs(user, agency_id):
        raise AgencyStaffOnly


def _check_decides(user: Row[Any], request: Row[Any]) -> None:
    decides = (
        _runs(user, request.agency_id)
        if request.type == "application"
        else user.id == request.user_id
    )
    if not decides:
        raise NotYourRequest


def _check_pending(request: Row[Any]) -> None:
    if request.status != "pending":
        raise RequestDecided(request_status=request.status)


def _check_active(agency: Row[Any]) -> None:
    if agency.status != "active":
        raise AgencyNotActive(agency_status=agency.status)


async def _check_logo(tx: Reading, user_id: int, values: dict[str, Any]) -> None:
    url = values.get("logo")
    if url is not None and await own_address(tx, user_id, url, ("agency_logo",)) is None:
        raise InvalidRequest.field("logo", rules.OWN_LOGO_WANTED)
