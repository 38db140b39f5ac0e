"""Wearing frames: put on, taken off, over in time; what users and rooms are shown of it.

``users.static_src``, ``animated_src`` and ``frame_expires_at`` are always those of the active
frame: whatever changes one calls :func:`dress` in the same transaction. Readers leave out what
has expired by then, whether or not the worker has been there. Locks: the frame, users by id, the
rooms that show their cards.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import queries as accounts
from flylive.clock import now, render
from flylive.database import Database, Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.errors import Unauthenticated
from flylive.realtime import record, user_stream
from flylive.rooms import cards
from flylive.shop.errors import FrameExpired, FrameNotOwned, FrameVipRequired, UnknownFrame
from flylive.shop.events import FrameUpdated
from flylive.shop.schemas import FrameBrief, OwnedFrame

OWNED = """
    SELECT o.id, o.user_id, o.frame_id, o.quantity, o.expires_at, o.purchased_at, o.activated_at,
           o.is_active AND (o.expires_at IS NULL OR o.expires_at > :now) AS is_active,
           COALESCE(o.expires_at <= :now, false) AS is_expired,
           f.name, f.description, f.static_src, f.animated_src, f.thumbnail_url, f.category,
           f.rarity, f.duration_days, f.vip_level_required
    FROM frame_user o JOIN frames f ON f.id = o.frame_id
