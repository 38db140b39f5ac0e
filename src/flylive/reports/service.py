"""Filing a report with its evidence, and deciding it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.agencies import queries as agencies
from flylive.clock import render
from flylive.database import Reading, Transaction
from flylive.errors import NotFound
from flylive.http import limits
from flylive.http.fields import MAX_ID
from flylive.messaging import queries as messages
from flylive.messaging.conversations import queries as conversations
from flylive.reports import queries, rules
from flylive.reports.errors import ReportDecided, UnknownReport, UnknownSubject
from flylive.reports.schemas import FileReport
from flylive.rooms import queries as rooms
from flylive.rooms import stays
from flylive.rooms.errors import NotInRoom
from flylive.social.errors import NotOneself

_USER = ("id", "signature", "name", "gender", "country", "avatar_image")
_ROOM = ("id", "user_id", "name", "type", "country", "logo", "greetings", "background_music_url")
_MESSAGE = (
    "id", "seq", "sender_id", "recipient_id", "room_id", "message_type", "content",
    "attachment_url", "attachment_type", "is_deleted", "sent_at",
)  # fmt: skip
_AGENCY = ("id", "owner_id", "name", "description", "logo")


class Evidence(NamedTuple):
    """What the subject shows right now, and who answers for it."""

    user_id: int
    shown: dict[str, Any]


async def file(tx: Transaction, user_id: int, data: FileReport) -> Row[Any]:
    """A report of the user's, or the open one that he filed of the same subject before.

    Raises UnknownSubject, NotOneself, TooManyRequests.
    """
    filed = await queries.find_open(tx, user_id, data.subject_type, data.subject_id)
    if filed is not None:
        return filed
    evidence = await _GATHER[data.subject_type](tx, user_id, data.subject_id)
    if evidence.user_id == user_id:
        raise NotOneself
    day = limits.Limit(f"reports:{user_id}", rules.REPORTS_PER_DAY, rules.DAY_SECONDS)
    await limits.take_within(tx, day)
    return await queries.insert(
        tx,
        subject_type=data.subject_type,
        subject_id=data.subject_id,
        reporter_id=user_id,
        subject_user_id=evidence.user_id,
        reason=data.reason,
        details=data.details,
        evidence=evidence.shown,
    )


async def decide(
    tx: Transaction, report_id: int, *, status: str, decision: str, decided_by: int
) -> Row[Any]:
    """Close an open report. Raises UnknownReport, ReportDecided."""
    report = await queries.lock(tx, report_id)
    if report is None:
        raise UnknownReport
    if report.status != "open":
        raise ReportDecided(
            report_status=report.status,
            decided_by=report.decided_by,
            decided_at=render(report.decided_at),
        )
    await queries.decide(tx, report_id, status=status, decision=decision, decided_by=decided_by)
    changed = await queries.find(tx, report_id)
    assert changed is not None
    return changed


async def surrounding(
    tx: Reading, report: Row[Any], *, before: int | None, after: int | None, limit: int
) -> list[Row[Any]]:
    """Up to `limit` messages of the room or conversation of a report, in order, as they are now.

    Around the reported message, or the newest of the reported room; behind `after`, or else
    before `before`, if they are given. None where the report is of something else.
    """
    room_id = report.subject_id if report.subject_type == "room" else None
    pair: tuple[int, int] | None = None
    if report.subject_type == "message":
        message = await messages.find_message(tx, report.subject_id)
        assert message is not None, "messages are kept"
        room_id = message.room_id
        pair = (message.sender_id, message.recipient_id)
        if before is None and after is None:
            half = max(limit // 2, 1)
            earlier = await _page(tx, room_id, pair, before=message.seq, after=None, limit=half)
            later = await _page(
                tx, room_id, pair, before=None, after=message.seq - 1, limit=limit - half
            )
            return [*earlier, *later]
    elif room_id is None:
        return []
    return await _page(tx, room_id, pair, before=before, after=after, limit=limit)


async def _page(
    tx: Reading,
    room_id: int | None,
    pair: tuple[int, int] | None,
    *,
    before: int | None,
    after: int | None,
    limit: int,
) -> list[Row[Any]]:
    if after is not None:
        if room_id is not None:
            return list(await messages.list_after(tx, room_id, after=after, limit=limit))
        assert pair is not None
        return list(await conversations.list_after(tx, *pair, after=after, limit=limit))
    edge = MAX_ID if before is None else before
    if room_id is not None:
        return list(await messages.list_before(tx, room_id, before=edge, limit=limit))[::-1]
    assert pair is not None
    return list(await conversations.list_before(tx, *pair, before=edge, limit=limit))[::-1]


def _columns(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in names}


async def _user(tx: Reading, reporter_id: int, subject_id: int) -> Evidence:
    user = await accounts.find_user(tx, subject_id)
    if user is None:
        raise UnknownSubject
    return Evidence(user.id, {"user": _columns(user, _USER)})


async def _room(tx: Reading, reporter_id: int, subject_id: int) -> Evidence:
    try:
        room = await stays.find_visible(tx, reporter_id, subject_id)
    except (NotFound, NotInRoom) as error:
        raise UnknownSubject from error
    newest = await messages.list_before(tx, room.id, before=MAX_ID, limit=2 * rules.SURROUNDING)
    shown = [_columns(message, _MESSAGE) for message in newest[::-1]]
    return Evidence(room.user_id, {"room": _columns(room, _ROOM), "messages": shown})


async def _message(tx: Reading, reporter_id: int, subject_id: int) -> Evidence:
    """With what was written around it, since a word alone says little."""
    message = await messages.find_message(tx, subject_id)
    if message is None:
        raise UnknownSubject
    if message.room_id is not None:
        if not await rooms.was_inside(tx, message.room_id, reporter_id):
            raise UnknownSubject
        before = await messages.list_before(
            tx, message.room_id, before=message.seq, limit=rules.SURROUNDING
        )
        after = await messages.list_after(
            tx, message.room_id, after=message.seq, limit=rules.SURROUNDING
        )
    else:
        pair = (message.sender_id, message.recipient_id)
        if reporter_id not in pair:
            raise UnknownSubject
        before = await conversations.list_before(
            tx, *pair, before=message.seq, limit=rules.SURROUNDING
        )
        after = await conversations.list_after(
            tx, *pair, after=message.seq, limit=rules.SURROUNDING
        )
    around = [*before[::-1], message, *after]
    return Evidence(
        message.sender_id,
        {
            "message": _columns(message, _MESSAGE),
            "messages": [_columns(row, _MESSAGE) for row in around],
        },
    )


async def _agency(tx: Reading, reporter_id: int, subject_id: int) -> Evidence:
    agency = await agencies.find(tx, subject_id)
    if agency is None:
        raise UnknownSubject
    return Evidence(agency.owner_id, {"agency": _columns(agency, _AGENCY)})


_GATHER = {"user": _user, "room": _room, "message": _message, "agency": _agency}
