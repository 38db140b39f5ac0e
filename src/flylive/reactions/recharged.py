"""After coins were bought or taken back: the buyer's VIP level.

Each settled order leaves a row in ``recharge_changes``; it is deleted in the transaction that
counts the buyer's purchases anew: before he is answered where he himself reports his payment, by
the worker otherwise. Whose level is over is counted anew too: its rights ended at that second by
themselves.
"""

from collections.abc import Sequence

import structlog

from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.progression import vip
from flylive.wallet.recharge import service as recharge

log = structlog.get_logger(__name__)

AT_ONCE = 100


async def follow(database: Database, user_id: int) -> None:
    """Count a buyer anew now, so that he has his level when he hears that he has paid.

    His order is settled whatever becomes of this: then the worker comes to it.
    """
    try:
        await database.run(lambda tx: _follow(tx, user_id))
    except Exception as error:
        log.warning("vip.left_to_worker", user=user_id, exc_info=error)


async def lift(database: Database) -> int:
    """Count anew what buyers have earned; how many of them."""
    return await database.run(_lift)


async def lower(database: Database) -> int:
    """Count anew whose VIP level is over; how many."""
    return await database.run(_lower)


async def tell_ending(database: Database, settings: Settings) -> int:
    """Tell whose VIP level ends in some days, once; how many were told."""
    days = settings.vip_notice_days
    return await database.run(lambda tx: vip.tell_ending(tx, days, AT_ONCE)) if days else 0


async def recount(tx: Transaction, user_ids: Sequence[int]) -> int:
    """Bring users to the VIP level that their purchases earn by the levels there are now."""
    return await vip.recount(tx, user_ids, lambda ids: recharge.list_bought(tx, ids))


async def end_given(tx: Transaction, user_id: int) -> bool:
    """Let a user have the VIP level that his purchases earn; whether he held a given one."""
    return bool(
        await vip.recount(tx, [user_id], lambda ids: recharge.list_bought(tx, ids), ends_given=True)
    )


async def _follow(tx: Transaction, user_id: int) -> None:
    if await recharge.claim_changes_of(tx, user_id):
        await recount(tx, [user_id])


async def _lift(tx: Transaction) -> int:
    return await _recount(tx, await recharge.claim_changes(tx, AT_ONCE))


async def _lower(tx: Transaction) -> int:
    return await _recount(tx, await vip.list_over(tx, AT_ONCE))


async def _recount(tx: Transaction, user_ids: Sequence[int]) -> int:
    if user_ids:
        await recount(tx, user_ids)
    return len(user_ids)
