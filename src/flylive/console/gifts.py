"""The staff's addresses of gifts."""

from fractions import Fraction
from typing import Annotated, Any

import msgspec
from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Row

from flylive import economy
from flylive.accounts import Caller
from flylive.config import Settings
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.gifts import draws, editing
from flylive.gifts.endpoints import Category, Rarity
from flylive.gifts.rules import lucky
from flylive.gifts.schemas import GiftRow
from flylive.http import pages
from flylive.http.fields import Amount

VipLevel = Annotated[int, Meta(ge=0, le=7)]
_AMOUNTS = ("price", "wealth_xp_multiplier", "charm_xp_multiplier")


class CreateGift(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/gifts: `lucky_odds` for lucky gifts alone, ``{entries: [{weight, multiplier}],
    total}``; multipliers of XP and of odds to 0.01.
    """

    reason: str
    name: str
    price: Amount
    thumbnail_url: str
    category: Category
    description: str | None = None
    animation_url: str | None = None
    sound_url: str | None = None
    subcategory: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    rarity: Rarity = "common"
    wealth_xp_multiplier: Amount = 1
    charm_xp_multiplier: Amount = 1
    lucky_odds: dict[str, Any] | None = None
    vip_level_required: VipLevel = 0
    country_specific: str | None = None
    is_active: bool = True


class EditGift(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/gifts/{id}: only the fields that are sent change; `is_active` false retires.

    What was given stays as it was: price, share and odds are frozen with it.
    """

    reason: str
    name: str | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    thumbnail_url: str | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    animation_url: str | UnsetType | None = UNSET
    sound_url: str | UnsetType | None = UNSET
    subcategory: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType | None = UNSET
    rarity: Rarity | UnsetType = UNSET
    wealth_xp_multiplier: Amount | UnsetType = UNSET
    charm_xp_multiplier: Amount | UnsetType = UNSET
    lucky_odds: dict[str, Any] | UnsetType | None = UNSET
    vip_level_required: VipLevel | UnsetType = UNSET
    country_specific: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class TryOdds(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/gifts/odds: a table that nobody has saved yet."""

    lucky_odds: dict[str, Any]


class OddsTried(msgspec.Struct, kw_only=True):
    """What a table would pay back of a gift's cost, exactly, and the most that one may.

    Fractions as ``"19/20"``; `_percent` is for reading, rounded.
    """

    expected_return: str
    expected_percent: str
    highest_return: str
    highest_percent: str
    fits: bool


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):.4f}"


def _view(row: Row[Any]) -> GiftRow:
    odds = row.lucky_odds
    exact = None
    if odds is not None:
        exact = str(msgspec.convert(odds, lucky.OddsTable).expected_return())
    return msgspec.convert(row._asdict() | {"expected_return": exact}, GiftRow)


@get("/gifts", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_gifts(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    category: FromQuery[Category | None] = None,
    is_active: FromQuery[bool | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[GiftRow]:
    """Every gift, retired ones too, with what a lucky one returns of its cost, exactly."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[GiftRow]:
        rows = await editing.list_gifts(
            tx, after_id=after_id, limit=limit + 1, category=category, is_active=is_active
        )
        return pages.page(rows, limit, _view, lambda row: (row.id,))

    return await database.read(work)


@post("/gifts", status_code=201, guards=[require(Right.MANAGE_CATALOGUES)])
async def create_gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[CreateGift],
) -> GiftRow:
    """Add a gift. 409 `gift.pays_too_much` where its odds, exactly, return more than they may."""
    reason, values = catalogue.read(data, *_AMOUNTS)
    return await database.run(lambda tx: _save(tx, request, caller, settings, None, reason, values))


@patch("/gifts/{gift_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def edit_gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gift_id: FromPath[int],
    data: JSONBody[EditGift],
) -> GiftRow:
    """Change or retire a gift. Another category brings and drops what it needs in one request."""
    reason, values = catalogue.read(data, *_AMOUNTS)
    catalogue.something(values)
    return await database.run(
        lambda tx: _save(tx, request, caller, settings, gift_id, reason, values)
    )


@post("/gifts/odds", status_code=200, guards=[require(Right.MANAGE_CATALOGUES)])
async def try_odds(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[TryOdds],
) -> OddsTried:
    """What a table of odds would return, exactly; nothing is kept."""
    try:
        table = msgspec.convert(data.lucky_odds, lucky.OddsTable)
    except msgspec.ValidationError as error:
        raise InvalidRequest.field("lucky_odds", str(error)) from error
    holds = await database.read(lambda tx: economy.current(tx, settings))
    expected, highest = table.expected_return(), holds.highest_return
    return OddsTried(
        expected_return=str(expected),
        expected_percent=_percent(expected),
        highest_return=str(highest),
        highest_percent=_percent(highest),
        fits=draws.fits(table, holds),
    )


async def _save(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    settings: Settings,
    gift_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> GiftRow:
    actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
    before = None if gift_id is None else await editing.lock_gift(tx, gift_id)
    gift = await editing.save_gift(tx, caller.user_id, values, before, settings)
    await catalogue.note(tx, actor, "gift", reason, before, gift)
    return _view(gift)


ROUTES = [list_gifts, create_gift, edit_gift, try_odds]
