"""Committing to a seed, choosing the client's, revealing the server's.

Seeds are made in one place, :data:`_MAKE`: 366 bits of the database's own strong randomness,
hashed to 32 bytes, with a random client seed that holds until the user chooses his own. Locks the
user, then his current seed.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Transaction
from flylive.fairness.errors import SeedInUse

# The inner SELECT has volatile columns, so each is worked out once for each user.
_MAKE = """
    INSERT INTO fairness_seeds (user_id, server_seed, server_seed_hash, client_seed, created_at)
    SELECT id, seed, encode(sha256(seed), 'hex'), client, {at}
    FROM (SELECT u.id,
                 sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                        || uuid_send(gen_random_uuid())) AS seed,
                 replace(gen_random_uuid()::text, '-', '') AS client
          FROM users u
          WHERE {who} AND NOT EXISTS (SELECT FROM fairness_seeds s
                                      WHERE s.user_id = u.id AND s.revealed_at IS NULL)) AS made
    ON CONFLICT DO NOTHING
"""
COMMIT_FOR_EVERYBODY = _MAKE.format(who="u.deleted_at IS NULL", at="now()")
"""Commits to a pair for each living user who has none: for whoever made users by SQL."""

_COMMIT = text(_MAKE.format(who="u.id = ANY(CAST(:user_ids AS bigint[]))", at=":at"))
_LOCK_USER = text("SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE")
_LOCK_SEED = text(
    """
    SELECT id, server_seed, server_seed_hash, client_seed, nonce, created_at
    FROM fairness_seeds WHERE user_id = :user_id AND revealed_at IS NULL FOR NO KEY UPDATE
    """
)
_CHOOSE = text("UPDATE fairness_seeds SET client_seed = :client_seed WHERE id = :id")
_REVEAL = text("UPDATE fairness_seeds SET revealed_at = :at WHERE id = :id")


async def commit_to(tx: Transaction, user_ids: Collection[int]) -> None:
    """Commit to a pair of seeds for those of the users who have none."""
    await tx.execute(_COMMIT, {"user_ids": sorted(user_ids), "at": now()})


async def current(tx: Transaction, user_id: int) -> Row[Any]:
    """The user's current pair, locked; committed to, and so published, if there is none yet."""
    await tx.execute(_LOCK_USER, {"user_id": user_id})
    found = await tx.row(_LOCK_SEED, {"user_id": user_id})
    if found is None:
        await commit_to(tx, [user_id])
        found = await tx.row(_LOCK_SEED, {"user_id": user_id})
        assert found is not None
    return found


async def rotate(
    tx: Transaction, user_id: int, client_seed: str | None
) -> tuple[Row[Any], Row[Any]]:
    """Reveal the current pair and commit to a new one: (old, new)."""
    old = await current(tx, user_id)
    await tx.execute(_REVEAL, {"id": old.id, "at": now()})
    new = await current(tx, user_id)
    if client_seed is not None:
        await tx.execute(_CHOOSE, {"id": new.id, "client_seed": client_seed})
        new = await current(tx, user_id)
    return old, new


async def choose(tx: Transaction, user_id: int, client_seed: str) -> Row[Any]:
    """Set the client seed of a pair whose server seed is published but has not drawn yet.

    So whoever plays knows the commitment before he chooses, and whoever committed did not know
    the choice: neither can steer the draws. Raises SeedInUse.
    """
    seed = await current(tx, user_id)
    if seed.nonce > 0:
        raise SeedInUse
    await tx.execute(_CHOOSE, {"id": seed.id, "client_seed": client_seed})
    return await current(tx, user_id)
