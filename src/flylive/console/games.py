"""The staff's addresses of games: providers and their secrets, games, and what was played."""

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from flylive.accounts import Caller
from flylive.accounts.countries import alpha_2
from flylive.config import Settings
from flylive.console import catalogue as kept
from flylive.console import rules
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.games import catalogue, signing
from flylive.games.schemas import GameRow, GameTransactionRow, ProviderRow
from flylive.http import pages
from flylive.http.fields import MAX_ID, Amount, FieldChecks, Id

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,49}\Z")
_URL = re.compile(r"https?://[^\s#]{1,480}\Z")
_PICTURE = re.compile(r"(/|https?://)[^\s]{1,480}\Z")


class Reason(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: str


class MakeProvider(Reason, kw_only=True):
    """POST /admin/game-providers: `name` in lower-case letters, digits and ``_``."""

    name: str


class EditProvider(Reason, kw_only=True):
    """PATCH /admin/game-providers/{id}: suspended, none of his calls is heard."""

    is_active: bool


class RotateSecret(Reason, kw_only=True):
    """POST /admin/game-providers/{id}/secret: `drops_previous` after a leak; else the secret
    before holds on for a day.
    """

    drops_previous: bool = False


class ProviderSecret(msgspec.Struct, kw_only=True):
    """The provider, and the secret that he signs with: told this once."""

    provider: ProviderRow
    secret: str


class MakeGame(Reason, kw_only=True):
    """POST /admin/games: countries as ISO 3166-1 codes; null is everywhere, or nowhere."""

    provider_id: Id
    code: str
    name: str
    launch_url: str
    min_bet: Amount
    max_bet: Amount
    max_win: Amount
    thumbnail_url: str | None = None
    country_restrictions: list[str] | None = None
    blocked_countries: list[str] | None = None
    is_active: bool = True


class EditGame(Reason, kw_only=True):
    """PATCH /admin/games/{id}: only the fields that are sent change."""

    name: str | UnsetType = UNSET
    launch_url: str | UnsetType = UNSET
    thumbnail_url: str | UnsetType | None = UNSET
    min_bet: Amount | UnsetType = UNSET
    max_bet: Amount | UnsetType = UNSET
    max_win: Amount | UnsetType = UNSET
    country_restrictions: list[str] | UnsetType | None = UNSET
    blocked_countries: list[str] | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class Providers(msgspec.Struct, kw_only=True):
    """GET /admin/game-providers."""

    data: list[ProviderRow]


class GameRows(msgspec.Struct, kw_only=True):
    """GET /admin/games."""

    data: list[GameRow]


def _slug(text: str) -> str:
    if not _SLUG.match(text):
        raise ValueError("1–50 lower-case letters, digits and _, a letter first")
    return text


def _url(text: str) -> str:
    if not _URL.match(text):
        raise ValueError("an address that begins with http:// or https://, without #")
    return text


def _picture(text: str | None) -> str | None:
    if text is not None and not _PICTURE.match(text):
        raise ValueError("an address, or a path that begins with /")
    return text


def _countries(codes: list[str] | None) -> list[str] | None:
    if codes is None:
        return None
    found = [alpha_2(code) for code in codes]
    if None in found or not found:
        raise ValueError("ISO 3166-1 codes, at least one; or null")
    return sorted({code for code in found if code is not None})


_FIELDS: dict[str, Any] = {
    "code": _slug,
    "launch_url": _url,
    "thumbnail_url": _picture,
    "country_restrictions": _countries,
    "blocked_countries": _countries,
}
_AMOUNTS = ("min_bet", "max_bet", "max_win")


def _read(data: msgspec.Struct) -> tuple[str, dict[str, Any]]:
    """The reason, and the columns that were sent. Raises InvalidRequest."""
    reason, values = kept.read(data, *_AMOUNTS)
    checks = FieldChecks()
    for name, rule in _FIELDS.items():
        if name in values:
            values[name] = checks.field(name, rule, values[name])
    checks.done()
    return reason, values


def _check_bets(values: dict[str, Any]) -> None:
    """Raises InvalidRequest unless 0 < min_bet ≤ max_bet ≤ max_win."""
    if values["min_bet"] <= 0:
        raise InvalidRequest.field("min_bet", "must be above zero")
    if values["max_bet"] < values["min_bet"]:
        raise InvalidRequest.field("max_bet", "must be at least min_bet")
    if values["max_win"] < values["max_bet"]:
        raise InvalidRequest.field("max_win", "must be at least max_bet")


def _provider(row: Any) -> ProviderRow:
    return msgspec.convert(row._asdict(), ProviderRow)


def _game(row: Any) -> GameRow:
    return msgspec.convert(row._asdict(), GameRow)


@get("/game-providers", guards=[require(Right.MANAGE_GAME_PROVIDERS)])
async def list_providers(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> Providers:
    """Every provider of games."""

    async def work(tx: Reading) -> Providers:
        return Providers(data=[_provider(row) for row in await catalogue.list_providers(tx)])

    return await database.read(work)


@post("/game-providers", guards=[require(Right.MANAGE_GAME_PROVIDERS)])
async def make_provider(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[MakeProvider],
) -> ProviderSecret:
    """A new provider; his secret is told in this answer alone."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    name = checks.field("name", _slug, data.name)
    checks.done()
    assert reason is not None
    assert name is not None

    async def work(tx: Transaction) -> ProviderSecret:
        actor = await act(tx, request, caller, Right.MANAGE_GAME_PROVIDERS)
        row = await catalogue.make_provider(tx, name)
        await kept.note(tx, actor, "game_provider", reason, None, row)
        secret = signing.secret(settings, row.id, row.secret_version)
        return ProviderSecret(provider=_provider(row), secret=secret)

    return await database.run(work)


@patch("/game-providers/{provider_id:int}", guards=[require(Right.MANAGE_GAME_PROVIDERS)])
async def edit_provider(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    provider_id: FromPath[int],
    data: JSONBody[EditProvider],
) -> ProviderRow:
    """Suspend a provider, or let him go on."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert reason is not None

    async def work(tx: Transaction) -> ProviderRow:
        actor = await act(tx, request, caller, Right.MANAGE_GAME_PROVIDERS)
        before = await catalogue.find_provider(tx, provider_id)
        after = await catalogue.switch_provider(tx, provider_id, is_active=data.is_active)
        await kept.note(tx, actor, "game_provider", reason, before, after)
        return _provider(after)

    return await database.run(work)


@post(
    "/game-providers/{provider_id:int}/secret",
    status_code=200,
    guards=[require(Right.MANAGE_GAME_PROVIDERS)],
)
async def rotate_secret(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    provider_id: FromPath[int],
    data: JSONBody[RotateSecret],
) -> ProviderSecret:
    """Give a provider a new secret, told in this answer alone."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert reason is not None

    async def work(tx: Transaction) -> ProviderSecret:
        actor = await act(tx, request, caller, Right.MANAGE_GAME_PROVIDERS)
        before, after = await catalogue.rotate_secret(
            tx, provider_id, drops_previous=data.drops_previous
        )
        await kept.note(tx, actor, "game_provider", reason, before, after)
        secret = signing.secret(settings, after.id, after.secret_version)
        return ProviderSecret(provider=_provider(after), secret=secret)

    return await database.run(work)


@get("/games", guards=[require(Right.MANAGE_GAMES)])
async def list_games(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> GameRows:
    """Every game, played or not."""

    async def work(tx: Reading) -> GameRows:
        return GameRows(data=[_game(row) for row in await catalogue.list_games(tx)])

    return await database.read(work)


@post("/games", guards=[require(Right.MANAGE_GAMES)])
async def make_game(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[MakeGame],
) -> GameRow:
    """A new game of a provider's."""
    reason, values = _read(data)
    _check_bets(values)

    async def work(tx: Transaction) -> GameRow:
        actor = await act(tx, request, caller, Right.MANAGE_GAMES)
        row = await catalogue.make_game(tx, values)
        await kept.note(tx, actor, "game", reason, None, row)
        return _game(row)

    return await database.run(work)


@patch("/games/{game_id:int}", guards=[require(Right.MANAGE_GAMES)])
async def edit_game(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    game_id: FromPath[int],
    data: JSONBody[EditGame],
) -> GameRow:
    """Change a game, switch it on or off, everywhere or by country."""
    reason, values = _read(data)
    kept.something(values)

    async def work(tx: Transaction) -> GameRow:
        actor = await act(tx, request, caller, Right.MANAGE_GAMES)
        before = await catalogue.lock_game(tx, game_id)
        _check_bets(before._asdict() | values)
        after = await catalogue.change_game(tx, game_id, values)
        await kept.note(tx, actor, "game", reason, before, after)
        return _game(after)

    return await database.run(work)


@get("/game-transactions", guards=[require(Right.VIEW_PLAY)])
async def list_play(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: Annotated[int, QueryParameter(name="user_id", ge=1, le=MAX_ID)],
    round_id: Annotated[str | None, QueryParameter(name="round_id", max_length=64)] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[GameTransactionRow]:
    """What providers asked of a user, and what became of it, newest first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[GameTransactionRow]:
        rows = await catalogue.list_play(
            tx,
            user_id,
            round_id=round_id,
            before=(before[0], before[1]) if before else None,
            limit=limit + 1,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), GameTransactionRow),
            lambda row: (row.created_at, row.id),
        )

    return await database.read(work)


ROUTES = [
    list_providers,
    make_provider,
    edit_provider,
    rotate_secret,
    list_games,
    make_game,
    edit_game,
    list_play,
]
"""Under /v1/admin."""
