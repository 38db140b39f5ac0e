"""All SQL over follows and blocks."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_BLOCKS = text(
    """
    SELECT EXISTS (SELECT FROM user_blocks
                   WHERE blocker_id = :actor_id AND blocked_id = :subject_id) AS by_actor,
           EXISTS (SELECT FROM user_blocks
                   WHERE blocker_id = :subject_id AND blocked_id = :actor_id) AS by_subject
    """
)


async def lock_pair(tx: Transaction, one_id: int, other_id: int) -> None:
    """Keep what stands between two people from changing until the transaction ends."""
    low, high = sorted((one_id, other_id))
    await tx.lock(f"social.pair:{low}:{high}")


async def find_blocks(tx: Reading, actor_id: int, subject_id: int) -> Row[Any]:
    """`by_actor` and `by_subject`: who of the two blocked the other."""
    return (await tx.execute(_BLOCKS, {"actor_id": actor_id, "subject_id": subject_id})).one()


_FOLLOW = text(
    """
    INSERT INTO user_followers (follower_id, following_id, followed_at)
    VALUES (:follower_id, :following_id, :at)
    ON CONFLICT (follower_id, following_id) DO NOTHING
    """
)
_UNFOLLOW = text(
    "DELETE FROM user_followers WHERE follower_id = :follower_id AND following_id = :following_id"
)
_LISTS = {
    side: text(
        f"""
        SELECT f.* FROM user_followers f JOIN users u ON u.id = f.{other}
        WHERE f.{own} = :user_id AND f.id < :before AND u.deleted_at IS NULL
        ORDER BY f.id DESC LIMIT :limit
        """
    )
    for side, own, other in (
        ("followers", "following_id", "follower_id"),
        ("following", "follower_id", "following_id"),
    )
}


async def insert_follow(tx: Transaction, follower_id: int, following_id: int) -> None:
    """Let one follow the other; nothing happens where he does."""
    await tx.execute(
        _FOLLOW, {"follower_id": follower_id, "following_id": following_id, "at": now()}
    )


async def delete_follow(tx: Transaction, follower_id: int, following_id: int) -> None:
    """Let one no longer follow the other."""
    await tx.execute(_UNFOLLOW, {"follower_id": follower_id, "following_id": following_id})


async def list_follows(
    tx: Reading,
    user_id: int,
    side: Literal["followers", "following"],
    *,
    before: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Up to `limit` follows older than the one with id `before`, newest first."""
    return await tx.rows(_LISTS[side], {"user_id": user_id, "before": before, "limit": limit})


_BLOCK = text(
    """
    INSERT INTO user_blocks (blocker_id, blocked_id, reason, blocked_at)
    VALUES (:blocker_id, :blocked_id, :reason, :at)
    ON CONFLICT (blocker_id, blocked_id) DO UPDATE SET reason = excluded.reason
    """
)
_UNBLOCK = text(
    "DELETE FROM user_blocks WHERE blocker_id = :blocker_id AND blocked_id = :blocked_id"
)
_LIST_BLOCKS = text(
    """
    SELECT * FROM user_blocks WHERE blocker_id = :user_id AND id < :before
    ORDER BY id DESC LIMIT :limit
    """
)


async def insert_block(
    tx: Transaction, blocker_id: int, blocked_id: int, reason: str | None
) -> None:
    """Let one block the other; a second time only changes the reason."""
    await tx.execute(
        _BLOCK,
        {"blocker_id": blocker_id, "blocked_id": blocked_id, "reason": reason, "at": now()},
    )


async def delete_block(tx: Transaction, blocker_id: int, blocked_id: int) -> None:
    """Let one no longer block the other."""
    await tx.execute(_UNBLOCK, {"blocker_id": blocker_id, "blocked_id": blocked_id})


async def list_blocks(tx: Reading, user_id: int, *, before: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` of somebody's blocks older than the one with id `before`, newest first."""
    return await tx.rows(_LIST_BLOCKS, {"user_id": user_id, "before": before, "limit": limit})


_FORGET = [
    text("DELETE FROM user_followers WHERE follower_id = :user_id OR following_id = :user_id"),
    text("DELETE FROM user_blocks WHERE blocker_id = :user_id OR blocked_id = :user_id"),
]


async def delete_ties(tx: Transaction, user_id: int) -> None:
    """Delete every follow and block, from him and to him."""
    for statement in _FORGET:
        await tx.execute(statement, {"user_id": user_id})
