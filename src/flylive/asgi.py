"""The HTTP application: an explicit list of every router.

``create_app(settings)`` gives the ASGI app that ``flylive serve`` runs.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar, Request, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from flylive import logs
from flylive.accounts import Caller
from flylive.accounts import endpoints as accounts
from flylive.accounts.authentication import AuthenticationMiddleware, Authenticator
from flylive.accounts.contacts import endpoints as contacts
from flylive.accounts.identities import IdTokens
from flylive.accounts.identities import endpoints as identities
from flylive.accounts.preferences import endpoints as preferences
from flylive.accounts.recovery import endpoints as recovery
from flylive.agencies import endpoints as agencies
from flylive.announcements import endpoints as announcements
from flylive.config import Settings
from flylive.console import endpoints as console
from flylive.couples import endpoints as couples
from flylive.database import Database
from flylive.errors import Unauthenticated
from flylive.games import endpoints as games
from flylive.gifts import endpoints as gifts
from flylive.gifts.engine import GiftEngine
from flylive.gifts.express import ExpressGifts
from flylive.http import assets, description, error_page, limits, platform, problems
from flylive.http.addresses import ClientMiddleware
from flylive.http.middleware import HeadMiddleware, ObserveMiddleware
from flylive.http.requests import ReadableMiddleware, ReadableRequest
from flylive.messaging import endpoints as messaging
from flylive.messaging.conversations import endpoints as conversations
from flylive.messaging.filters import endpoints as message_filters
from flylive.outbox import endpoints as outbox
from flylive.progression import endpoints as progression
from flylive.rankings import endpoints as rankings
from flylive.reactions import account_deleted, recharged, user_blocked
from flylive.realtime import bus, control, presence
from flylive.realtime import endpoints as realtime
from flylive.reports import endpoints as reports
from flylive.resellers import endpoints as resellers
from flylive.rooms import endpoints as rooms
from flylive.screens import avatar, me, profile, room, search
from flylive.screens import contacts as confirmations
from flylive.shop import endpoints as shop
from flylive.social import endpoints as social
from flylive.uploads import endpoints as uploads
from flylive.uploads.storage import Storage
from flylive.wallet import endpoints as wallet
from flylive.wallet.proving import metrics as ledger_metrics
from flylive.wallet.recharge.endpoints import AfterPurchase
from flylive.wallet.recharge.providers import Providers

MAX_BODY_BYTES = 256 * 1024


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The caller; a 401 where there is none."""
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        raise Unauthenticated
    return caller


async def require_caller(connection: ASGIConnection[Any, Any, Any, Any], handler: Any) -> None:
    """A 401 before the request is even read, wherever an endpoint asks for a caller."""
    if description.asks_for_caller(handler) and not connection.scope["state"].get("caller"):
        raise Unauthenticated


async def provide_visitor(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller]
) -> Caller:
    """The caller, who by asking about the room he is in shows that he is still there."""
    presence.seen(caller.user_id, request.path_params.get("room_id"))
    return caller


async def provide_database(state: State) -> Database:
    """The process's database."""
    database: Database = state.database
    return database


async def provide_settings(state: State) -> Settings:
    """The process's settings."""
    settings: Settings = state.settings
    return settings


async def provide_id_tokens(state: State) -> IdTokens:
    """The process's verifier of providers' id tokens."""
    id_tokens: IdTokens = state.id_tokens
    return id_tokens


async def provide_providers(state: State) -> Providers:
    """The process's payment providers."""
    providers: Providers = state.providers
    return providers


async def provide_after_purchase(state: State) -> AfterPurchase:
    """What follows, across slices, for a buyer whose order was settled."""
    return partial(recharged.follow, state.database)


