"""Writing and taking back announcements; who may, why, and the audit log are the console's."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive.accounts import rules as account_rules
from flylive.announcements import queries, rules
from flylive.announcements.errors import AnnouncementEnded, UnknownAnnouncement
from flylive.announcements.schemas import StaffAnnouncementView, WriteAnnouncement
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http.fields import FieldChecks, moment


def check_fields(data: WriteAnnouncement, checks: FieldChecks) -> dict[str, Any]:
    """The columns as they are kept; what is wrong stands in `checks`."""
    at = now()
    values: dict[str, Any] = {
        "title": checks.field("title", rules.title, data.title),
        "content": checks.field("content", rules.content, data.content),
        "audience": data.audience,
        "country": None,
        "min_vip_level": data.min_vip_level,
        "starts_at": at,
        "ends_at": data.ends_at,
        "is_pushed": data.is_pushed,
    }
    if (data.audience == "country") != (data.country is not None):
        checks.refuse("country", "goes with the audience country, and with that alone")
    elif data.country is not None:
        values["country"] = checks.field("country", account_rules.country, data.country)
    if (data.audience == "vip") != (data.min_vip_level is not None):
        checks.refuse("min_vip_level", "goes with the audience vip, and with that alone")
    for name, given in (("starts_at", data.starts_at), ("ends_at", data.ends_at)):
        if given is not None and checks.field(name, moment, given) is None:
            return values
    values["starts_at"] = max(data.starts_at or at, at)
    if data.ends_at is not None and data.ends_at <= values["starts_at"]:
        checks.refuse("ends_at", "must lie behind its start, and in the future")
    return values


async def write(tx: Transaction, values: dict[str, Any], by: int) -> Row[Any]:
    """A new announcement; `values` are from :func:`check_fields`."""
    return await queries.insert(tx, **values, created_by=by)


async def cancel(tx: Transaction, announcement_id: int, by: int) -> tuple[str, Row[Any]]:
    """Take an announcement back; where it stood, and how it stands.

    Who has seen it has seen it. Raises UnknownAnnouncement, AnnouncementEnded.
    """
    row = await queries.lock(tx, announcement_id)
    if row is None:
        raise UnknownAnnouncement
    status = stands(row, now())
    if status not in ("scheduled", "running"):
        raise AnnouncementEnded(announcement_status=status)
    return status, await queries.cancel(tx, announcement_id, by)


async def find(tx: Reading, announcement_id: int) -> Row[Any]:
    """Raises UnknownAnnouncement."""
    row = await queries.find(tx, announcement_id)
    if row is None:
        raise UnknownAnnouncement
    return row


def stands(row: Row[Any], at: datetime) -> str:
    """Its status at that moment."""
    return rules.status(row.starts_at, row.ends_at, row.cancelled_at, at)


def staff_view(row: Row[Any]) -> StaffAnnouncementView:
    """As staff see it now."""
    return msgspec.convert(row._asdict() | {"status": stands(row, now())}, StaffAnnouncementView)
