"""SQL of couples and proposals."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal

_FIND_COUPLE = text(
    """
    SELECT c.id, c.formed_at, m.user_id, m.partner_id, m.coins_given,
           his.coins_given AS coins_received
    FROM couple_members m
    JOIN couple_members his ON his.couple_id = m.couple_id AND his.user_id = m.partner_id
    JOIN couples c ON c.id = m.couple_id
    WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND m.is_active
    """
)
_COOLDOWNS = text(
    """
    SELECT m.user_id, max(c.cooldown_until) AS until
    FROM couple_members m JOIN couples c ON c.id = m.couple_id
    WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND c.cooldown_until > :at
    GROUP BY m.user_id
    """
)
_REQUEST = """
    SELECT id, sender_id, recipient_id, gift_transaction_id, sent_at, status, expires_at
    FROM couple_requests
"""
_FIND_REQUEST = text(f"{_REQUEST} WHERE id = :id")
_LOCK_REQUEST = text(f"{_REQUEST} WHERE id = :id FOR UPDATE")
# Two indexes, one for each side; an OR would use neither.
_OPEN = f"""
    {_REQUEST} WHERE status = 'pending' AND id IN (
        SELECT id FROM couple_requests
        WHERE status = 'pending' AND sender_id = ANY(CAST(:user_ids AS bigint[]))
        UNION ALL
        SELECT id FROM couple_requests
        WHERE status = 'pending' AND recipient_id = ANY(CAST(:user_ids AS bigint[])))
    ORDER BY id
