"""Owning frames: given or bought, days add up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive import badge_checks
from flylive.accounts.queries import VIP_LEVEL
from flylive.clock import now, render
from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.errors import Unauthenticated
from flylive.money import Currency, to_decimal
from flylive.shop import rules, wearing
from flylive.shop.errors import (
    FrameInactive,
    FrameLastsTooLong,
    FrameLevelRequired,
    FrameOwnedForever,
    FrameVipRequired,
    UnknownFrame,
)
from flylive.shop.schemas import FrameBought
from flylive.wallet import Account, Book, Movement

SOURCE_FRAME = "Frame"

_GIVE = text(
    """
    INSERT INTO frame_user AS owned (user_id, frame_id, quantity, expires_at, purchased_at)
    SELECT g.user_id, f.id, g.times,
           LEAST(CAST(:at AS timestamptz) + make_interval(days => f.duration_days * g.times),
                 CASE WHEN f.duration_days IS NOT NULL THEN CAST(:latest AS timestamptz) END), :at
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:frame_ids AS bigint[]),
                CAST(:times AS integer[])) AS g (user_id, frame_id, times)
    JOIN frames f ON f.id = g.frame_id
    ORDER BY g.user_id, f.id
    ON CONFLICT (user_id, frame_id) DO UPDATE SET
        quantity = owned.quantity + excluded.quantity,
        expires_at = CASE WHEN owned.expires_at IS NOT NULL AND excluded.expires_at IS NOT NULL
            THEN LEAST(GREATEST(owned.expires_at, :at) + (excluded.expires_at - :at),
                       GREATEST(owned.expires_at, CAST(:latest AS timestamptz))) END,
        is_active = owned.is_active AND (owned.expires_at IS NULL OR owned.expires_at > :at),
        is_end_told = false
    RETURNING user_id, frame_id
    """
)


async def give_frames(tx: Transaction, gifts: Iterable[tuple[int, int]], at: datetime) -> None:
    """Give locked users frames as (user_id, frame_id), and tell them.

    A frame owned already lasts its days longer. One without `duration_days` is forever, and
    stays so (`expires_at` NULL).
    """
    counted = Counter(gifts)
    if not counted:
        return
    given = await tx.rows(
        _GIVE,
        {
            "user_ids": array_literal(user_id for user_id, _ in counted),
            "frame_ids": array_literal(frame_id for _, frame_id in counted),
            "times": array_literal(counted.values()),
            "at": at,
            "latest": at + rules.LONGEST,
        },
    )
    await wearing.dress(tx, {row.user_id for row in given})
    await wearing.tell(tx, [(row.user_id, row.frame_id) for row in given])


_FIND = text("SELECT * FROM frames WHERE id = :frame_id")
_LEVEL = text(
    "SELECT COALESCE(max(level_number), 1) FROM levels WHERE id IN (:wealth_id, :charm_id)"
)
_OWNED = text("SELECT * FROM frame_user WHERE user_id = :user_id AND frame_id = :frame_id")
_BUY = text(
    """
    INSERT INTO frame_user AS owned (user_id, frame_id, quantity, expires_at, purchased_at)
    VALUES (:user_id, :frame_id, :quantity, :expires_at, :at)
    ON CONFLICT (user_id, frame_id) DO UPDATE SET
        quantity = owned.quantity + excluded.quantity, expires_at = excluded.expires_at,
        is_end_told = false
    """
)


async def buy(tx: Transaction, user_id: int, frame_id: int, quantity: int) -> FrameBought:
    """Buy a frame's days `quantity` times, behind those that are left of it.

    Raises UnknownFrame, FrameInactive, FrameVipRequired, FrameLevelRequired, FrameOwnedForever,
    FrameLastsTooLong, InsufficientCoins; then nothing has changed.
    """
    book = await Book.open(tx, [user_id])
    account = book.accounts.get(user_id)
    if account is None or account.is_gone:
        raise Unauthenticated
    frame = await tx.row(_FIND, {"frame_id": frame_id})
    if frame is None:
        raise UnknownFrame
    await _check_gates(tx, account, frame, book.at)
    owned = await tx.row(_OWNED, {"user_id": user_id, "frame_id": frame_id})
    if owned is not None and owned.expires_at is None:
        raise FrameOwnedForever
    if frame.duration_days is None and quantity > 1:
        raise FrameOwnedForever("A frame that is for ever is bought once")
    expires_at = rules.expiry(
        book.at, owned.expires_at if owned else None, frame.duration_days, quantity
    )
    if expires_at is not None and expires_at > book.at + rules.LONGEST:
        held = owned.expires_at if owned else None
        raise FrameLastsTooLong(expires_at=None if held is None else render(held))
    cost = int(frame.price * 100) * quantity
    book.debit(
        account,
        Movement.FRAME_PURCHASE,
        Currency.COINS,
        cost,
        quantity=quantity,
        source=(SOURCE_FRAME, frame.id),
        description=frame.name,
        metadata={"price": str(frame.price), "duration_days": frame.duration_days},
    )
    await book.write(tx)
    # What was over and is bought again is not put on by itself.
    await wearing.end(tx, user_id)
    bought = {"user_id": user_id, "frame_id": frame_id, "quantity": quantity}
    await tx.execute(_BUY, bought | {"expires_at": expires_at, "at": book.at})
    await wearing.dress(tx, [user_id])
    if owned is None:
        await badge_checks.add(tx, "ties", [user_id])
    [view] = await wearing.tell(tx, [(user_id, frame_id)])
    return FrameBought(
        total_cost=to_decimal(cost), coin_balance=to_decimal(account.coins), owned=view
    )


async def _check_gates(tx: Transaction, account: Account, frame: Row[Any], at: datetime) -> None:
    if not frame.is_active:
        raise FrameInactive
    vip_level = account.vip_level_at(at)
    if vip_level < frame.vip_level_required:
        raise FrameVipRequired(vip_level=vip_level, vip_level_required=frame.vip_level_required)
    levels = {"wealth_id": account.wealth_level_id, "charm_id": account.charm_level_id}
    level = await tx.scalar(_LEVEL, levels)
    if level < frame.level_required:
        raise FrameLevelRequired(level=level, level_required=frame.level_required)


_CATALOGUE = f"""
    SELECT f.*, f.vip_level_required <= {VIP_LEVEL} AND f.level_required <= GREATEST(1,
               (SELECT max(level_number) FROM levels
                WHERE id IN (u.wealth_level_id, u.charm_level_id))) AS can_buy
    FROM frames f, users u
    WHERE u.id = :user_id AND f.is_active
      AND (CAST(:category AS text) IS NULL OR f.category = :category)
      AND (CAST(:rarity AS text) IS NULL OR f.rarity = :rarity)
