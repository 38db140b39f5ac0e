"""The staff's addresses of recharge packages."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import rules as account_rules
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import Amount, FieldChecks
from flylive.wallet.recharge import catalogue as packages
from flylive.wallet.recharge.schemas import PackageView

Coins = Annotated[int, Meta(ge=0, le=packages.MAX_COINS)]
GoogleId = Annotated[str, Meta(max_length=255, pattern=r"^[a-z0-9][a-z0-9_.]*\Z")]
AppleId = Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z0-9_.-]+\Z")]
Countries = Annotated[list[str], Meta(max_length=packages.MAX_COUNTRIES)]


class CreatePackage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/packages: `price` in `currency`; `country_restrictions` null sells everywhere.

    `google_product_id` and `apple_product_id` name it at the stores; without one it is not sold
    there.
    """

    reason: str
    name: str
    coin_amount: Coins
    price: Amount
    currency: str = "USD"
    bonus_coins: Coins = 0
    is_popular: bool = False
    is_active: bool = True
    country_restrictions: Countries | None = None
    google_product_id: GoogleId | None = None
    apple_product_id: AppleId | None = None


class EditPackage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/packages/{id}: only the fields that are sent change; `is_active` false retires.

    Orders that were made keep the terms they were made with.
    """

    reason: str
    name: str | UnsetType = UNSET
    coin_amount: Coins | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    bonus_coins: Coins | UnsetType = UNSET
    is_popular: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    country_restrictions: Countries | UnsetType | None = UNSET
    google_product_id: GoogleId | UnsetType | None = UNSET
    apple_product_id: AppleId | UnsetType | None = UNSET


def _view(row: Row[Any]) -> PackageView:
    return msgspec.convert(row._asdict(), PackageView)


@get("/packages", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_packages(
    database: NamedDependency[Database],
    is_active: FromQuery[bool | None] = None,
    country: FromQuery[str | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[PackageView]:
    """Every package, retired ones too; with `country` those that are sold there."""
    checks = FieldChecks()
    wanted = None if country is None else checks.field("country", account_rules.country, country)
    checks.done()
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[PackageView]:
        rows = await packages.list_all(
            tx, after_id=after_id, limit=limit + 1, is_active=is_active, country=wanted
        )
        return pages.page(rows, limit, _view, lambda row: (row.id,))

    return await database.read(work)


@post("/packages", status_code=201, guards=[require(Right.MANAGE_CATALOGUES)])
async def create_package(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[CreatePackage],
) -> PackageView:
    """Sell another package."""
    reason, values = catalogue.read(data, "price")
    return await database.run(lambda tx: _save(tx, request, caller, None, reason, values))


@patch("/packages/{package_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def edit_package(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    package_id: FromPath[int],
    data: JSONBody[EditPackage],
) -> PackageView:
    """Change or retire a package."""
    reason, values = catalogue.read(data, "price")
    catalogue.something(values)
    return await database.run(lambda tx: _save(tx, request, caller, package_id, reason, values))


async def _save(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    package_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> PackageView:
    actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
    before = None if package_id is None else await packages.lock(tx, package_id)
    package = await packages.save_package(tx, values, before)
    await catalogue.note(tx, actor, "package", reason, before, package)
    return _view(package)


ROUTES = [list_packages, create_package, edit_package]
