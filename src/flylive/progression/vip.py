"""VIP: lifted by purchases, lowered when its days are over or a purchase is taken back.

``vip_standings`` keeps what purchases earned as it was last counted. A level that differs from
it was given by somebody, and stands until it is over or purchases earn a higher one. A level
pays its rewards the first time it is ever reached. Locks: users by id, then the rooms that show
their cards.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from flylive import badge_checks
from flylive.clock import now, render
from flylive.database import Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.progression.errors import VipHeld
from flylive.progression.events import VipEnding, VipLowered, VipRenewed
from flylive.progression.levels import Reached, load_ladders, pay_reward, record_levels, retire
from flylive.progression.rules import Ladder, Vip, vip_at
from flylive.realtime import record, user_stream
from flylive.rooms import cards
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
_SET = text(
    "UPDATE users SET vip_level = :level, vip_expires_at = :expires_at, updated_at = :at"
    " WHERE id = :user_id"
)
# A level that was given stands in the history without XP: it paid nothing, and may still.
_REACHED = text(
    "SELECT DISTINCT level_id FROM user_levels"
    " WHERE user_id = :user_id AND type = 'vip' AND current_xp > 0"
)


async def list_over(tx: Reading, limit: int) -> Sequence[int]:
    """Users whose VIP level is over and still written, by id."""
    return [row.id for row in await tx.rows(_OVER, {"at": now(), "limit": limit})]


async def recount(
    tx: Transaction,
    user_ids: Sequence[int],
    list_purchases: Callable[[Sequence[int]], Awaitable[Purchases]],
    *,
    ends_given: bool = False,
) -> int:
    """Bring these users to the VIP level that their purchases earn now; how many changed.

    The purchases are read once the users are locked, and counted at that moment: by an earlier
    one, whoever waited for a purchase would leave it out. With `ends_given`, whoever holds a
    higher level that he was given falls to what he earned.
    """
    book = await Book.open(tx, user_ids)
    at = book.at
    ladder = (await load_ladders(tx))["vip"]
    found = await tx.rows(_STANDINGS, {"user_ids": list(user_ids)})
    standings = {row.user_id: row for row in found}
    purchases = await list_purchases(user_ids)
    reached: list[Reached] = []
    changed: list[int] = []
    for account in book.accounts.values():
        if not account.is_deleted:
            earned = vip_at(purchases[account.id], ladder, at)
            standing = standings.get(account.id)
            await _keep(tx, account, earned, standing, at)
            if _may_change(account, earned, standing, at, ends_given):
                reached += await _change(tx, book, account, earned, ladder)
                changed.append(account.id)
    await book.write(tx)
    await record_levels(tx, reached, at)
    await badge_checks.add(tx, "user", changed)
    await cards.tell_all(tx, changed)
    return len(changed)


def _may_change(
    account: Account, earned: Vip, standing: Row[Any] | None, at: datetime, ends_given: bool
) -> bool:
    """Whether purchases decide: not over a level that was given and is higher or as high."""
    held = (account.vip_level, account.vip_expires_at)
    if held == (earned.level, earned.expires_at):
        return False
    counted = (0, None) if standing is None else (standing.vip_level, standing.vip_expires_at)
    is_given = held != counted and account.vip_level_at(at) > 0
    return ends_given or not is_given or earned.level > account.vip_level


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
    await tx.execute(_SET, values | {"at": book.at})
    if earned.level < account.vip_level:
        # Its level stays in the history, its rewards with him.
        lower = [level for level in ladder.levels if level.level_number == earned.level]
        standing = await retire(
            tx, account.id, "vip", lower[0] if lower else None, earned.xp, book.at
        )
        record(
            tx,
            user_stream(account.id),
            VipLowered(
                kind="vip_lowered",
                vip_level=earned.level,
                vip_expires_at=earned.expires_at,
                standing=standing,
            ),
        )
        return []
    assert earned.expires_at is not None, "a level that is not lower than another is one"
    renewed = VipRenewed(
        kind="vip_renewed", vip_level=earned.level, vip_expires_at=earned.expires_at
    )
    record(tx, user_stream(account.id), renewed)
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


async def give(tx: Transaction, user_id: int, level_number: int, until: datetime) -> None:
    """Let a user have a VIP level until then, or until purchases earn a higher one.

    It pays no rewards, coins least of all: those are for purchases, which still earn them. Raises
    UnknownUser, InvalidRequest, VipHeld.
    """
    book = await Book.open(tx, [user_id])
    account = book.account(user_id)
    ladder = (await load_ladders(tx))["vip"]
    found = [level for level in ladder.levels if level.level_number == level_number]
    if not found:
        there = ", ".join(str(level.level_number) for level in ladder.levels) or "none"
        raise InvalidRequest.field("vip_level", f"is no VIP level; there are {there}")
    held = account.vip_level_at(book.at)
    is_longer = account.vip_expires_at is None or until > account.vip_expires_at
    if held > level_number or (held == level_number and not is_longer):
        raise VipHeld(
            vip_level=held,
            vip_expires_at=render(account.vip_expires_at) if account.vip_expires_at else None,
        )
    values = {"user_id": user_id, "level": level_number, "expires_at": until}
    await tx.execute(_SET, values | {"at": book.at})
    if held < level_number:
        level = replace(found[0], coin_reward=0, diamond_reward=0, frame_rewards=())
        await record_levels(tx, [Reached(user_id, level, 0)], book.at)
    renewed = VipRenewed(kind="vip_renewed", vip_level=level_number, vip_expires_at=until)
    record(tx, user_stream(user_id), renewed)
    await badge_checks.add(tx, "user", [user_id])
    await cards.tell(tx, user_id)


_ENDING = text(
    """
    SELECT u.id FROM users u
    WHERE u.vip_level > 0 AND u.vip_expires_at > :at AND u.vip_expires_at <= :before
      AND u.deleted_at IS NULL
      AND NOT EXISTS (SELECT FROM vip_notices n
                      WHERE n.user_id = u.id AND n.vip_expires_at = u.vip_expires_at)
    ORDER BY u.id LIMIT :limit
    """
)
_LOCK = text(
    """
    SELECT id, vip_level, vip_expires_at FROM users WHERE id = ANY(CAST(:user_ids AS bigint[]))
      AND vip_level > 0 AND vip_expires_at > :at AND vip_expires_at <= :before
      AND deleted_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
    """
)
_TOLD = text(
    """
    INSERT INTO vip_notices AS n (user_id, vip_expires_at) VALUES (:user_id, :vip_expires_at)
    ON CONFLICT (user_id) DO UPDATE SET vip_expires_at = excluded.vip_expires_at
    WHERE n.vip_expires_at <> excluded.vip_expires_at
    """
)


async def tell_ending(tx: Transaction, days: int, limit: int) -> int:
    """Tell whose VIP level ends within so many days, once for each end; how many were told."""
    at = now()
    before = at + timedelta(days=days)
    ids = await tx.rows(_ENDING, {"at": at, "before": before, "limit": limit})
    found = {"user_ids": [row.id for row in ids], "at": at, "before": before}
    told = 0
    for user in await tx.rows(_LOCK, found) if ids else ():
        ending = {"user_id": user.id, "vip_expires_at": user.vip_expires_at}
        if (await tx.execute(_TOLD, ending)).rowcount:
            told += 1
            notice = VipEnding(
                kind="vip_ending", vip_level=user.vip_level, vip_expires_at=user.vip_expires_at
            )
            record(tx, user_stream(user.id), notice)
    return told
