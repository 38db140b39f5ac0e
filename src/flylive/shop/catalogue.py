"""Making, changing and retiring frames and themes; who may, why, and the audit log are above."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Row, Table, text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.database.saving import save
from flylive.http.fields import FieldChecks
from flylive.shop import pictures
from flylive.shop.errors import DefaultThemeNeeded, UnknownFrame, UnknownTheme
from flylive.shop.models import Frame, Theme
from flylive.shop.rules import MAX_DURATION_DAYS, check_styles

_FRAMES = cast("Table", Frame.__table__)
_THEMES = cast("Table", Theme.__table__)

_LIST_FRAMES = text("SELECT * FROM frames WHERE id > :after_id ORDER BY id LIMIT :limit")
_LIST_THEMES = text("SELECT * FROM themes WHERE id > :after_id ORDER BY id LIMIT :limit")
_LOCK_FRAME = text("SELECT * FROM frames WHERE id = :id FOR UPDATE")
_LOCK_THEME = text("SELECT * FROM themes WHERE id = :id FOR UPDATE")
_NO_DEFAULT = text(
    "UPDATE themes SET is_default = false, updated_at = :at WHERE is_default AND id <> :id"
)
FRAME_SOURCES = ("static_src", "animated_src")
FRAME_PICTURES = (*FRAME_SOURCES, "thumbnail_url")


async def list_all_frames(tx: Reading, *, after_id: int, limit: int) -> Sequence[Row[Any]]:
    """Every frame, sold or not, by id."""
    return await tx.rows(_LIST_FRAMES, {"after_id": after_id, "limit": limit})


async def list_all_themes(tx: Reading, *, after_id: int, limit: int) -> Sequence[Row[Any]]:
    """Every theme, by id."""
    return await tx.rows(_LIST_THEMES, {"after_id": after_id, "limit": limit})


async def lock_frame(tx: Transaction, frame_id: int) -> Row[Any]:
    """A frame, held. Raises UnknownFrame."""
    frame = await tx.row(_LOCK_FRAME, {"id": frame_id})
    if frame is None:
        raise UnknownFrame
    return frame


async def lock_theme(tx: Transaction, theme_id: int) -> Row[Any]:
    """A theme, held, and with it which one is the default. Raises UnknownTheme."""
    await tx.lock("themes")
    theme = await tx.row(_LOCK_THEME, {"id": theme_id})
    if theme is None:
        raise UnknownTheme
    return theme


async def save_frame(
    tx: Transaction, actor_id: int, values: Mapping[str, Any], before: Row[Any] | None
) -> Row[Any]:
    """A new frame, or another one's new columns; what is owned keeps its days.

    Raises InvalidRequest that names the fields at fault.
    """
    checks = FieldChecks()
    days = values.get("duration_days")
    if days is not None and days > MAX_DURATION_DAYS:
        checks.refuse("duration_days", f"must be 1–{MAX_DURATION_DAYS}, or null for ever")
    kept = before._asdict() if before is not None else {}
    await pictures.check(tx, checks, actor_id, values, kept, FRAME_PICTURES)
    checks.done()
    return await save(tx, _FRAMES, values, before)


async def save_theme(
    tx: Transaction, actor_id: int, values: Mapping[str, Any], before: Row[Any] | None
) -> Row[Any]:
    """A new theme, or another one's new columns. A new default one takes the place of the old.

    Raises InvalidRequest that names the fields at fault, DefaultThemeNeeded.
    """
    checks = FieldChecks()
    for name, words in check_styles(values.get("css_styles") or {}).items():
        checks.refuse(f"css_styles.{name}", words)
    kept: dict[str, Any] = before._asdict() if before is not None else {}
    await pictures.check(tx, checks, actor_id, values, kept, ("background_image",))
    checks.done()
    if before is None:
        await tx.lock("themes")
    after = {"is_active": True, "is_default": False, "price": 0, "vip_level_required": 0}
    after |= {name: kept[name] for name in after if name in kept} | dict(values)
    is_for_all = after["is_active"] and not after["price"] and not after["vip_level_required"]
    if kept.get("is_default") and not after["is_default"]:
        raise DefaultThemeNeeded
    if after["is_default"]:
        if not is_for_all:
            raise DefaultThemeNeeded("The default theme is active, free and without a VIP level")
        await tx.execute(_NO_DEFAULT, {"id": kept.get("id", 0), "at": now()})
    return await save(tx, _THEMES, values, before)