def create_app(settings: Settings) -> Litestar:
    """The application over the database that `settings` names."""
    database = Database(
        settings.serving_dsn, size=settings.database_pool_size, application_name="flylive-api"
    )

    authenticator = Authenticator(database)
    id_tokens = IdTokens(settings)
    providers = Providers(settings)
    gift_engine = GiftEngine(database, settings)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        sender = bus.PostgresBus(database)
        await sender.start()
        bus.install(sender)
        revocations = control.listener(
            database,
            on_revoked=lambda token_id: authenticator.forget(token_id=token_id),
            on_blocked=lambda user_id: authenticator.forget(user_id=user_id),
        )
        await revocations.start()
        app.state.revocations = revocations
        beats = presence.Flusher(database)
        await beats.start()
        await authenticator.activity.start()
        await gift_engine.start()
        try:
            yield
        finally:
            await gift_engine.stop()
            await authenticator.activity.stop()
            await beats.stop()
            await revocations.stop()
            bus.install(None)
            await sender.stop()
            await id_tokens.close()
            await providers.close()
            await database.close()

    app = Litestar(
        route_handlers=[
            Router(
                "/v1",
                route_handlers=[
                    *accounts.ROUTES,
                    *recovery.ROUTES,
                    *contacts.ROUTES,
                    *identities.ROUTES,
                    *preferences.ROUTES,
                    *me.ROUTES,
                    *avatar.ROUTES,
                    *confirmations.ROUTES,
                    *profile.ROUTES,
                    *search.ROUTES,
                    *social.ROUTES,
                    *rooms.ROUTES,
                    *room.ROUTES,
                    *agencies.ROUTES,
                    *rankings.ROUTES,
                    *messaging.ROUTES,
                    *message_filters.ROUTES,
                    *conversations.ROUTES,
                    *reports.ROUTES,
                    *announcements.ROUTES,
                    *wallet.ROUTES,
                    *resellers.ROUTES,
                    *gifts.ROUTES,
                    *couples.ROUTES,
                    *games.ROUTES,
                    *progression.ROUTES,
                    *shop.ROUTES,
                    *realtime.ROUTES,
                    *uploads.ROUTES,
                    *account_deleted.ROUTES,
                    *user_blocked.ROUTES,
                    *console.ROUTES,
                ],
            ),
            *platform.ROUTES,
            *ledger_metrics.ROUTES,
            *description.ROUTES,
            *error_page.ROUTES,
            *assets.ROUTES,
            *uploads.FILES,
            *(outbox.ROUTES if settings.env == "development" else ()),
        ],
        dependencies={
            "caller": Provide(provide_caller),
            "visitor": Provide(provide_visitor),
            "database": Provide(provide_database),
            "settings": Provide(provide_settings),
            "storage": Provide(uploads.provide_storage),
            "id_tokens": Provide(provide_id_tokens),
            "providers": Provide(provide_providers),
            "after_purchase": Provide(provide_after_purchase),
        },
        guards=[require_caller, limits.guard_strangers],
        middleware=[ReadableMiddleware, AuthenticationMiddleware],
        exception_handlers=problems.HANDLERS,
        request_class=ReadableRequest,
        lifespan=[lifespan],
        state=State(
            {
                "settings": settings,
                "database": database,
                "authenticator": authenticator,
                "storage": Storage(settings),
                "id_tokens": id_tokens,
                "providers": providers,
                "gift_engine": gift_engine,
                "express": ExpressGifts(gift_engine, authenticator),
            }
        ),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=description.openapi_config(),
        # Ours is in `logs`. The framework's own would let every library speak at info, and so
        # write whom we ask at which address: with the tokens of purchases in it.
        logging_config=None,
    )
    # Around Litestar's own error handling: addresses that do not exist and refusals by a
    # middleware carry the request's id and are counted under the status they got.
    limited = limits.LimitHeadersMiddleware(app.asgi_handler)
    client = ClientMiddleware(HeadMiddleware(limited), settings)
    app.asgi_handler = ObserveMiddleware(client)
    return app


def app_from_environment() -> Litestar:
    """What uvicorn starts in each API process."""
    settings = Settings()
    logs.configure(settings)
    app = create_app(settings)
    # What is there now stays: the collector need not walk over it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    return app
