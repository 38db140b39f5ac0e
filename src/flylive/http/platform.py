"""What stands outside /v1: is it alive, is it ready, its metrics."""

import asyncio

from litestar import MediaType, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from flylive.database import Database, Reading
from flylive.errors import Unavailable

READY_SECONDS = 3.0


@get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def readyz(database: NamedDependency[Database], state: State) -> dict[str, str]:
    """The database answers, and the bus is heard."""
    if not state.revocations.is_connected:
        raise Unavailable("The bus is not heard")

    async def work(tx: Reading) -> None:
        await tx.scalar(text("SELECT 1"))

    try:
        async with asyncio.timeout(READY_SECONDS):
            await database.read(work)
    except TimeoutError as error:
        raise Unavailable("The database does not answer") from error
    return {"status": "ready"}


@get("/metrics", include_in_schema=False, media_type=MediaType.TEXT)
async def metrics() -> Response[bytes]:
    """Prometheus metrics of this process."""
    # As a header: to a media type of text Litestar would add a second character set.
    return Response(content=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES = [healthz, readyz, metrics]
