"""The staff's addresses of recharge packages."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import rules as account_rules
from flylive.accounts.audit import Actor
from flylive.accounts.proposals.schemas import ProposalView
from flylive.accounts.proposals.service import Wish
from flylive.console import catalogue, second
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


@post(
    "/packages",
    status_code=201,
    guards=[require(Right.MANAGE_CATALOGUES)],
    responses=second.shown(PackageView, 201),
)
async def create_package(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[CreatePackage],
) -> Response[Any]:
    """Sell another package. 202 where a coin costs less in it than in any package of its currency,
    sold or retired: it waits for a second person.
    """
    read = catalogue.read(data, "price")

    async def work(tx: Transaction) -> PackageView | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
        return await save(tx, actor, None, *read)

    return second.answered(await database.run(work), 201)


@patch(
    "/packages/{package_id:int}",
    guards=[require(Right.MANAGE_CATALOGUES)],
    responses=second.shown(PackageView),
)
async def edit_package(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    package_id: FromPath[int],
    data: JSONBody[EditPackage],
) -> Response[Any]:
    """Change or retire a package. 202 as when one is made."""
    read = catalogue.read(data, "price")
    catalogue.something(read[1])

    async def work(tx: Transaction) -> PackageView | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
        return await save(tx, actor, package_id, *read)

    return second.answered(await database.run(work))


async def save(
    tx: Transaction,
    actor: Actor,
    package_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> PackageView | ProposalView:
    """Make a package, or change it; or let that wait for a second person."""

    async def work(_: int) -> tuple[PackageView, bool]:
        before = None if package_id is None else await packages.lock(tx, package_id)
        package = await packages.save_package(tx, values, before)
        await catalogue.note(tx, actor, "package", reason, before, package)
        return _view(package), await packages.is_cheapest_ever(tx, package, before)

    verb = "package.create" if package_id is None else "package.edit"
    return await second.by_two(tx, actor, Wish(verb, "package", package_id, values, reason), work)


ROUTES = [list_packages, create_package, edit_package]
