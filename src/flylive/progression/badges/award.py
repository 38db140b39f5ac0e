"""Looking at whose badges are earned, and giving each once.

Two looks at once give a badge once: its row is unique, and only who wrote it tells of it. All
work is by batches of users or rooms, so that memory does not grow with how many there are, nor
with how many gifts they gave: the database adds those up.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy import Row

from flylive import badge_checks
from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.errors import Unavailable
from flylive.progression.badges import queries
from flylive.progression.badges.rules import (
    METRICS,
    Cause,
    Fault,
    Rule,
    Subject,
    caps,
    comparisons,
    is_met,
    parse,
)
from flylive.progression.events import BadgeEarned
from flylive.progression.schemas import BadgeBrief
from flylive.realtime import record, user_stream

log = structlog.get_logger(__name__)

CHECKS_AT_ONCE = 500


class Candidate(NamedTuple):
    """An active badge and its rule."""

    badge: Row[Any]
    rule: Rule


@lru_cache(maxsize=4096)
def _parsed(requirements: bytes, subject: Subject) -> Rule | Fault:
    try:
        return parse(msgspec.json.decode(requirements), subject)
    except Fault as fault:
        return fault


def read_rule(badge: Row[Any], subject: Subject) -> Rule | None:
    """The badge's rule; None where an adopted database brought none of ours."""
    found = _parsed(msgspec.json.encode(badge.requirements), subject)
    if isinstance(found, Fault):
        log.warning("badge.unreadable", badge=badge.id, fault=str(found))
        return None
    return found


async def candidates(
    tx: Transaction, subject: Subject, badge_id: int | None = None
) -> list[Candidate]:
    """The active badges about users or rooms, or one of them, with their rules."""
    rows = await queries.list_active(tx, subject, badge_id)
    return [Candidate(row, rule) for row in rows if (rule := read_rule(row, subject)) is not None]


def prompt(found: Sequence[Candidate], cause: Cause) -> list[Candidate]:
    """Those that such a change may earn."""
    return [
        candidate
        for candidate in found
        if any(METRICS[one.metric].cause == cause for one in comparisons(candidate.rule))
    ]


async def give_earned(
    tx: Transaction, subject: Subject, ids: Collection[int], found: Sequence[Candidate]
) -> int:
    """Give those of these badges to those of these users or rooms who have earned them."""
    if not ids or not found:
        return 0
    had = await queries.list_had(tx, subject, ids, [candidate.badge.id for candidate in found])
    values = await queries.measure(tx, subject, ids, caps(c.rule for c in found))
    earned = [
        (subject_id, candidate.badge.id)
        for subject_id in sorted(values)
        for candidate in found
        if (subject_id, candidate.badge.id) not in had
        and is_met(candidate.rule, values[subject_id])
    ]
    badges = {candidate.badge.id: candidate.badge for candidate in found}
    owners = {
        subject_id: int(values[subject_id]["owner_id"]) if subject == "room" else subject_id
        for subject_id, _ in earned
    }
    return await give(tx, subject, [(one, badges[badge_id]) for one, badge_id in earned], owners)


async def give(
    tx: Transaction,
    subject: Subject,
    earned: Sequence[tuple[int, Row[Any]]],
    owners: dict[int, int],
    at: datetime | None = None,
) -> int:
    """Give badges and tell of each that was not there; `owners` are who is told, by subject."""
    if not earned:
        return 0
    moment = at or now()
    badges = {badge.id: badge for _, badge in earned}
    new = await queries.award(tx, subject, [(one, badge.id) for one, badge in earned], moment)
    for row in new:
        badge = badges[row.badge_id]
        brief = BadgeBrief(
            id=badge.id,
            earned_id=row.earned_id,
            user_id=row.subject_id if subject == "user" else None,
            badge_id=badge.id,
            name=badge.name,
            description=badge.description,
            category=badge.category,
            icon_url=badge.icon_url,
            rarity=badge.rarity,
            earned_at=moment,
        )
        room_id = row.subject_id if subject == "room" else None
        stream = user_stream(owners[row.subject_id])
        record(tx, stream, BadgeEarned(badge=brief, room_id=room_id))
    return len(new)


async def look(database: Database) -> int:
    """Look at those whose badges wait, up to a batch; how many they were."""
    return await database.run(_look)


async def _look(tx: Transaction) -> int:
    waiting: dict[badge_checks.Kind, list[int]] = defaultdict(list)
    for row in await badge_checks.claim(tx, CHECKS_AT_ONCE):
        waiting[row.kind].append(row.subject_id)
    users, rooms, tied = waiting["user"], waiting["room"], waiting["ties"]
    if users:
        uncounted = await queries.list_uncounted(tx, users)
        if uncounted:
            await queries.recount(tx, uncounted)
        await give_earned(tx, "user", users, prompt(await candidates(tx, "user"), "gifts"))
    if tied:
        await give_earned(tx, "user", tied, prompt(await candidates(tx, "user"), "ties"))
    if rooms:
        await give_earned(tx, "room", rooms, prompt(await candidates(tx, "room"), "gifts"))
    return len(users) + len(rooms) + len(tied)


async def recount(database: Database, ids: Sequence[int]) -> None:
    """Count the gifts of these users anew, each small group in a transaction of its own.

    Where counting takes longer than a statement may, the group is halved; a single user whose
    gifts are too many for that stays with what was folded.
    """
    try:
        await database.run(lambda tx: queries.recount(tx, ids))
    except Unavailable:
        if len(ids) == 1:
            log.warning("badges.not_recounted", user=ids[0])
            return
        middle = len(ids) // 2
        await recount(database, ids[:middle])
        await recount(database, ids[middle:])
