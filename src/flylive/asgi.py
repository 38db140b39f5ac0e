"""The HTTP application: an explicit list of every router.

``create_app(settings)`` gives the ASGI app that ``flylive serve`` runs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide

from flylive.accounts import Caller
from flylive.accounts import endpoints as accounts
from flylive.accounts.authentication import AuthenticationMiddleware, Authenticator
from flylive.config import Settings
from flylive.database import Database
from flylive.errors import Unauthenticated
from flylive.http import problems
from flylive.http.middleware import ObserveMiddleware
from flylive.http.requests import ReadableMiddleware, ReadableRequest
from flylive.realtime import bus, control
from flylive.screens import me, profile

MAX_BODY_BYTES = 256 * 1024


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The caller; a 401 where there is none."""
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        raise Unauthenticated
    return caller


async def provide_database(state: State) -> Database:
    """The process's database."""
    database: Database = state.database
    return database


async def provide_settings(state: State) -> Settings:
    """The process's settings."""
    settings: Settings = state.settings
    return settings


def create_app(settings: Settings) -> Litestar:
    """The application over the database that `settings` names."""
    database = Database(
        settings.serving_dsn, size=settings.database_pool_size, application_name="flylive-api"
    )

    authenticator = Authenticator(database)

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
        await authenticator.activity.start()
        try:
            yield
        finally:
            await authenticator.activity.stop()
            await revocations.stop()
            bus.install(None)
            await sender.stop()
            await database.close()

    return Litestar(
        route_handlers=[
            Router(
                "/v1",
                route_handlers=[
                    *accounts.ROUTES,
                    *me.ROUTES,
                    *profile.ROUTES,
                ],
            )
        ],
        dependencies={
            "caller": Provide(provide_caller),
            "database": Provide(provide_database),
            "settings": Provide(provide_settings),
        },
        middleware=[ObserveMiddleware, ReadableMiddleware, AuthenticationMiddleware],
        exception_handlers=problems.HANDLERS,
        request_class=ReadableRequest,
        lifespan=[lifespan],
        state=State(
            {
                "settings": settings,
                "database": database,
                "authenticator": authenticator,
            }
        ),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
    )