"""
_BY_ID = text(
    f"{_CATALOGUE} AND f.id > COALESCE(CAST(:after_id AS bigint), 0) ORDER BY f.id LIMIT :limit"
)
_BY_PRICE = text(
    f"""
    {_CATALOGUE}
      AND (CAST(:after_id AS bigint) IS NULL
           OR (f.price, f.id) > (CAST(:after_price AS numeric), CAST(:after_id AS bigint)))
    ORDER BY f.price, f.id LIMIT :limit
    """
)
_MINE = text(
    f"{wearing.OWNED} WHERE o.user_id = :user_id AND o.id < :before_id"
    " ORDER BY o.id DESC LIMIT :limit"
)


async def list_frames(
    tx: Reading,
    user_id: int,
    *,
    limit: int,
    category: str | None,
    rarity: str | None,
    by_price: bool,
    after: tuple[Decimal, int] | None,
) -> Sequence[Row[Any]]:
    """Frames that are sold, by id or by price, marked with whether `user_id` may buy them."""
    return await tx.rows(
        _BY_PRICE if by_price else _BY_ID,
        {
            "user_id": user_id,
            "now": now(),
            "category": category,
            "rarity": rarity,
            "after_price": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        },
    )


async def list_mine(tx: Reading, user_id: int, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """The frames that a user has or had, the newest first."""
    values = {"user_id": user_id, "before_id": before_id, "limit": limit, "now": now()}
    return await tx.rows(_MINE, values)
