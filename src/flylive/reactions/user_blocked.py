"""Blocking somebody: what every slice does about it, in one transaction.

It stands here, with its address, because it reaches from people to couples and rooms. Locks: what
stands between the two, both people by id, proposals and couples, the blocker's room.
"""

from datetime import timedelta

from litestar import put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.couples import service as couples
from flylive.database import Database, Transaction
from flylive.rooms import stays
from flylive.social import service as social
from flylive.social.schemas import BlockUser


@put("/users/{user_id:int}/block", status_code=204)
async def block_user(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    user_id: FromPath[int],
    data: JSONBody[BlockUser | None] = None,
) -> None:
    """Block a user: no follow either way, no couple, and he is out of all of the caller's rooms."""
    reason = data.reason if data else None
    cooldown = timedelta(days=settings.couple_cooldown_days)

    async def work(tx: Transaction) -> None:
        await social.block(tx, caller.user_id, user_id, reason)
        await couples.end_between(tx, caller.user_id, user_id, cooldown)
        await stays.shut_out(tx, caller.user_id, user_id)

    await database.run(work)


ROUTES = [block_user]
