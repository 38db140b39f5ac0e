"""What follows when staff block somebody: nothing of his stays open, anywhere.

The user is locked by whoever calls (``console``). His tokens, console sessions and tickets go,
he is out of his room and off his seat, and every process hears of it after the commit: then his
sockets close with 4202. Rooms that he owns stay as they are: they are also other people's, and a
block may be lifted, which a closed room would not survive; staff suspend a room by itself.
"""

from typing import Any

from sqlalchemy import Row

from flylive.accounts import audit, sessions
from flylive.accounts.audit import Actor
from flylive.accounts.errors import BlockedAlready, NotBlocked
from flylive.database import Transaction
from flylive.realtime import tickets
from flylive.realtime.control import announce_blocked
from flylive.rooms import removal


async def block(tx: Transaction, actor: Actor, user: Row[Any], reason: str) -> None:
    """Block a locked user. Raises BlockedAlready."""
    if user.is_blocked:
        raise BlockedAlready
    await sessions.set_blocked(tx, user.id, reason)
    await sessions.end_all(tx, user.id)
    await tickets.drop(tx, user.id)
    await removal.take_out(tx, user.id, "removed")
    await audit.write(
        tx,
        actor,
        "user.block",
        ("user", user.id),
        reason=reason,
        before={"is_blocked": False, "block_reason": None},
        after={"is_blocked": True, "block_reason": reason},
    )
    announce_blocked(tx, user.id)


async def unblock(tx: Transaction, actor: Actor, user: Row[Any], reason: str) -> None:
    """Let a locked user log in again; nothing else comes back. Raises NotBlocked."""
    if not user.is_blocked:
        raise NotBlocked
    await sessions.set_blocked(tx, user.id, None)
    await audit.write(
        tx,
        actor,
        "user.unblock",
        ("user", user.id),
        reason=reason,
        before={"is_blocked": True, "block_reason": user.block_reason},
        after={"is_blocked": False, "block_reason": None},
    )