"""
_LIST_OPEN = text(_OPEN)
_LOCK_OPEN = text(f"{_OPEN} FOR UPDATE")
_LOCK_OVERDUE = text(
    f"""
    {_REQUEST} WHERE status = 'pending' AND expires_at <= :at
    ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_END_REQUESTS = text(
    """
    UPDATE couple_requests SET status = :status, couple_id = :couple_id, decided_at = :at
    WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)
_INSERT_REQUESTS = text(
    """
    INSERT INTO couple_requests
        (id, sender_id, recipient_id, gift_transaction_id, sent_at, expires_at)
    VALUES (:id, :sender_id, :recipient_id, :gift_transaction_id, :sent_at, :expires_at)
    """
)
_REQUEST_IDS = text(
    "SELECT nextval('couple_requests_id_seq') AS id FROM generate_series(1, CAST(:count AS int))"
)
_INSERT_COUPLE = text(
    """
    INSERT INTO couples (proposed_by, accepted_by, formed_at)
    VALUES (:proposed_by, :accepted_by, :at) RETURNING id
    """
)
_INSERT_MEMBERS = text(
    """
    INSERT INTO couple_members (couple_id, user_id, partner_id)
    VALUES (:id, LEAST(:a, :b), GREATEST(:a, :b)), (:id, GREATEST(:a, :b), LEAST(:a, :b))
    """.replace(":a", "CAST(:a AS bigint)").replace(":b", "CAST(:b AS bigint)")
)
_END_COUPLE = text(
    """
    UPDATE couples SET ended_at = :at, ended_by = :ended_by, end_reason = :reason,
                       cooldown_until = :cooldown_until
    WHERE id = :id AND ended_at IS NULL
    """
)
_LOCK_MEMBERS = text(
    """
    SELECT FROM couple_members WHERE couple_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY couple_id, user_id FOR NO KEY UPDATE
    """
)
_RELEASE_MEMBERS = text("UPDATE couple_members SET is_active = false WHERE couple_id = :id")
_PAIRS = text(
    """
    SELECT user_id, partner_id FROM couple_members
    WHERE user_id = ANY(CAST(:user_ids AS bigint[]))
    """
)
# A gift counts for the couple that the two were when it was given.
_POINTS = """
    FROM unnest(CAST(:senders AS bigint[]), CAST(:recipients AS bigint[]),
                CAST(:coins AS bigint[]), CAST(:moments AS timestamptz[]))
         AS g (sender_id, recipient_id, coins, given_at)
    JOIN couple_members m ON m.user_id = g.sender_id AND m.partner_id = g.recipient_id
    JOIN couples c ON c.id = m.couple_id
        AND c.formed_at <= g.given_at AND (c.ended_at IS NULL OR c.ended_at > g.given_at)
"""
_FIND_GIVEN = text(f"SELECT DISTINCT m.couple_id AS id {_POINTS}")
_ADD_POINTS = text(
    f"""
    UPDATE couple_members t SET coins_given = t.coins_given + f.coins * 0.01
    FROM (SELECT m.couple_id, m.user_id, sum(g.coins) AS coins {_POINTS}
          GROUP BY m.couple_id, m.user_id) AS f
    WHERE t.couple_id = f.couple_id AND t.user_id = f.user_id
    """
)
_LIST_ACTIVE = text(
    """
    SELECT m.couple_id AS id, m.user_id, m.coins_given, his.coins_given AS coins_received
    FROM couple_members m
    JOIN couple_members his ON his.couple_id = m.couple_id AND his.user_id = m.partner_id
    WHERE m.couple_id = ANY(CAST(:ids AS bigint[])) AND m.is_active
    ORDER BY m.couple_id, m.user_id
    """
)


async def find_couples(tx: Reading, user_ids: Collection[int]) -> dict[int, Row[Any]]:
    """The couple of each of these who has a partner, as he sees it."""
    rows = await tx.rows(_FIND_COUPLE, {"user_ids": list(user_ids)})
    return {row.user_id: row for row in rows}


async def find_cooldowns(
    tx: Reading, user_ids: Collection[int], at: datetime
) -> dict[int, datetime]:
    """Until when each of these is not to have a partner, where that is still ahead."""
    rows = await tx.rows(_COOLDOWNS, {"user_ids": list(user_ids), "at": at})
    return {row.user_id: row.until for row in rows}


async def find_request(tx: Reading, request_id: int) -> Row[Any] | None:
    """A proposal."""
    return await tx.row(_FIND_REQUEST, {"id": request_id})


async def lock_request(tx: Transaction, request_id: int) -> Row[Any]:
    """A proposal that is there, locked."""
    return (await tx.execute(_LOCK_REQUEST, {"id": request_id})).one()


async def list_open(tx: Reading, user_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Open proposals by and to these, oldest first."""
    return await tx.rows(_LIST_OPEN, {"user_ids": list(user_ids)})


async def lock_open(tx: Transaction, user_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Open proposals by and to these, locked, oldest first."""
    return await tx.rows(_LOCK_OPEN, {"user_ids": list(user_ids)})


async def lock_overdue(tx: Transaction, at: datetime, limit: int) -> Sequence[Row[Any]]:
    """Open proposals whose time is over, locked; those that somebody deals with are left out."""
    return await tx.rows(_LOCK_OVERDUE, {"at": at, "limit": limit})


async def end_requests(
    tx: Transaction, ids: Collection[int], status: str, at: datetime, couple_id: int | None = None
) -> None:
    """Give locked proposals their end."""
    values = {"ids": list(ids), "status": status, "at": at, "couple_id": couple_id}
    await tx.execute(_END_REQUESTS, values)


async def take_request_ids(tx: Transaction, count: int) -> list[int]:
    """Ids for proposals to come."""
    return [row.id for row in await tx.rows(_REQUEST_IDS, {"count": count})]


async def insert_requests(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """New proposals."""
    await tx.execute(_INSERT_REQUESTS, rows)


async def insert_couple(tx: Transaction, proposed_by: int, accepted_by: int, at: datetime) -> int:
    """A new couple with its two members; its id."""
    values = {"proposed_by": proposed_by, "accepted_by": accepted_by, "at": at}
    couple_id = int(await tx.scalar(_INSERT_COUPLE, values))
    await tx.execute(_INSERT_MEMBERS, {"id": couple_id, "a": proposed_by, "b": accepted_by})
    return couple_id


async def end_couple(
    tx: Transaction,
    couple_id: int,
    *,
    ended_by: int,
    reason: str,
    at: datetime,
    cooldown_until: datetime | None,
) -> bool:
    """End a couple; False where it had ended already."""
    ended = await tx.execute(
        _END_COUPLE,
        {
            "id": couple_id,
            "at": at,
            "ended_by": ended_by,
            "reason": reason,
            "cooldown_until": cooldown_until,
        },
    )
    if ended.rowcount == 0:
        return False
    await tx.execute(_LOCK_MEMBERS, {"ids": [couple_id]})
    await tx.execute(_RELEASE_MEMBERS, {"id": couple_id})
    return True


async def add_points(
    tx: Transaction, given: Sequence[tuple[int, int, int, datetime]]
) -> Sequence[Row[Any]]:
    """Count gifts (sender, recipient, hundredths, when); both members of each couple still one.

    Few of many gifts are between partners, so those are sought out first.
    """
    senders = array_literal({sender_id for sender_id, _, _, _ in given})
    pairs = {tuple(row) for row in await tx.rows(_PAIRS, {"user_ids": senders})}
    between = [gift for gift in given if gift[:2] in pairs]
    if not between:
        return []
    columns = (list(column) for column in zip(*between, strict=True))
    values = dict(zip(("senders", "recipients", "coins", "moments"), columns, strict=True))
    ids = [row.id for row in await tx.rows(_FIND_GIVEN, values)]
    if not ids:
        return []
    await tx.execute(_LOCK_MEMBERS, {"ids": ids})
    await tx.execute(_ADD_POINTS, values)
    return await tx.rows(_LIST_ACTIVE, {"ids": ids})