"""
"""SQL: frames that users have, as they are at `:now`."""

_SHARE_FRAME = text("SELECT * FROM frames WHERE id = :frame_id FOR SHARE")
_LOCK_OWNED = text(
    "SELECT * FROM frame_user WHERE user_id = :user_id AND frame_id = :frame_id FOR NO KEY UPDATE"
)
_TAKE_OFF = text(
    """
    UPDATE frame_user SET is_active = false, activated_at = NULL
    WHERE user_id = :user_id AND is_active RETURNING frame_id
    """
)
_PUT_ON = text("UPDATE frame_user SET is_active = true, activated_at = :at WHERE id = :id")
_DRESS = text(
    """
    WITH wanted AS (
        SELECT u.id, f.static_src, f.animated_src, o.expires_at,
               (u.static_src, u.animated_src) IS DISTINCT FROM (f.static_src, f.animated_src)
                   AS is_seen
        FROM users u
        LEFT JOIN frame_user o ON o.user_id = u.id AND o.is_active
        LEFT JOIN frames f ON f.id = o.frame_id
        WHERE u.id = ANY(CAST(:ids AS bigint[]))
          AND (u.static_src, u.animated_src, u.frame_expires_at)
              IS DISTINCT FROM (f.static_src, f.animated_src, o.expires_at)
    )
    UPDATE users u SET static_src = w.static_src, animated_src = w.animated_src,
        frame_expires_at = w.expires_at
    FROM wanted w WHERE u.id = w.id
    RETURNING u.id, w.is_seen
    """
)
_THESE = text(
    f"""
    {OWNED}
    JOIN unnest(CAST(:user_ids AS bigint[]), CAST(:frame_ids AS bigint[]))
         AS p (user_id, frame_id) ON p.user_id = o.user_id AND p.frame_id = o.frame_id
    ORDER BY o.user_id, is_active, o.frame_id
    """
)


def owned_view(row: Row[Any]) -> OwnedFrame:
    """A row of :data:`OWNED`."""
    columns = row._asdict()
    return msgspec.convert(
        columns | {"frame": {name: columns[name] for name in FrameBrief.__struct_fields__}},
        OwnedFrame,
    )


async def tell(tx: Transaction, changed: Collection[tuple[int, int]]) -> list[OwnedFrame]:
    """Tell each user of his frames, by (user_id, frame_id), as they are now; what was told."""
    pairs = sorted(set(changed))
    found = await tx.rows(
        _THESE,
        {
            "user_ids": array_literal(user_id for user_id, _ in pairs),
            "frame_ids": array_literal(frame_id for _, frame_id in pairs),
            "now": now(),
        },
    )
    views = [owned_view(row) for row in found]
    for view in views:
        record(tx, user_stream(view.user_id), FrameUpdated(kind="frame_updated", frame=view))
    return views


async def dress(tx: Transaction, user_ids: Collection[int]) -> None:
    """Let locked users show what they wear now; rooms are told whose look is another one."""
    if user_ids:
        changed = await tx.rows(_DRESS, {"ids": array_literal(user_ids)})
        await cards.tell_all(tx, [row.id for row in changed if row.is_seen])


async def put_on(tx: Transaction, user_id: int, frame_id: int) -> None:
    """Wear a frame that one has, in place of any other. Again does nothing.

    Raises UnknownFrame, FrameNotOwned, FrameExpired, FrameVipRequired.
    """
    frame = await tx.row(_SHARE_FRAME, {"frame_id": frame_id})
    if frame is None:
        raise UnknownFrame
    user = await _lock(tx, user_id)
    owned = await tx.row(_LOCK_OWNED, {"user_id": user_id, "frame_id": frame_id})
    if owned is None:
        raise FrameNotOwned
    at = now()
    if owned.expires_at is not None and owned.expires_at <= at:
        raise FrameExpired(expires_at=render(owned.expires_at))
    is_over = user.vip_expires_at is not None and user.vip_expires_at <= at
    vip_level = 0 if is_over else user.vip_level
    if vip_level < frame.vip_level_required:
        raise FrameVipRequired(vip_level=vip_level, vip_level_required=frame.vip_level_required)
    if owned.is_active:
        return
    before = await tx.scalar(_TAKE_OFF, {"user_id": user_id})
    await tx.execute(_PUT_ON, {"id": owned.id, "at": at})
    await dress(tx, [user_id])
    changed = [(user_id, frame_id)] + ([(user_id, before)] if before is not None else [])
    await tell(tx, changed)


async def take_off(tx: Transaction, user_id: int, frame_id: int) -> None:
    """Wear this frame no longer. Where one does not, nothing happens.

    Raises UnknownFrame, FrameNotOwned.
    """
    if await tx.row(_SHARE_FRAME, {"frame_id": frame_id}) is None:
        raise UnknownFrame
    await _lock(tx, user_id)
    owned = await tx.row(_LOCK_OWNED, {"user_id": user_id, "frame_id": frame_id})
    if owned is None:
        raise FrameNotOwned
    if owned.is_active:
        await tx.execute(_TAKE_OFF, {"user_id": user_id})
        await dress(tx, [user_id])
        await tell(tx, [(user_id, frame_id)])


async def _lock(tx: Transaction, user_id: int) -> Row[Any]:
    user = await accounts.lock_user(tx, user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    return user


_ENDED = text(
    """
    SELECT DISTINCT user_id FROM (
        SELECT user_id FROM frame_user
        WHERE NOT is_end_told AND expires_at IS NOT NULL AND expires_at <= :at
        ORDER BY expires_at LIMIT :limit) AS ended
    """
)
_END = text(
    """
    UPDATE frame_user SET is_active = false, activated_at = NULL, is_end_told = true
    WHERE user_id = :user_id AND NOT is_end_told AND expires_at <= :at
    RETURNING frame_id
    """
)
ENDED_AT_ONCE = 200


async def end_expired(database: Database) -> int:
    """Take off frames whose days are over, and tell of them; of how many users.

    One transaction per user. At reading they were off from that second.
    """
    found = {"at": now(), "limit": ENDED_AT_ONCE}

    async def listed(tx: Reading) -> Sequence[Row[Any]]:
        return await tx.rows(_ENDED, found)

    user_ids = sorted(row.user_id for row in await database.read(listed))
    for user_id in user_ids:

        async def work(tx: Transaction, user_id: int = user_id) -> None:
            await accounts.lock_users(tx, [user_id])
            await end(tx, user_id)

        await database.run(work)
    return len(user_ids)


async def end(tx: Transaction, user_id: int) -> None:
    """Take off and tell of a locked user's frames whose days are over."""
    ended = await tx.rows(_END, {"user_id": user_id, "at": now()})
    if ended:
        await dress(tx, [user_id])
        await tell(tx, [(user_id, row.frame_id) for row in ended])


_STILL_WORN = text(
    """
    SELECT user_id FROM frame_user
    WHERE frame_id = :frame_id AND is_active AND user_id = ANY(CAST(:ids AS bigint[]))
    """
)


async def dress_again(tx: Transaction, user_ids: Sequence[int], frame_id: int) -> int:
    """Show a frame as the catalogue has it now to whoever wears it; how many of these users."""
    await accounts.lock_users(tx, user_ids)
    rows = await tx.rows(_STILL_WORN, {"frame_id": frame_id, "ids": array_literal(user_ids)})
    worn = [row.user_id for row in rows]
    await dress(tx, worn)
    await tell(tx, [(user_id, frame_id) for user_id in worn])
    return len(worn)
