"""Forgetting where tokens and orders came from, once it is no help to their owner any more."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Transaction

TABLES = ("personal_access_tokens", "recharge_orders")
"""What keeps `ip_address` and `user_agent`, beside `created_at`."""
FORGOTTEN_AT_ONCE = 2_000

_FORGET = {
    table: text(
        f"""
        UPDATE {table} SET ip_address = NULL, user_agent = NULL
        WHERE id IN (SELECT id FROM {table}
                     WHERE created_at < :before
                       AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)
                     ORDER BY created_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
        """
    )
    for table in TABLES
}


async def forget(database: Database, keep_days: int) -> int:
    """Forget what is older than `keep_days`, in small transactions; how many rows it was in."""
    total = 0
    before = now() - timedelta(days=keep_days)
    for table in TABLES:
        while forgotten := await database.run(partial(_forget, table, before)):
            total += forgotten
    return total


async def _forget(table: str, before: datetime, tx: Transaction) -> int:
    limits = {"before": before, "limit": FORGOTTEN_AT_ONCE}
    return (await tx.execute(_FORGET[table], limits)).rowcount
