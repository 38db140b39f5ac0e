"""The application behind uvicorn as ``flylive serve`` runs it: for what only a connection shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar.types import ASGIApp

from flylive.http.protocol import ExpressProtocol
from tests.patience import eventually


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve a started `app` on loopback inside the block; its port."""
    config = uvicorn.Config(
        app,
        port=0,
        http=ExpressProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
