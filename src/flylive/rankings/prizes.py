"""The catalogue of prizes: what the places of a board get when a period of it closes.

Each place has one prize at the most. A change holds for periods that close after it; what was
paid stands in the ledger and with the frozen place.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading, Transaction
from flylive.http.fields import FieldChecks
from flylive.rankings import rules
from flylive.rankings.errors import PrizesOverlap, UnknownPrize

MAX_RANK = rules.FROZEN_PLACES
FIELDS = (
    "category",
    "subcategory",
    "period",
    "rank_from",
    "rank_to",
    "coins",
    "diamonds",
    "frame_id",
    "badge_id",
)

_LIST = text(
    """
    SELECT p.*, f.name AS frame_name, b.name AS badge_name
    FROM ranking_prizes p LEFT JOIN frames f ON f.id = p.frame_id
    LEFT JOIN badges b ON b.id = p.badge_id
    WHERE (CAST(:category AS text) IS NULL OR p.category = :category)
      AND (CAST(:period AS text) IS NULL OR p.period = :period)
    ORDER BY p.category, p.subcategory, array_position(ARRAY['daily', 'weekly', 'monthly'],
             CAST(p.period AS text)), p.rank_from, p.id
    """
)
_LOCK = text("SELECT * FROM ranking_prizes WHERE id = :id FOR UPDATE")
_OVERLAP = text(
    """
    SELECT id, rank_from, rank_to FROM ranking_prizes
    WHERE category = :category AND subcategory = :subcategory AND period = :period
      AND rank_from <= :rank_to AND rank_to >= :rank_from AND id <> :id
    ORDER BY rank_from LIMIT 1
    """
)
_INSERT = text(
    f"INSERT INTO ranking_prizes ({', '.join(FIELDS)})"
    f" VALUES ({', '.join(f':{name}' for name in FIELDS)}) RETURNING *"
)
_UPDATE = text(
    f"UPDATE ranking_prizes SET {', '.join(f'{name} = :{name}' for name in FIELDS)}"
    " WHERE id = :id RETURNING *"
)
_BOARD_PAYS = text(
    """
    SELECT greatest(sum(coins * (rank_to - rank_from + 1)),
                    sum(diamonds * (rank_to - rank_from + 1)))
    FROM ranking_prizes
    WHERE category = :category AND subcategory = :subcategory AND period = :period
    """
)
_DELETE = text("DELETE FROM ranking_prizes WHERE id = :id")
_FRAME = text("SELECT is_active FROM frames WHERE id = :id")
_BADGE = text("SELECT category, is_active FROM badges WHERE id = :id")
_LOCK_NAME = "ranking prizes"


async def list_prizes(
    tx: Reading, *, category: str | None, period: str | None
) -> Sequence[Row[Any]]:
    """Every prize, by board and place: a board has a handful."""
    return await tx.rows(_LIST, {"category": category, "period": period})


async def lock_prize(tx: Transaction, prize_id: int) -> Row[Any]:
    """A prize, held with all the others. Raises UnknownPrize."""
    await tx.lock(_LOCK_NAME)
    prize = await tx.row(_LOCK, {"id": prize_id})
    if prize is None:
        raise UnknownPrize
    return prize


async def save_prize(
    tx: Transaction, values: Mapping[str, Any], before: Row[Any] | None
) -> Row[Any]:
    """A new prize, or another one's new columns. Raises InvalidRequest, PrizesOverlap."""
    await tx.lock(_LOCK_NAME)
    kept: dict[str, Any] = {"subcategory": "", "coins": 0, "diamonds": 0}
    kept |= {"frame_id": None, "badge_id": None}
    after = kept | (before._asdict() if before is not None else {}) | dict(values)
    checks = FieldChecks()
    after["subcategory"] = after["subcategory"] or ""
    if after["category"] == "game" and after["subcategory"] not in rules.GAMES:
        checks.refuse("subcategory", f"one of {', '.join(rules.GAMES)}")
    if after["category"] != "game" and after["subcategory"]:
        checks.refuse("subcategory", "is for the category game")
    if after["rank_to"] < after["rank_from"]:
        checks.refuse("rank_to", "must be at least rank_from")
    is_new = {name for name in ("frame_id", "badge_id") if name in values}
    if after["frame_id"] is not None and "frame_id" in is_new:
        is_active = await tx.scalar(_FRAME, {"id": after["frame_id"]})
        if not is_active:
            checks.refuse("frame_id", "must be a frame that is sold")
    if after["badge_id"] is not None and "badge_id" in is_new:
        badge = await tx.row(_BADGE, {"id": after["badge_id"]})
        if badge is None or not badge.is_active or badge.category == "room":
            checks.refuse("badge_id", "must be an active badge of people's")
    if not (after["coins"] or after["diamonds"] or after["frame_id"] or after["badge_id"]):
        checks.refuse("coins", "a prize has coins, diamonds, a frame or a badge")
    checks.done()
    columns = {name: after[name] for name in FIELDS} | {"id": before.id if before else 0}
    taken = await tx.row(_OVERLAP, columns)
    if taken is not None:
        raise PrizesOverlap(
            f"Places {taken.rank_from} to {taken.rank_to} have a prize already",
            prize_id=taken.id,
            rank_from=taken.rank_from,
            rank_to=taken.rank_to,
        )
    saved = await tx.row(_INSERT if before is None else _UPDATE, columns)
    assert saved is not None
    return saved


async def board_pays(tx: Reading, prize: Row[Any]) -> Decimal:
    """The coins, or the diamonds if they are more, that this prize's board pays in a period."""
    values = {name: prize._mapping[name] for name in ("category", "subcategory", "period")}
    return Decimal(await tx.scalar(_BOARD_PAYS, values))


async def drop_prize(tx: Transaction, prize_id: int) -> None:
    """Let the places of a prize get nothing from now on."""
    await tx.execute(_DELETE, {"id": prize_id})


_PAID = text(
    """
    UPDATE rankings r SET metadata = jsonb_build_object('prizes', given.prizes)
    FROM (SELECT id, prizes FROM jsonb_to_recordset(CAST(:given AS jsonb))
          AS one (id bigint, prizes jsonb)) AS given
    WHERE r.id = given.id
    """
)
PERIOD_SUMS = """
    SELECT min(r.id) AS first_id, count(*) AS places,
           count(*) FILTER (WHERE r.metadata ? 'prizes') AS winners,
           COALESCE(sum((SELECT sum((one ->> 'coins')::numeric)
                         FROM jsonb_array_elements(r.metadata -> 'prizes') AS one)), 0) AS coins,
           COALESCE(sum((SELECT sum((one ->> 'diamonds')::numeric)
                         FROM jsonb_array_elements(r.metadata -> 'prizes') AS one)), 0) AS diamonds
    FROM rankings r
    WHERE r.category = p.category AND r.subcategory IS NOT DISTINCT FROM NULLIF(p.subcategory, '')
      AND r.period = p.period AND r.period_start = p.period_start
"""
"""What a closed period `p` froze and paid."""


async def note_paid(tx: Transaction, given: str) -> None:
    """Write what each place was given beside it: JSON, ``[{id, prizes: […]}]``."""
    await tx.execute(_PAID, {"given": given})
