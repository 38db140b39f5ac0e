"""Asking providers for refunds, and settling the orders by what they then say.

A refund stands in its table before its provider hears of it, under a key of its own: whoever
dies in between is followed by the worker, who asks for the same one. What moves the coins is the
order's settlement, as it is for a webhook: whichever of the two comes first, the other finds
nothing left to be done.
"""

from fractions import Fraction
from typing import Any

import structlog
from sqlalchemy import Row

from flylive.database import Database, Reading
from flylive.errors import Problem
from flylive.wallet.recharge import checking
from flylive.wallet.recharge import queries as orders
from flylive.wallet.recharge.providers import Provider, Providers, Refunded, RefundRefused
from flylive.wallet.recharge.refunds import queries
from flylive.wallet.recharge.rules import Standing

log = structlog.get_logger(__name__)

AT_ONCE = 20
"""Refunds that the worker takes at a time."""


async def carry_out_now(database: Database, providers: Providers, refund_id: int) -> None:
    """Ask for one that was just allowed, unless somebody else does; failing, the worker goes on."""
    if await database.run(lambda tx: queries.claim(tx, 1, refund_id)):
        await _try(database, providers, refund_id)


async def carry_out_due(database: Database, providers: Providers) -> int:
    """Ask for what is still to be asked for; how many."""
    due = await database.run(lambda tx: queries.claim(tx, AT_ONCE))
    for refund_id in due:
        await _try(database, providers, refund_id)
    return len(due)


async def _try(database: Database, providers: Providers, refund_id: int) -> None:
    try:
        await _carry_out(database, providers, refund_id)
    except Problem as problem:
        words = problem.detail
        log.warning("recharge.refund_waits", refund=refund_id, reason=words)
        await database.run(lambda tx: queries.note(tx, refund_id, words))
    except Exception:
        # It comes up again later; the others do not wait for it.
        log.exception("recharge.refund_failed", refund=refund_id)


async def _carry_out(database: Database, providers: Providers, refund_id: int) -> None:
    """Raises Unavailable, ProviderUnavailable where the provider is not to be asked now."""

    async def read(tx: Reading) -> tuple[Row[Any] | None, Row[Any] | None]:
        refund = await queries.find(tx, refund_id)
        return refund, None if refund is None else await orders.read_order(tx, refund.order_id)

    refund, order = await database.read(read)
    if refund is None or order is None or refund.status != "asked":
        return
    provider: Provider | None = None
    if order.provider == "sandbox":
        told = Refunded(None, Standing("paid", None, {}, Fraction(1)))
    else:
        provider = providers.get(order.provider)
        try:
            told = await provider.refund(order, f"flylive-refund-{order.binding}-{refund.id}")
        except RefundRefused as refusal:
            await _refused(database, provider, order, refund_id, str(refusal))
            return
    await checking.check(database, provider, order.id, known=told.standing)
    await database.run(
        lambda tx: queries.finish(
            tx, refund_id, status="done", reference=told.reference, detail=None
        )
    )


async def _refused(
    database: Database, provider: Provider, order: Row[Any], refund_id: int, words: str
) -> None:
    """Perhaps because everything was given back already: that is looked at."""
    settled = await checking.check(database, provider, order.id)
    status = "done" if settled.order.status == "refunded" else "refused"
    await database.run(
        lambda tx: queries.finish(tx, refund_id, status=status, reference=None, detail=words)
    )
