"""Making, changing and retiring gifts; who may, why, and the audit log are above.

A gift is never deleted: what was sent names it. Its odds are frozen as they are saved.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import Row, Table, text

from flylive import economy
from flylive.accounts import rules as accounts
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.database.saving import save
from flylive.economy import service as economies
from flylive.gifts import draws
from flylive.gifts.errors import PaysTooMuch, UnknownGift
from flylive.gifts.models import Gift
from flylive.gifts.rules import lucky
from flylive.http.fields import FieldChecks
from flylive.rooms.rules import is_upload, own_address
from flylive.shop import pictures
from flylive.uploads.service import own_address as own_upload

_GIFTS = cast("Table", Gift.__table__)
_PICTURES = ("thumbnail_url", "animation_url")

_LIST = text(
    """
    SELECT * FROM gifts
    WHERE id > :after_id AND (CAST(:category AS text) IS NULL OR category = :category)
      AND (CAST(:is_active AS boolean) IS NULL OR is_active = :is_active)
    ORDER BY id LIMIT :limit
    """
)
_LOCK = text("SELECT * FROM gifts WHERE id = :id FOR NO KEY UPDATE")
_ODDS = text("SELECT lucky_odds::text FROM gifts WHERE id = :id")


async def list_gifts(
    tx: Reading, *, after_id: int, limit: int, category: str | None, is_active: bool | None
) -> Sequence[Row[Any]]:
    """Every gift, given or retired, by id."""
    return await tx.rows(
        _LIST,
        {"after_id": after_id, "limit": limit, "category": category, "is_active": is_active},
    )


async def lock_gift(tx: Transaction, gift_id: int) -> Row[Any]:
    """A gift, held. Raises UnknownGift."""
    gift = await tx.row(_LOCK, {"id": gift_id})
    if gift is None:
        raise UnknownGift
    return gift


async def save_gift(
    tx: Transaction,
    actor_id: int,
    values: Mapping[str, Any],
    before: Row[Any] | None,
    settings: Settings,
) -> Row[Any]:
    """A new gift, or another one's new columns.

    Raises InvalidRequest that names the fields at fault; PaysTooMuch where the odds return more
    than the ceiling leaves, computed exactly.
    """
    checks = FieldChecks()
    given = dict(values)
    if given.get("price") == 0:
        checks.refuse("price", "must be above zero")
    if isinstance(given.get("country_specific"), str):
        given["country_specific"] = checks.field(
            "country_specific", accounts.country, given["country_specific"]
        )
    for name in ("wealth_xp_multiplier", "charm_xp_multiplier"):
        if given.get(name, 0) > MOST_XP:
            checks.refuse(name, f"must be at most {MOST_XP}")
    kept: dict[str, Any] = before._asdict() if before is not None else {}
    after = {"vip_level_required": 0, "country_specific": None, "lucky_odds": None} | kept | given
    table = _check_category(checks, after)
    await pictures.check(tx, checks, actor_id, given, kept, _PICTURES)
    await _check_sound(tx, checks, actor_id, given.get("sound_url"), kept.get("sound_url"))
    checks.done()
    if table is not None:
        await economies.lock(tx)
        holds = await economy.current(tx, settings)
        if not draws.fits(table, holds):
            raise PaysTooMuch(
                expected_return=str(table.expected_return()),
                highest_return=str(holds.highest_return),
            )
    gift = await save(tx, _GIFTS, given, before)
    if table is not None:
        await draws.freeze(tx, [await tx.scalar(_ODDS, {"id": gift.id})])
    return gift


MOST_XP = 100
"""Times the cost that a gift may bring in XP."""


def _check_category(checks: FieldChecks, after: Mapping[str, Any]) -> lucky.OddsTable | None:
    """What each category needs; the odds of a lucky gift."""
    category, odds = after["category"], after["lucky_odds"]
    if category == "vip" and after["vip_level_required"] < 1:
        checks.refuse("vip_level_required", "a VIP gift needs a level of 1–7")
    is_missing = after["country_specific"] is None
    if category == "country" and is_missing and not checks.has("country_specific"):
        checks.refuse("country_specific", "a country's gift needs its country")
    if category != "lucky":
        if odds is not None:
            checks.refuse("lucky_odds", "only a lucky gift has odds")
        return None
    if odds is None:
        checks.refuse("lucky_odds", "a lucky gift needs its odds")
        return None
    try:
        return msgspec.convert(odds, lucky.OddsTable)
    except msgspec.ValidationError as error:
        checks.refuse("lucky_odds", str(error))
        return None


async def _check_sound(
    tx: Reading, checks: FieldChecks, actor_id: int, url: str | None, kept: str | None
) -> None:
    if url is None or url == kept:
        return
    try:
        own_address(url)
    except ValueError:
        is_own = False
    else:
        is_own = not is_upload(url) or await own_upload(tx, actor_id, url, SOUNDS) is not None
    if not is_own:
        checks.refuse(
            "sound_url", "must be an upload of yours for `room_music`, or an asset of the platform"
        )


SOUNDS = ("room_music",)
"""Purposes of uploads that hold sound."""
