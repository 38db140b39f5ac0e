"""Seeds and draws: the commitment before, the reveal after.

Locks the user, then his current seed.
"""

import os
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.gifts.errors import SeedInUse
from flylive.gifts.facts import CLIENT_SEED_LENGTH
from flylive.gifts.rules.lucky import seed_hash
from flylive.ids import new_secret

_LOCK_USER = text("SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE")
_LOCK_SEED = text(
    """
    SELECT id, server_seed, server_seed_hash, client_seed, nonce, created_at
    FROM fairness_seeds WHERE user_id = :user_id AND revealed_at IS NULL FOR NO KEY UPDATE
    """
)
_INSERT = text(
    """
    INSERT INTO fairness_seeds (user_id, server_seed, server_seed_hash, client_seed, created_at)
    VALUES (:user_id, :server_seed, :server_seed_hash, :client_seed, :at)
    RETURNING id, server_seed, server_seed_hash, client_seed, nonce, created_at
    """
)
_CHOOSE = text(
    """
    UPDATE fairness_seeds SET client_seed = :client_seed WHERE id = :id
    RETURNING id, server_seed, server_seed_hash, client_seed, nonce, created_at
    """
)
_REVEAL = text("UPDATE fairness_seeds SET revealed_at = :at WHERE id = :id")
_DRAW = text(
    """
    SELECT d.gift_transaction_id, s.server_seed_hash,
           CASE WHEN s.revealed_at IS NOT NULL THEN encode(s.server_seed, 'hex') END AS server_seed,
           s.client_seed, d.nonce, d.outcome, d.multiplier, t.total_cost AS cost, d.payout,
           g.lucky_odds
    FROM lucky_draws d
    JOIN fairness_seeds s ON s.id = d.seed_id
    JOIN gift_transactions t ON t.id = d.gift_transaction_id AND t.sent_at = d.sent_at
    JOIN gifts g ON g.id = t.gift_id
    WHERE d.gift_transaction_id = :id AND (t.sender_id = :user_id OR t.recipient_id = :user_id)
    """
)


async def current(tx: Transaction, user_id: int) -> Row[Any]:
    """The user's current seed; made, and so published, where there is none yet."""
    await tx.execute(_LOCK_USER, {"user_id": user_id})
    found = await tx.row(_LOCK_SEED, {"user_id": user_id})
    return found if found is not None else await _make(tx, user_id, None)


async def rotate(
    tx: Transaction, user_id: int, client_seed: str | None
) -> tuple[Row[Any], Row[Any]]:
    """Reveal the current seed and commit to a new one: (old, new)."""
    old = await current(tx, user_id)
    await tx.execute(_REVEAL, {"id": old.id, "at": now()})
    return old, await _make(tx, user_id, client_seed)


async def choose(tx: Transaction, user_id: int, client_seed: str) -> Row[Any]:
    """Set the client seed of a pair whose server seed is published but has not drawn yet.

    So whoever plays knows the commitment before he chooses, and whoever committed did not know
    the choice: neither can steer the draws. Raises SeedInUse.
    """
    seed = await current(tx, user_id)
    if seed.nonce > 0:
        raise SeedInUse
    return (await tx.execute(_CHOOSE, {"id": seed.id, "client_seed": client_seed})).one()


async def _make(tx: Transaction, user_id: int, client_seed: str | None) -> Row[Any]:
    server_seed = os.urandom(32)
    values = {
        "user_id": user_id,
        "server_seed": server_seed,
        "server_seed_hash": seed_hash(server_seed),
        "client_seed": client_seed or new_secret(CLIENT_SEED_LENGTH),
        "at": now(),
    }
    return (await tx.execute(_INSERT, values)).one()


async def find_draw(tx: Reading, user_id: int, gift_transaction_id: int) -> Row[Any] | None:
    """A draw of a gift that `user_id` sent or received, with all that recomputing needs."""
    return await tx.row(_DRAW, {"id": gift_transaction_id, "user_id": user_id})
