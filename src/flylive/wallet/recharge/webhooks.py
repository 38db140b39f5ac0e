"""What providers tell us: each message verified, kept once, and taken as a hint to look.

A message that a provider did not sign is a 401. One that cannot be dealt with now is a 503, so
that the provider sends it again; whatever else became of it is kept, and answered with 204.
"""

from typing import Any

import structlog
from litestar import Request, post
from litestar.di import NamedDependency

from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated, Unavailable
from flylive.wallet.recharge import checking, consumption, queries, service
from flylive.wallet.recharge.providers import Heard, Provider, Providers
from flylive.wallet.recharge.schemas import Provider as ProviderName

log = structlog.get_logger(__name__)

SIGNED = {"is_signed_by_provider": True}
"""The mark of an address whose Authorization header, if any, is no access token of ours."""


async def receive(
    database: Database, providers: Providers, name: ProviderName, request: Request[Any, Any, Any]
) -> None:
    """Deal with one message. Raises Unauthenticated, Unavailable."""
    provider = providers.find(name)
    if provider is None:
        raise Unauthenticated(f"{name} is not set up on this platform")
    heard = await provider.hear(request.headers, await request.body())
    await deal_with(database, provider, name, heard)


async def deal_with(database: Database, provider: Provider, name: str, heard: Heard) -> str:
    """Keep a verified message and do what it asks for; the outcome. Raises Unavailable."""
    event = await database.run(
        lambda tx: queries.receive(
            tx,
            name,
            event_id=heard.event_id,
            kind=heard.kind,
            reference=service.shown_reference(name, heard.reference),
            payload=heard.payload,
        )
    )
    if event.outcome not in ("received", "unknown_order"):
        return str(event.outcome)
    if not heard.is_relevant:
        return await _close(database, event.id, "ignored")
    order_id = await _find_order(database, provider, name, heard)
    if order_id is None:
        log.warning("recharge.unknown_order", provider=name, kind=heard.kind, id=heard.event_id)
        return await _close(database, event.id, "unknown_order")
    try:
        settled = await checking.check(
            database, provider, order_id, heard.reference, heard.standing
        )
    except Unavailable:
        # The provider sends it again; should it not, the worker looks by itself.
        await database.run(lambda tx: queries.check_at(tx, order_id, now()))
        raise

    async def work(tx: Transaction) -> None:
        is_news = await queries.handle(tx, event.id, settled.outcome, order_id, settled.detail)
        if is_news and heard.kind == consumption.KIND:
            await consumption.answer_later(tx, order_id)

    await database.run(work)
    return settled.outcome


async def _find_order(
    database: Database, provider: Provider, name: str, heard: Heard
) -> int | None:
    async def work(tx: Reading, binding: str | None) -> int | None:
        order = None
        if heard.reference is not None:
            order = await queries.find_paid_order(tx, name, heard.reference)
        if order is None and binding is not None:
            order = await queries.find_bound_order(tx, name, binding)
        return None if order is None else order.id

    found = await database.read(lambda tx: work(tx, heard.binding))
    if found is None and heard.binding is None:
        binding = await provider.locate(heard)
        found = await database.read(lambda tx: work(tx, binding))
    return found


async def _close(database: Database, event_id: int, outcome: str) -> str:
    await database.run(lambda tx: queries.handle(tx, event_id, outcome, None, None))
    return outcome


@post("/webhooks/stripe", status_code=204, opt=SIGNED)
async def hear_stripe(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
) -> None:
    """Stripe's events, signed in `Stripe-Signature`."""
    await receive(database, providers, "stripe", request)


@post("/webhooks/google-play", status_code=204, opt=SIGNED)
async def hear_google_play(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
) -> None:
    """Google Play's developer notifications, pushed by Pub/Sub with a token of Google's."""
    await receive(database, providers, "google_play", request)


@post("/webhooks/app-store", status_code=204, opt=SIGNED)
async def hear_app_store(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
) -> None:
    """The App Store's server notifications, version 2, signed by Apple."""
    await receive(database, providers, "app_store", request)


ROUTES = [hear_stripe, hear_google_play, hear_app_store]
