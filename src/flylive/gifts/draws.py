"""Draws of lucky gifts: the tables they were drawn from, and reading them back.

A table of odds is frozen when it is first drawn from, or saved by the staff: a draw names it, so
that editing a gift changes no draw of yesterday's.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.economy import Economy
from flylive.economy.errors import CoinsCouldBePumped
from flylive.gifts.rules import lucky

_FREEZE = text(
    """
    INSERT INTO gift_odds (sha256, odds)
    SELECT DISTINCT encode(sha256(convert_to(odds, 'UTF8')), 'hex') AS sha256, CAST(odds AS jsonb)
    FROM unnest(CAST(:tables AS text[])) AS t (odds) ORDER BY sha256
    ON CONFLICT DO NOTHING
    """
)
_FIND_ODDS = text(
    """
    SELECT t.odds, o.id FROM unnest(CAST(:tables AS text[])) AS t (odds)
    JOIN gift_odds o ON o.sha256 = encode(sha256(convert_to(t.odds, 'UTF8')), 'hex')
    """
)
_DRAW = """
    SELECT d.gift_transaction_id, d.sent_at, t.gift_id, s.server_seed_hash,
           CASE WHEN s.revealed_at IS NOT NULL THEN encode(s.server_seed, 'hex') END AS server_seed,
           s.client_seed, d.nonce, d.outcome, round(d.multiplier, 2) AS multiplier,
           t.total_cost AS cost, d.payout, o.odds AS lucky_odds
    FROM lucky_draws d
    JOIN fairness_seeds s ON s.id = d.seed_id
    JOIN gift_odds o ON o.id = d.odds_id
    JOIN gift_transactions t ON t.id = d.gift_transaction_id AND t.sent_at = d.sent_at
"""
_FIND = text(
    f"""
    {_DRAW}
    WHERE d.gift_transaction_id = :id AND (t.sender_id = :user_id OR t.recipient_id = :user_id)
    """
)
_LIST = text(
    f"""
    {_DRAW}
    WHERE s.user_id = :user_id
      AND (CAST(:seed AS text) IS NULL OR s.server_seed_hash = :seed)
      AND (CAST(:before_seed AS bigint) IS NULL
           OR (d.seed_id, d.nonce) < (CAST(:before_seed AS bigint), CAST(:before_nonce AS bigint)))
    ORDER BY d.seed_id DESC, d.nonce DESC LIMIT :limit
    """.replace("d.gift_transaction_id,", "d.gift_transaction_id, d.seed_id,", 1)
)


class Frozen(NamedTuple):
    """A frozen table; nothing is drawn from it where `returns`, exact, is more than may be."""

    id: int
    table: lucky.OddsTable
    returns: Fraction


class FrozenOdds:
    """Frozen tables by their text; one per process, as it remembers them.

    What it remembers was committed by somebody else: a row of one's own may still be rolled back.
    """

    def __init__(self) -> None:
        self._known: dict[str, Frozen] = {}

    async def tables(self, tx: Transaction, texts: Iterable[str]) -> dict[str, Frozen]:
        """These tables (as PostgreSQL spells ``jsonb``), frozen where they are not yet."""
        wanted = sorted(set(texts))
        unknown = [odds for odds in wanted if odds not in self._known]
        if unknown:
            self._known.update(self._read(await _find(tx, unknown)))
        found = {odds: self._known[odds] for odds in wanted if odds in self._known}
        missing = [odds for odds in wanted if odds not in found]
        return found | self._read(await freeze(tx, missing)) if missing else found

    def _read(self, ids: dict[str, int]) -> dict[str, Frozen]:
        read = {}
        for odds, odds_id in ids.items():
            table = msgspec.json.decode(odds, type=lucky.OddsTable)
            read[odds] = Frozen(odds_id, table, table.expected_return())
        return read


def fits(table: lucky.OddsTable, economy: Economy) -> bool:
    """No pump: whether what a table pays back, and its gift's diamonds, stay below the ceiling."""
    return lucky.within_ceiling(
        table,
        Fraction(economy.recipient_share_percent),
        Fraction(economy.exchange_rate),
        Fraction(economy.maximum_return),
    )


class LuckyGift(NamedTuple):
    """A lucky gift with what it pays back of its cost, exactly."""

    id: int
    name: str
    is_active: bool
    returns: Fraction


_LUCKY = text("SELECT id, name, is_active, lucky_odds FROM gifts WHERE lucky_odds IS NOT NULL")


async def list_lucky(tx: Reading) -> list[LuckyGift]:
    """Every lucky gift, retired ones too, the most generous first."""
    gifts = []
    for row in await tx.rows(_LUCKY):
        table = msgspec.convert(row.lucky_odds, lucky.OddsTable)
        gifts.append(LuckyGift(row.id, row.name, row.is_active, table.expected_return()))
    return sorted(gifts, key=lambda gift: (-gift.returns, gift.id))


def refuse_pump(gifts: Sequence[LuckyGift], economy: Economy) -> None:
    """Raises CoinsCouldBePumped where some gift, or none at all, returns more than may be.

    For settings that are about to be saved, under the economy's lock.
    """
    most = gifts[0].returns if gifts else Fraction(0)
    if most <= economy.highest_return:
        return
    ceiling = Fraction(economy.maximum_return)
    returns = most + ceiling - economy.highest_return
    raise CoinsCouldBePumped(
        f"lucky return + share × rate would be {float(returns):.4f}, above {float(ceiling):.2f}",
        returns=str(returns),
        ceiling=str(ceiling),
        gifts=[
            {
                "id": gift.id,
                "name": gift.name,
                "is_active": gift.is_active,
                "expected_return": str(gift.returns),
            }
            for gift in gifts
            if gift.returns > economy.highest_return
        ][:20],
    )


async def freeze(tx: Transaction, tables: Sequence[str]) -> dict[str, int]:
    """Freeze these tables; the id of each."""
    await tx.execute(_FREEZE, {"tables": array_literal(tables)})
    return await _find(tx, tables)


async def _find(tx: Reading, tables: Sequence[str]) -> dict[str, int]:
    rows = await tx.rows(_FIND_ODDS, {"tables": array_literal(tables)})
    return {row.odds: row.id for row in rows}


async def find_draw(tx: Reading, user_id: int, gift_transaction_id: int) -> Row[Any] | None:
    """A draw of a gift that `user_id` sent or received, with all that recomputing needs."""
    return await tx.row(_FIND, {"id": gift_transaction_id, "user_id": user_id})


async def list_draws(
    tx: Reading,
    user_id: int,
    *,
    limit: int,
    server_seed_hash: str | None = None,
    before: tuple[int, int] | None = None,
) -> Sequence[Row[Any]]:
    """The draws from a user's seeds, newest first; rows carry `seed_id` and `nonce`."""
    before_seed, before_nonce = before or (None, None)
    return await tx.rows(
        _LIST,
        {
            "user_id": user_id,
            "seed": server_seed_hash,
            "before_seed": before_seed,
            "before_nonce": before_nonce,
            "limit": limit,
        },
    )
