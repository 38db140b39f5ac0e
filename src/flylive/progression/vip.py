"""VIP: lifted by purchases, lowered when its days are over or a purchase is taken back.

``vip_standings`` keeps what purchases earned as it was last counted. A level that differs from
it was given by somebody, and stands until it is over or purchases earn a higher one. A level
pays its rewards the first time it is ever reached. Locks: users by id.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.progression.events import VipLowered
from flylive.progression.levels import Reached, load_ladders, pay_reward, record_levels, retire
from flylive.progression.rules import Ladder, Vip, vip_at
from flylive.realtime import record, user_stream
from flylive.wallet import Account, Book

Purchases = Mapping[int, Sequence[tuple[datetime, int]]]

_OVER = text(
    """
    SELECT id FROM users WHERE vip_level > 0 AND vip_expires_at <= :at AND deleted_at IS NULL
    ORDER BY id LIMIT :limit
    """
)
_STANDINGS = text("SELECT * FROM vip_standings WHERE user_id = ANY(CAST(:user_ids AS bigint[]))")
_KEEP = text(
    """
    INSERT INTO vip_standings (user_id, vip_level, vip_expires_at, vip_xp, updated_at)
    VALUES (:user_id, :level, :expires_at, :xp, :at)
    ON CONFLICT (user_id) DO UPDATE SET
        vip_level = excluded.vip_level, vip_expires_at = excluded.vip_expires_at,
        vip_xp = excluded.vip_xp, updated_at = excluded.updated_at
    """
)
_SET = text("UPDATE users SET vip_level = :level, vip_expires_at = :expires_at WHERE id = :user_id")
_REACHED = text(
    "SELECT DISTINCT level_id FROM user_levels WHERE user_id = :user_id AND type = 'vip'"
)


async def list_over(tx: Reading, limit: int) -> Sequence[int]:
    """Users whose VIP level is over and still written, by id."""
    return [row.id for row in await tx.rows(_OVER, {"at": now(), "limit": limit})]


async def recount(
    tx: Transaction,
    user_ids: Sequence[int],
    list_purchases: Callable[[Sequence[int]], Awaitable[Purchases]],
) -> None:
    """Bring these users to the VIP level that their purchases earn now.

    The purchases are read once the users are locked.
    """
    at = now()
    book = await Book.open(tx, user_ids, at=at)
    ladder = (await load_ladders(tx))["vip"]
    found = await tx.rows(_STANDINGS, {"user_ids": list(user_ids)})
    standings = {row.user_id: row for row in found}
    purchases = await list_purchases(user_ids)
    reached: list[Reached] = []
    for account in book.accounts.values():
        if not account.is_deleted:
            earned = vip_at(purchases[account.id], ladder, at)
            standing = standings.get(account.id)
            await _keep(tx, account, earned, standing, at)
            if _may_change(account, earned, standing, at):
                reached += await _change(tx, book, account, earned, ladder)
    await book.write(tx)
    await record_levels(tx, reached, at)


def _may_change(account: Account, earned: Vip, standing: Row[Any] | None, at: datetime) -> bool:
    """Whether purchases decide: not over a level that was given and is higher or as high."""
    held = (account.vip_level, account.vip_expires_at)
    if held == (earned.level, earned.expires_at):
        return False
    counted = (0, None) if standing is None else (standing.vip_level, standing.vip_expires_at)
    is_given = held != counted and account.vip_level_at(at) > 0
    return not is_given or earned.level > account.vip_level


async def _keep(
    tx: Transaction, account: Account, earned: Vip, standing: Row[Any] | None, at: datetime
) -> None:
    level, expires_at, xp = earned
    if standing is None or (standing.vip_level, standing.vip_expires_at, standing.vip_xp) != earned:
        values = {"user_id": account.id, "level": level, "expires_at": expires_at, "xp": xp}
        await tx.execute(_KEEP, values | {"at": at})


async def _change(
    tx: Transaction, book: Book, account: Account, earned: Vip, ladder: Ladder
) -> list[Reached]:
    """Write the level; the levels that were crossed, their rewards credited."""
    values = {"user_id": account.id, "level": earned.level, "expires_at": earned.expires_at}
    await tx.execute(_SET, values)
    if earned.level < account.vip_level:
        # Its level stays in the history, its rewards with him.
        lower = [level for level in ladder.levels if level.level_number == earned.level]
        await retire(tx, account.id, "vip", lower[0] if lower else None, earned.xp, book.at)
        record(
            tx,
            user_stream(account.id),
            VipLowered(
                kind="vip_lowered", vip_level=earned.level, vip_expires_at=earned.expires_at
            ),
        )
        return []
    before = {row.level_id for row in await tx.rows(_REACHED, {"user_id": account.id})}
    crossed = []
    for level in ladder.above(account.vip_level, earned.xp):
        if level.level_number > earned.level:
            break
        if level.id in before:
            crossed.append(replace(level, coin_reward=0, diamond_reward=0, frame_rewards=()))
        else:
            crossed.append(level)
            pay_reward(book, account, level)
    return [Reached(account.id, level, earned.xp) for level in crossed]
