"""All SQL over follows and blocks."""

from collections.abc import Collection, Sequence
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


_LOCK_PAIRS = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
    FROM unnest(CAST(:names AS text[])) AS name
    """
)
_BLOCKED_PAIRS = text(
    """
    SELECT low, high FROM unnest(CAST(:lows AS bigint[]), CAST(:highs AS bigint[])) AS p (low, high)
    WHERE EXISTS (SELECT FROM user_blocks b WHERE b.blocker_id = low AND b.blocked_id = high)
       OR EXISTS (SELECT FROM user_blocks b WHERE b.blocker_id = high AND b.blocked_id = low)
    """
)


async def blocked_pairs(tx: Reading, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the pairs whom a block stands between, whoever set it."""
    values = {"lows": [low for low, _ in pairs], "highs": [high for _, high in pairs]}
    return {(row.low, row.high) for row in await tx.rows(_BLOCKED_PAIRS, values)}


async def lock_pair(tx: Transaction, one_id: int, other_id: int) -> None:
    """Keep what stands between two people from changing until the transaction ends."""
    low, high = sorted((one_id, other_id))
    await tx.lock(f"social.pair:{low}:{high}")


async def lock_pairs(tx: Transaction, pairs: Collection[tuple[int, int]]) -> None:
    """The same for many pairs of a lower and a higher id, in the order given."""
    names = [f"social.pair:{low}:{high}" for low, high in pairs]
    await tx.execute(_LOCK_PAIRS, {"names": names})


async def find_blocks(tx: Reading, actor_id: int, subject_id: int) -> Row[Any]:
    """`by_actor` and `by_subject`: who of the two blocked the other."""
    return (await tx.execute(_BLOCKS, {"actor_id": actor_id, "subject_id": subject_id})).one()


_BLOCKED_AMONG = text(
    """
    SELECT blocked_id AS user_id FROM user_blocks
    WHERE blocker_id = :user_id AND blocked_id = ANY(CAST(:others AS bigint[]))
    UNION
    SELECT blocker_id FROM user_blocks
    WHERE blocked_id = :user_id AND blocker_id = ANY(CAST(:others AS bigint[]))
    """
)


async def blocked_among(tx: Reading, user_id: int, others: Collection[int]) -> set[int]:
    """Those of the others whom a block stands between them and the user, whoever set it."""
    rows = await tx.rows(_BLOCKED_AMONG, {"user_id": user_id, "others": list(others)})
    return {row.user_id for row in rows}


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


_ARE_FRIENDS = text(
    """
    SELECT count(*) = 2 FROM user_followers
    WHERE (follower_id, following_id) IN ((:one_id, :other_id), (:other_id, :one_id))
    """
)
# Friends since the later of both follows, whose id is the larger one.
_LIST_FRIENDS = text(
    """
    SELECT * FROM (
        SELECT greatest(f.id, b.id) AS id, f.following_id AS friend_id,
               greatest(f.followed_at, b.followed_at) AS friends_since
        FROM user_followers f
        JOIN user_followers b ON b.follower_id = f.following_id AND b.following_id = f.follower_id
        JOIN users u ON u.id = f.following_id AND u.deleted_at IS NULL
        WHERE f.follower_id = :user_id
    ) friends
    WHERE id < :before ORDER BY id DESC LIMIT :limit
    """
)


async def are_friends(tx: Reading, one_id: int, other_id: int) -> bool:
    """Whether both follow each other."""
    return bool(await tx.scalar(_ARE_FRIENDS, {"one_id": one_id, "other_id": other_id}))


async def list_friends(tx: Reading, user_id: int, *, before: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` friends, those of the newest friendship first."""
    return await tx.rows(_LIST_FRIENDS, {"user_id": user_id, "before": before, "limit": limit})


async def insert_follow(tx: Transaction, follower_id: int, following_id: int) -> bool:
    """Let one follow the other; False where he does."""
    values = {"follower_id": follower_id, "following_id": following_id, "at": now()}
    return bool((await tx.execute(_FOLLOW, values)).rowcount)


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
