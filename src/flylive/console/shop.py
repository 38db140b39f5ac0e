"""The staff's addresses of frames and themes."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from flylive.accounts import Caller
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import Amount
from flylive.progression import runs
from flylive.progression.schemas import RunView
from flylive.shop import catalogue as shop
from flylive.shop import themes
from flylive.shop.schemas import FrameRow, ThemeRow

Rarity = Literal["common", "rare", "epic", "legendary"]
Days = Annotated[int, Meta(ge=1, le=3650)]
VipLevel = Annotated[int, Meta(ge=0, le=7)]
LevelNumber = Annotated[int, Meta(ge=1, le=10_000)]


class CreateFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/frames: `duration_days` null is for ever."""

    reason: str
    name: str
    price: Amount
    static_src: str
    description: str | None = None
    animated_src: str | None = None
    thumbnail_url: str | None = None
    category: str = "standard"
    rarity: Rarity = "common"
    duration_days: Days | None = 30
    vip_level_required: VipLevel = 0
    level_required: LevelNumber = 1


class EditFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/frames/{id}: only the fields that are sent change; `is_active` false retires.

    Who owns it keeps it, and wears it as its sources are then.
    """

    reason: str
    name: str | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    static_src: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    animated_src: str | UnsetType | None = UNSET
    thumbnail_url: str | UnsetType | None = UNSET
    category: str | UnsetType = UNSET
    rarity: Rarity | UnsetType = UNSET
    duration_days: Days | UnsetType | None = UNSET
    vip_level_required: VipLevel | UnsetType = UNSET
    level_required: LevelNumber | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class CreateTheme(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/themes: `price` 0 is free; `css_styles` sets custom properties of a list."""

    reason: str
    name: str
    price: Amount = 0
    description: str | None = None
    background_image: str | None = None
    css_styles: dict[str, Any] = msgspec.field(default_factory=dict)
    is_default: bool = False
    vip_level_required: VipLevel = 0


class EditTheme(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/themes/{id}: only the fields that are sent change; `is_active` false retires.

    Rooms that have a retired theme keep it. `is_default` takes the place of the one before.
    """

    reason: str
    name: str | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    background_image: str | UnsetType | None = UNSET
    css_styles: dict[str, Any] | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    vip_level_required: VipLevel | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class FrameSaved(msgspec.Struct, kw_only=True):
    """The frame, and the run that shows its new sources to whoever wears it, if any is."""

    frame: FrameRow
    run: RunView | None


@get("/frames", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_frames(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FrameRow]:
    """Every frame, sold or not."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[FrameRow]:
        rows = await shop.list_all_frames(tx, after_id=after_id, limit=limit + 1)
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), FrameRow),
            lambda row: (row.id,),
        )

    return await database.read(work)


@post("/frames", status_code=201, guards=[require(Right.MANAGE_CATALOGUES)])
async def create_frame(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[CreateFrame],
) -> FrameSaved:
    """Add a frame. Its pictures are assets, or uploads of the caller's for `catalogue`."""
    reason, values = catalogue.read(data, "price")
    return await database.run(lambda tx: _save_frame(tx, request, caller, None, reason, values))


@patch("/frames/{frame_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def edit_frame(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    frame_id: FromPath[int],
    data: JSONBody[EditFrame],
) -> FrameSaved:
    """Change or retire a frame; with other sources a run changes whoever wears it."""
    reason, values = catalogue.read(data, "price")
    catalogue.something(values)
    return await database.run(lambda tx: _save_frame(tx, request, caller, frame_id, reason, values))


async def _save_frame(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    frame_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> FrameSaved:
    actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
    if values.get("price") == 0:
        raise InvalidRequest.field("price", "must be above zero")
    before = None if frame_id is None else await shop.lock_frame(tx, frame_id)
    frame = await shop.save_frame(tx, caller.user_id, values, before)
    await catalogue.note(tx, actor, "frame", reason, before, frame)
    run = None
    if before is not None and any(
        before._mapping[name] != frame._mapping[name] for name in shop.FRAME_SOURCES
    ):
        run = await runs.begin(tx, "frame", subject_id=frame.id)
    return FrameSaved(frame=msgspec.convert(frame._asdict(), FrameRow), run=run)


@get("/themes", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_themes(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ThemeRow]:
    """Every theme, retired ones too."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[ThemeRow]:
        rows = await shop.list_all_themes(tx, after_id=after_id, limit=limit + 1)
        return pages.page(rows, limit, themes.row_view, lambda row: (row.id,))

    return await database.read(work)


@post("/themes", status_code=201, guards=[require(Right.MANAGE_CATALOGUES)])
async def create_theme(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[CreateTheme],
) -> ThemeRow:
    """Add a theme. 422 names each property of `css_styles` that may not stand there."""
    reason, values = catalogue.read(data, "price")
    return await database.run(lambda tx: _save_theme(tx, request, caller, None, reason, values))


@patch("/themes/{theme_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def edit_theme(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    theme_id: FromPath[int],
    data: JSONBody[EditTheme],
) -> ThemeRow:
    """Change or retire a theme, or make it the default one. 409 `theme.default_needed`."""
    reason, values = catalogue.read(data, "price")
    catalogue.something(values)
    return await database.run(lambda tx: _save_theme(tx, request, caller, theme_id, reason, values))


async def _save_theme(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    theme_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> ThemeRow:
    actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
    before = None if theme_id is None else await shop.lock_theme(tx, theme_id)
    theme = await shop.save_theme(tx, caller.user_id, values, before)
    await catalogue.note(tx, actor, "theme", reason, before, theme)
    return themes.row_view(theme)


ROUTES = [
    list_frames,
    create_frame,
    edit_frame,
    list_themes,
    create_theme,
    edit_theme,
]
