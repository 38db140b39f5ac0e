"""Asking for holds, placing and lifting them. The caller has locked the people."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import audit
from flylive.accounts.audit import Actor
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.wallet.errors import AlreadyHeld, NotHeld, WalletHeld

_HELD = text(
    """
    SELECT user_id FROM wallet_holds
    WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND lifted_at IS NULL LIMIT 1
    """
)
_ACTIVE = text(
    """
    SELECT * FROM wallet_holds
    WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND lifted_at IS NULL ORDER BY user_id
    """
)
_PLACE = text(
    """
    INSERT INTO wallet_holds (user_id, finding_id, reason, placed_by, placed_at)
    VALUES (:user_id, :finding_id, :reason, :by, :at) RETURNING *
    """
)
_LIFT = text(
    """
    UPDATE wallet_holds SET lifted_by = :by, lifted_at = :at, lift_reason = :reason
    WHERE id = :id RETURNING *
    """
)
_LIST = text(
    """
    SELECT * FROM wallet_holds
    WHERE id < :before_id
      AND (CAST(:user_id AS bigint) IS NULL OR user_id = :user_id)
      AND (NOT :is_active OR lifted_at IS NULL)
    ORDER BY id DESC LIMIT :limit
    """
)


class HoldView(msgspec.Struct, kw_only=True):
    """A hold on a person; it is over once it has `lifted_at`."""

    id: int
    user_id: int
    finding_id: int | None
    reason: str
    placed_by: int
    placed_at: datetime
    lifted_by: int | None
    lifted_at: datetime | None
    lift_reason: str | None


async def refuse_held(tx: Reading, user_ids: Collection[int]) -> None:
    """Raises WalletHeld where one of these locked people is held."""
    if await tx.scalar(_HELD, {"user_ids": list(user_ids)}) is not None:
        raise WalletHeld


async def place(
    tx: Transaction, actor: Actor, user_id: int, reason: str, finding_id: int | None = None
) -> HoldView:
    """Hold a locked person. Raises AlreadyHeld."""
    assert actor.user_id is not None
    if await find_active(tx, [user_id]):
        raise AlreadyHeld
    values = {"user_id": user_id, "finding_id": finding_id, "reason": reason}
    row = (await tx.execute(_PLACE, values | {"by": actor.user_id, "at": now()})).one()
    await _note(tx, actor, "wallet.hold", row, reason)
    return view(row)


async def lift(tx: Transaction, actor: Actor, user_id: int, reason: str) -> HoldView:
    """Lift the hold on a locked person. Raises NotHeld."""
    assert actor.user_id is not None
    found = await find_active(tx, [user_id])
    if not found:
        raise NotHeld
    values = {"id": found[0].id, "by": actor.user_id, "at": now(), "reason": reason}
    row = (await tx.execute(_LIFT, values)).one()
    await _note(tx, actor, "wallet.lift", row, reason)
    return view(row)


async def find_active(tx: Reading, user_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The holds that these people are under, by user."""
    return await tx.rows(_ACTIVE, {"user_ids": list(user_ids)})


async def list_holds(
    tx: Reading, *, before_id: int, limit: int, user_id: int | None, is_active: bool
) -> Sequence[Row[Any]]:
    """Holds, newest first: of one person or all, those that hold or all."""
    values = {"before_id": before_id, "limit": limit, "user_id": user_id}
    return await tx.rows(_LIST, values | {"is_active": is_active})


def view(row: Row[Any]) -> HoldView:
    """A hold as the staff see it."""
    return msgspec.convert(row._asdict(), HoldView)


async def _note(tx: Transaction, actor: Actor, action: str, row: Row[Any], reason: str) -> None:
    is_held = row.lifted_at is None
    await audit.write(
        tx,
        actor,
        action,
        ("user", row.user_id),
        reason=reason,
        before={"is_held": not is_held},
        after={"is_held": is_held, "hold_id": row.id, "finding_id": row.finding_id},
    )
