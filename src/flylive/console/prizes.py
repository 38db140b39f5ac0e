"""The staff's addresses of the prizes of boards."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from flylive import economy
from flylive.accounts import Caller, audit
from flylive.accounts.audit import Actor
from flylive.accounts.proposals.schemas import ProposalView
from flylive.accounts.proposals.service import Wish
from flylive.config import Settings
from flylive.console import catalogue, rules, second
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http.fields import Amount, Id
from flylive.rankings import prizes
from flylive.rankings.endpoints import Subcategory
from flylive.rankings.rules import Category

Prized = Literal["daily", "weekly", "monthly"]
Rank = Annotated[int, Meta(ge=1, le=prizes.MAX_RANK)]


class CreatePrize(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/ranking-prizes: what the places `rank_from` to `rank_to` get, each."""

    reason: str
    category: Category
    period: Prized
    rank_from: Rank
    rank_to: Rank
    subcategory: Subcategory | None = None
    coins: Amount = 0
    diamonds: Amount = 0
    frame_id: Id | None = None
    badge_id: Id | None = None


class EditPrize(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/ranking-prizes/{id}: only the fields that are sent change.

    It holds for periods that close from then on.
    """

    reason: str
    category: Category | UnsetType = UNSET
    period: Prized | UnsetType = UNSET
    rank_from: Rank | UnsetType = UNSET
    rank_to: Rank | UnsetType = UNSET
    subcategory: Subcategory | UnsetType | None = UNSET
    coins: Amount | UnsetType = UNSET
    diamonds: Amount | UnsetType = UNSET
    frame_id: Id | UnsetType | None = UNSET
    badge_id: Id | UnsetType | None = UNSET


class PrizeView(msgspec.Struct, kw_only=True):
    """A prize of the catalogue."""

    id: int
    category: str
    subcategory: str | None
    period: str
    rank_from: int
    rank_to: int
    coins: Decimal
    diamonds: Decimal
    frame_id: int | None
    badge_id: int | None
    frame_name: str | None = None
    badge_name: str | None = None


class Prizes(msgspec.Struct, kw_only=True):
    """GET /admin/ranking-prizes."""

    data: list[PrizeView]


def _view(row: Any) -> PrizeView:
    return msgspec.convert(row._asdict() | {"subcategory": row.subcategory or None}, PrizeView)


@get("/ranking-prizes", guards=[require(Right.VIEW_RANKINGS)])
async def list_prizes(
    database: NamedDependency[Database],
    category: FromQuery[Category | None] = None,
    period: FromQuery[Prized | None] = None,
) -> Prizes:
    """What the places of boards get, by board and place."""

    async def work(tx: Reading) -> Prizes:
        rows = await prizes.list_prizes(tx, category=category, period=period)
        return Prizes(data=[_view(row) for row in rows])

    return await database.read(work)


@post(
    "/ranking-prizes",
    status_code=201,
    guards=[require(Right.MANAGE_PRIZES)],
    responses=second.shown(PrizeView, 201),
)
async def create_prize(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[CreatePrize],
) -> Response[Any]:
    """Add a prize. 409 `ranking.prizes_overlap`: a place has one prize.

    202 where the board then pays more in a period than `FLYLIVE_ADJUSTMENT_LIMIT`: it waits for a
    second person.
    """
    read = catalogue.read(data, "coins", "diamonds")

    async def work(tx: Transaction) -> PrizeView | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_PRIZES)
        return await save(tx, actor, settings, None, *read)

    return second.answered(await database.run(work), 201)


@patch(
    "/ranking-prizes/{prize_id:int}",
    guards=[require(Right.MANAGE_PRIZES)],
    responses=second.shown(PrizeView),
)
async def edit_prize(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    prize_id: FromPath[int],
    data: JSONBody[EditPrize],
) -> Response[Any]:
    """Change a prize for periods that close from now on. 202 as when one is added."""
    read = catalogue.read(data, "coins", "diamonds")
    catalogue.something(read[1])

    async def work(tx: Transaction) -> PrizeView | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_PRIZES)
        return await save(tx, actor, settings, prize_id, *read)

    return second.answered(await database.run(work))


async def save(
    tx: Transaction,
    actor: Actor,
    settings: Settings,
    prize_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> PrizeView | ProposalView:
    """Make a prize, or change it; or let that wait for a second person."""

    async def work(_: int) -> tuple[PrizeView, bool]:
        before = None if prize_id is None else await prizes.lock_prize(tx, prize_id)
        prize = await prizes.save_prize(tx, values, before)
        await catalogue.note(tx, actor, "ranking_prize", reason, before, prize)
        limit = (await economy.current(tx, settings)).adjustment_limit
        pays = await prizes.board_pays(tx, prize)
        return _view(prize), rules.prize_takes_two(before, prize, pays, limit)

    verb = "ranking_prize.create" if prize_id is None else "ranking_prize.edit"
    wish = Wish(verb, "ranking_prize", prize_id, values, reason)
    return await second.by_two(tx, actor, wish, work)


@delete("/ranking-prizes/{prize_id:int}", status_code=204, guards=[require(Right.MANAGE_PRIZES)])
async def delete_prize(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    prize_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Take a prize out of the catalogue; what was paid stays paid."""
    reason, _ = catalogue.read(data)

    async def work(tx: Transaction) -> None:
        actor = await act(tx, request, caller, Right.MANAGE_PRIZES)
        before = await prizes.lock_prize(tx, prize_id)
        await prizes.drop_prize(tx, prize_id)
        await audit.write(
            tx,
            actor,
            "ranking_prize.delete",
            ("ranking_prize", prize_id),
            reason=reason,
            before=before._asdict(),
            after={},
        )

    await database.run(work)


ROUTES = [list_prizes, create_prize, edit_prize, delete_prize]
