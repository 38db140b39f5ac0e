"""Following and blocking, and whether somebody may."""

from flylive import badge_checks
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.database import Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.social import queries
from flylive.social.errors import BlockedByYou, NotOneself, UserNotAvailable
from flylive.social.rules import Action, is_refused


async def may(tx: Reading, actor_id: int, action: Action, subject_id: int) -> bool:
    """Whether no block between the two forbids it. Everybody may everything to himself."""
    if actor_id == subject_id:
        return True
    blocks = await queries.find_blocks(tx, actor_id, subject_id)
    return not is_refused(
        action, blocked_by_actor=blocks.by_actor, blocked_by_subject=blocks.by_subject
    )


async def require_user(tx: Reading, user_id: int) -> None:
    """Raises UnknownUser where there is no such user, or he was deleted."""
    if await accounts.find_user(tx, user_id) is None:
        raise UnknownUser


async def hold_both(tx: Transaction, user_id: int, subject_id: int) -> None:
    """Keep both from being deleted while something is put between them.

    Raises Unauthenticated where the first is gone already, UnknownUser for the other.
    """
    gone = [one for one in sorted((user_id, subject_id)) if not await accounts.hold_user(tx, one)]
    if user_id in gone:
        raise Unauthenticated
    if gone:
        raise UnknownUser


async def hold_pair(tx: Transaction, user_id: int, subject_id: int) -> None:
    """Keep both from being deleted, and what stands between them from changing.

    Raises NotOneself, UnknownUser, Unauthenticated (the user is gone already).
    """
    if user_id == subject_id:
        raise NotOneself
    await queries.lock_pair(tx, user_id, subject_id)
    await hold_both(tx, user_id, subject_id)


async def require(tx: Reading, actor_id: int, action: Action, subject_id: int) -> None:
    """Raises BlockedByYou or UserNotAvailable where a block forbids it."""
    blocks = await queries.find_blocks(tx, actor_id, subject_id)
    if is_refused(action, blocked_by_actor=blocks.by_actor, blocked_by_subject=blocks.by_subject):
        raise BlockedByYou if blocks.by_actor else UserNotAvailable


async def follow(tx: Transaction, user_id: int, subject_id: int) -> None:
    """Let the user follow the other one.

    Raises NotOneself, UnknownUser, BlockedByYou, UserNotAvailable.
    """
    await hold_pair(tx, user_id, subject_id)
    await require(tx, user_id, Action.FOLLOW, subject_id)
    if await queries.insert_follow(tx, user_id, subject_id):
        await badge_checks.add(tx, "ties", [user_id, subject_id])


async def unfollow(tx: Transaction, user_id: int, subject_id: int) -> None:
    """Let the user no longer follow the other one. Raises UnknownUser."""
    await require_user(tx, subject_id)
    await queries.delete_follow(tx, user_id, subject_id)


async def block(tx: Transaction, user_id: int, subject_id: int, reason: str | None) -> None:
    """Let the user block the other one; neither follows the other from then on.

    Raises NotOneself, UnknownUser.
    """
    await hold_pair(tx, user_id, subject_id)
    await queries.insert_block(tx, user_id, subject_id, reason)
    await queries.delete_follow(tx, user_id, subject_id)
    await queries.delete_follow(tx, subject_id, user_id)


async def unblock(tx: Transaction, user_id: int, subject_id: int) -> None:
    """Let the user no longer block the other one. Raises UnknownUser."""
    await require_user(tx, subject_id)
    await queries.delete_block(tx, user_id, subject_id)
