"""Whose badges wait to be looked at: noted with what changed, looked at a moment later.

It stands below the slices that note something; :mod:`flylive.progression.badges` looks. A check
is a row, so that a worker that is killed forgets none. A check that is there already is held until
what changed is committed: who looked before that would see nothing of it, and take the check with
him. Locks: checks by kind and id, before counters.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from sqlalchemy import Row, text

from flylive.database import Transaction
from flylive.database.arrays import array_literal

Kind = Literal["user", "room", "ties"]
"""Whose gifts, levels or VIP changed, or the room's; `ties`: whom or what a user follows or is
followed by, his agency, his frames.
"""

_ADD = text(
    """
    INSERT INTO badge_checks (kind, subject_id)
    SELECT :kind, id FROM unnest(CAST(:ids AS bigint[])) AS s (id) ORDER BY id
    ON CONFLICT DO NOTHING RETURNING subject_id
    """
)
_HOLD = text(
    """
    SELECT subject_id FROM badge_checks
    WHERE kind = :kind AND subject_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY subject_id FOR KEY SHARE
    """
)
_CLAIM = text(
    """
    DELETE FROM badge_checks c USING (
        SELECT kind, subject_id FROM badge_checks ORDER BY kind, subject_id LIMIT :limit
        FOR UPDATE SKIP LOCKED
    ) AS s
    WHERE c.kind = s.kind AND c.subject_id = s.subject_id
    RETURNING c.kind, c.subject_id
    """
)


async def add(tx: Transaction, kind: Kind, ids: Collection[int]) -> None:
    """Let the badges of these users or rooms be looked at once this is committed."""
    left = set(ids)
    while left:
        for statement in (_ADD, _HOLD):
            rows = await tx.rows(statement, {"kind": kind, "ids": array_literal(sorted(left))})
            left -= {row.subject_id for row in rows}
            if not left:
                return
        # Whoever looked at those that are left had them until now: they are asked for anew.


async def claim(tx: Transaction, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` checks (kind, subject_id), which this transaction carries out."""
    return await tx.rows(_CLAIM, {"limit": limit})
