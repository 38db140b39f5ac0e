"""The public profile: a user as others see him: levels, agency, partner, badges, followers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import text

from flylive.accounts import Caller, privileges
from flylive.accounts.errors import UnknownUser
from flylive.accounts.privileges import Privileges
from flylive.accounts.queries import ANIMATED_SRC, STATIC_SRC, VIP_LEVEL
from flylive.clock import now
from flylive.database import Database, Reading


class LevelBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A level as a profile shows it."""

    level_number: int
    name: str
    badge_url: str | None


class AgencyBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A user's agency and his role in it."""

    id: int
    name: str
    role: str


class PartnerBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A user's partner, and since when."""

    id: int
    signature: str
    name: str
    avatar_image: str | None
    since: datetime


class BadgeBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A badge that a user earned."""

    id: int
    name: str
    description: str | None
    category: str
    icon_url: str
    rarity: str
    earned_at: datetime


class Profile(msgspec.Struct, kw_only=True, frozen=True):
    """The public view. `is_following`: the caller follows him; `is_friend`: each the other."""

    id: int
    signature: str
    name: str
    gender: int
    country: str
    avatar_image: str | None
    static_src: str | None
    animated_src: str | None
    wealth_level: LevelBrief | None
    charm_level: LevelBrief | None
    vip_level: int
    privileges: Privileges
    agency: AgencyBrief | None
    partner: PartnerBrief | None
    badges: list[BadgeBrief]
    followers_count: int
    following_count: int
    is_following: bool
    is_friend: bool


LEVEL_AND_AGENCY_COLUMNS = """
    CASE WHEN wealth.id IS NOT NULL THEN json_build_object(
        'level_number', wealth.level_number, 'name', wealth.name, 'badge_url', wealth.badge_url)
    END AS wealth_level,
    CASE WHEN charm.id IS NOT NULL THEN json_build_object(
        'level_number', charm.level_number, 'name', charm.name, 'badge_url', charm.badge_url)
    END AS charm_level,
    CASE WHEN a.id IS NOT NULL THEN json_build_object(
        'id', a.id, 'name', a.name, 'role', u.agency_role)
    END AS agency
"""
LEVEL_AND_AGENCY_JOINS = """
    LEFT JOIN levels wealth ON wealth.id = u.wealth_level_id
    LEFT JOIN levels charm ON charm.id = u.charm_level_id
    LEFT JOIN agencies a ON a.id = u.agency_id
"""

_PROFILES = text(
    f"""
    SELECT u.id, u.signature, u.name, u.gender, u.country, u.avatar_image,
           {STATIC_SRC} AS static_src, {ANIMATED_SRC} AS animated_src,
           {VIP_LEVEL} AS vip_level, {privileges.COLUMN} AS privileges,
           {LEVEL_AND_AGENCY_COLUMNS},
           (SELECT json_build_object(
                'id', p.id, 'signature', p.signature, 'name', p.name,
                'avatar_image', p.avatar_image, 'since', c.formed_at)
            FROM couple_members m JOIN couples c ON c.id = m.couple_id
            JOIN users p ON p.id = m.partner_id
            WHERE m.user_id = u.id AND m.is_active) AS partner,
           COALESCE((SELECT json_agg(json_build_object(
                        'id', b.id, 'name', b.name, 'description', b.description,
                        'category', b.category, 'icon_url', b.icon_url, 'rarity', b.rarity,
                        'earned_at', earned.earned_at) ORDER BY earned.earned_at DESC, b.id)
                     FROM user_badges earned JOIN badges b ON b.id = earned.badge_id
                     WHERE earned.user_id = u.id), '[]'::json) AS badges,
           (SELECT count(*) FROM user_followers WHERE following_id = u.id) AS followers_count,
           (SELECT count(*) FROM user_followers WHERE follower_id = u.id) AS following_count,
           mine.id IS NOT NULL AS is_following,
           mine.id IS NOT NULL AND his.id IS NOT NULL AS is_friend
    FROM users u {LEVEL_AND_AGENCY_JOINS} {privileges.VIP_JOIN}
    LEFT JOIN user_followers mine ON mine.follower_id = :viewer AND mine.following_id = u.id
    LEFT JOIN user_followers his ON his.follower_id = u.id AND his.following_id = :viewer
    WHERE u.id = ANY(CAST(:ids AS bigint[])) AND u.deleted_at IS NULL
    """
)


async def profiles(tx: Reading, viewer_id: int, user_ids: Sequence[int]) -> dict[int, Profile]:
    """The public views of those who are not deleted, by id, as `viewer_id` sees them."""
    rows = await tx.rows(_PROFILES, {"viewer": viewer_id, "ids": list(user_ids), "now": now()})
    return {row.id: msgspec.convert(merged(row._asdict()), Profile) for row in rows}


def merged(columns: dict[str, Any]) -> dict[str, Any]:
    """A row's columns, its levels' privileges brought together."""
    return columns | {"privileges": privileges.merge(columns["privileges"])}


@get("/users/{user_id:int}", status_code=200)
async def get_user(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> Profile:
    """A user as the caller sees him; deleted ones are not found."""

    async def work(tx: Reading) -> Profile:
        found = await profiles(tx, caller.user_id, [user_id])
        if user_id not in found:
            raise UnknownUser
        return found[user_id]

    return await database.read(work)


ROUTES = [get_user]
