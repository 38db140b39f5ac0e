"""What the worker does for games."""

from flylive.clock import now
from flylive.database import Database
from flylive.games import queries


async def forget_signatures(database: Database) -> int:
    """Drop the signatures of calls that are too old to be heard; how many they were."""
    return await database.run(lambda tx: queries.forget_signatures(tx, now()))
