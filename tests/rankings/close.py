"""Closes what is due, as the worker does, until it is killed or nothing is left; says so."""

import asyncio
import sys

from flylive.config import Settings
from flylive.database import Database
from flylive.rankings import closing


async def main(dsn: str) -> None:
    database = Database(dsn, size=2)
    settings = Settings(
        env="development", database_url=dsn, secret_key="a secret of the tests, of no other use"
    )
    print("ready", flush=True)
    while await closing.close_due(database, settings):
        pass
    print("done", flush=True)
    await database.close()


asyncio.run(main(sys.argv[1]))
