"""Badges as they are shown: how far somebody is, and their rows."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.errors import Unauthenticated
from flylive.progression.badges import queries
from flylive.progression.badges.award import read_rule
from flylive.progression.badges.rules import caps, compare, comparisons, is_met
from flylive.progression.schemas import BadgeBrief, BadgeView, ConditionView, ProgressView

_EARNED = text("SELECT badge_id, earned_at FROM user_badges WHERE user_id = :user_id")


def view(badge: Row[Any]) -> BadgeView:
    """A badge of the catalogue."""
    return msgspec.convert(badge._asdict(), BadgeView)


def brief(row: Row[Any]) -> BadgeBrief:
    """A badge that was earned."""
    return msgspec.convert(row._asdict(), BadgeBrief)


async def progress(tx: Reading, user_id: int, badges: Sequence[Row[Any]]) -> list[ProgressView]:
    """How far a user is from each of these badges for users that has a rule of ours."""
    found = [(badge, rule) for badge in badges if (rule := read_rule(badge, "user")) is not None]
    measured = await queries.measure(tx, "user", [user_id], caps(rule for _, rule in found))
    if user_id not in measured:
        raise Unauthenticated
    values = measured[user_id]
    if await queries.list_uncounted(tx, [user_id]):
        values |= await queries.read_counts(tx, user_id)
    rows = await tx.rows(_EARNED, {"user_id": user_id})
    earned = {row.badge_id: row.earned_at for row in rows}
    return [
        ProgressView(
            badge=view(badge),
            earned_at=earned.get(badge.id),
            is_met=is_met(rule, values),
            conditions=[
                ConditionView(
                    metric=one.metric,
                    comparison=one.comparison,
                    current=values[one.metric],
                    target=one.target,
                    is_met=compare(one, values[one.metric]),
                )
                for one in comparisons(rule)
            ],
        )
        for badge, rule in found
    ]
