"""Themes: bought once or free, and set on one's room. Locks: the user, then the room."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import queries as accounts
from flylive.accounts.queries import VIP_LEVEL
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.money import Currency, to_decimal
from flylive.realtime import record, room_stream, user_stream
from flylive.rooms import queries as rooms
from flylive.rooms import service
from flylive.rooms.errors import NotTheOwner
from flylive.rooms.events import RoomUpdated
from flylive.rooms.schemas import RoomView
from flylive.shop.errors import (
    ThemeInactive,
    ThemeIsFree,
    ThemeNotOwned,
    ThemeOwnedAlready,
    ThemeVipRequired,
    UnknownTheme,
)
from flylive.shop.events import ThemeOwned
from flylive.shop.rules import safe_styles
from flylive.shop.schemas import OwnedTheme, ThemeBought, ThemeBrief, ThemeRow, ThemeView
from flylive.wallet import Book, Movement

SOURCE_THEME = "Theme"

_FIND = text("SELECT * FROM themes WHERE id = :theme_id")
_IS_OWNED = text(
    "SELECT EXISTS (SELECT FROM theme_user WHERE user_id = :user_id AND theme_id = :theme_id)"
)
_KEEP = text(
    """
    INSERT INTO theme_user (user_id, theme_id, price, purchased_at)
    VALUES (:user_id, :theme_id, :price, :at)
    """
)
_OWNED = """
    SELECT o.id, o.user_id, o.theme_id, o.price, o.purchased_at, t.name, t.description,
           t.background_image, t.css_styles, t.is_active, t.vip_level_required
    FROM theme_user o JOIN themes t ON t.id = o.theme_id WHERE o.user_id = :user_id
"""
_ONE = text(f"{_OWNED} AND o.theme_id = :theme_id")
_MINE = text(f"{_OWNED} AND o.id < :before_id ORDER BY o.id DESC LIMIT :limit")
_CATALOGUE = f"""
    SELECT t.*, t.price = 0 OR o.id IS NOT NULL AS is_owned,
           t.is_active AND (t.price = 0 OR o.id IS NOT NULL)
               AND t.vip_level_required <= {VIP_LEVEL} AS can_set
    FROM themes t
    JOIN users u ON u.id = :user_id
    LEFT JOIN theme_user o ON o.theme_id = t.id AND o.user_id = u.id
"""
_LIST = text(f"{_CATALOGUE} WHERE t.is_active AND t.id > :after_id ORDER BY t.id LIMIT :limit")
_SHOW = text(f"{_CATALOGUE} WHERE t.id = :theme_id")


def row_view(row: Row[Any]) -> ThemeRow:
    """A theme as the catalogue has it."""
    styles = safe_styles(row.css_styles)
    return msgspec.convert(row._asdict() | {"css_styles": styles}, ThemeRow)


def view(row: Row[Any]) -> ThemeView:
    """A theme as the caller of the catalogue sees it."""
    styles = safe_styles(row.css_styles)
    return msgspec.convert(row._asdict() | {"css_styles": styles}, ThemeView)


def owned_view(row: Row[Any]) -> OwnedTheme:
    """A theme that somebody bought."""
    columns = row._asdict() | {"css_styles": safe_styles(row.css_styles)}
    brief = {name: columns[name] for name in ThemeBrief.__struct_fields__}
    return msgspec.convert(columns | {"theme": brief}, OwnedTheme)


async def find(tx: Reading, theme_id: int) -> Row[Any]:
    """A theme, whether or not it is still sold. Raises UnknownTheme."""
    theme = await tx.row(_FIND, {"theme_id": theme_id})
    if theme is None:
        raise UnknownTheme
    return theme


async def show(tx: Reading, user_id: int, theme_id: int) -> ThemeView:
    """A theme as `user_id` sees it, sold or not: a room may have it. Raises UnknownTheme."""
    row = await tx.row(_SHOW, {"user_id": user_id, "theme_id": theme_id, "now": now()})
    if row is None:
        raise UnknownTheme
    return view(row)


async def list_themes(
    tx: Reading, user_id: int, *, after_id: int, limit: int
) -> Sequence[Row[Any]]:
    """Themes that are sold or free, by id, marked for `user_id`."""
    values = {"user_id": user_id, "after_id": after_id, "limit": limit, "now": now()}
    return await tx.rows(_LIST, values)


async def list_mine(tx: Reading, user_id: int, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """The themes that a user bought, newest first."""
    return await tx.rows(_MINE, {"user_id": user_id, "before_id": before_id, "limit": limit})


async def buy(tx: Transaction, user_id: int, theme_id: int) -> ThemeBought:
    """Buy a theme, once and for ever.

    Raises UnknownTheme, ThemeInactive, ThemeIsFree, ThemeVipRequired, ThemeOwnedAlready,
    InsufficientCoins; then nothing has changed.
    """
    book = await Book.open(tx, [user_id])
    account = book.accounts.get(user_id)
    if account is None or account.is_gone:
        raise Unauthenticated
    theme = await find(tx, theme_id)
    if not theme.is_active:
        raise ThemeInactive
    if theme.price == 0:
        raise ThemeIsFree
    _check_vip(theme, account.vip_level_at(book.at))
    if await _is_owned(tx, user_id, theme_id):
        raise ThemeOwnedAlready
    cost = int(theme.price * 100)
    book.debit(
        account,
        Movement.THEME_PURCHASE,
        Currency.COINS,
        cost,
        source=(SOURCE_THEME, theme.id),
        description=theme.name,
        metadata={"price": str(theme.price)},
    )
    await book.write(tx)
    named = {"user_id": user_id, "theme_id": theme_id}
    await tx.execute(_KEEP, named | {"price": theme.price, "at": book.at})
    owned = owned_view((await tx.execute(_ONE, named)).one())
    record(tx, user_stream(user_id), ThemeOwned(kind="theme_owned", theme=owned))
    return ThemeBought(
        total_cost=to_decimal(cost), coin_balance=to_decimal(account.coins), owned=owned
    )


async def set_on_room(
    tx: Transaction, user_id: int, room_id: int, theme_id: int | None
) -> RoomView:
    """Give a room of one's own a theme that one bought or that is free; None: the default one.

    Raises UnknownRoom, NotTheOwner, UnknownTheme, ThemeInactive, ThemeNotOwned,
    ThemeVipRequired. The same again does nothing.
    """
    user = await accounts.lock_user(tx, user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    room = await service.lock(tx, room_id)
    if room.user_id != user_id:
        raise NotTheOwner
    if theme_id is not None:
        theme = await find(tx, theme_id)
        if theme.is_active is False:
            raise ThemeInactive
        if theme.price > Decimal(0) and not await _is_owned(tx, user_id, theme_id):
            raise ThemeNotOwned
        is_over = user.vip_expires_at is not None and user.vip_expires_at <= now()
        _check_vip(theme, 0 if is_over else user.vip_level)
    if room.theme_id == theme_id:
        return await service.view(tx, room)
    changed = await service.view(tx, await rooms.update_room(tx, room_id, theme_id=theme_id))
    record(tx, room_stream(room_id), RoomUpdated(room=changed))
    return changed


def _check_vip(theme: Row[Any], vip_level: int) -> None:
    if vip_level < theme.vip_level_required:
        raise ThemeVipRequired(vip_level=vip_level, vip_level_required=theme.vip_level_required)


async def _is_owned(tx: Reading, user_id: int, theme_id: int) -> bool:
    return bool(await tx.scalar(_IS_OWNED, {"user_id": user_id, "theme_id": theme_id}))
