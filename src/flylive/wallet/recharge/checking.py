"""Asking a provider how an order's payment stands, and settling the order by the answer.

The provider is asked without a transaction open. Of two who ask at once, the one with the older
answer must not have the last word: whoever finds the order settled meanwhile asks again.
"""

from typing import Any

import structlog
from sqlalchemy import Row

from flylive.clock import now
from flylive.database import Database
from flylive.errors import Problem, Unavailable
from flylive.wallet.recharge import queries, rules, service
from flylive.wallet.recharge.providers import Provider, Providers
from flylive.wallet.recharge.rules import Standing
from flylive.wallet.recharge.service import Settled

log = structlog.get_logger(__name__)

LOOKS = 8
"""Times that one order is asked about while others keep settling it."""
NOTHING = Standing("open", None, {})
"""Of an order whose payment has no name yet."""
AT_ONCE = 20
"""Orders that the worker takes at a time."""


async def check(
    database: Database,
    provider: Provider | None,
    order_id: int,
    reference: str | None = None,
    known: Standing | None = None,
) -> Settled:
    """Ask how the order's payment stands, and settle it.

    `reference` names the payment where the order does not know it yet; `known` is a standing
    that needs no asking, and no provider. Raises Unavailable where the provider does not answer.
    """
    for _ in range(LOOKS):
        order = await database.read(lambda tx: queries.read_order(tx, order_id))
        payment = reference or order.provider_reference
        standing = known
        if standing is None:
            standing = NOTHING
            if payment:
                assert provider is not None, "somebody has to be asked"
                standing = await provider.look(order, payment)
        revision, stands = order.revision, standing
        settled = await database.run(
            lambda tx, stands=stands, revision=revision: service.settle(  # type: ignore[misc]
                tx, order_id, stands, revision
            )
        )
        if settled is not None:
            return settled
    raise Unavailable("Too many reports met on the same order")


async def finish(database: Database, provider: Provider, order: Row[Any]) -> None:
    """Tell the provider that a paid order was delivered, and keep that it knows.

    Raises Unavailable where the provider does not answer; the worker then tries again.
    """
    is_due = order.provider == "google_play" and order.consumed_at is None
    if is_due and order.status == "paid":
        await provider.finish(order)
        await database.run(lambda tx: queries.mark_consumed(tx, order.id))


async def check_due(database: Database, providers: Providers) -> int:
    """Ask about orders that are open for long, and finish what is not finished; how many."""
    due = await database.run(lambda tx: queries.claim_due(tx, AT_ONCE))
    for order in due:
        provider = providers.find(order.provider)
        try:
            if provider is not None:
                settled = await check(database, provider, order.id)
                await finish(database, provider, settled.order)
            elif now() - order.created_at > rules.ABANDONED:
                await database.run(lambda tx, id=order.id: queries.check_at(tx, id, None))  # type: ignore[misc]
        except Problem as problem:
            log.warning("recharge.not_checked", order=order.id, reason=problem.detail)
        except Exception:
            # It comes up again later; the others do not wait for it.
            log.exception("recharge.check_failed", order=order.id)
    return len(due)
