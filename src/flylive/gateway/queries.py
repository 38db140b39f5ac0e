"""The gateway's SQL: many streams, many users or many rooms in one statement each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading
from flylive.realtime.queries import StoredEvent


class Place(NamedTuple):
    """Where a stream stands, and whether the user may follow it, in one snapshot."""

    epoch: int | None
    seq: int
    first_seq: int
    is_allowed: bool


_PLACE = text(
    """
    SELECT s.epoch, COALESCE(s.seq, 0) AS seq, COALESCE(s.first_seq, 1) AS first_seq,
           CAST(:room_id AS bigint) IS NULL OR EXISTS (
               SELECT FROM room_participants p
               WHERE p.room_id = :room_id AND p.user_id = :user_id AND p.is_active
           ) AS is_allowed
    FROM (SELECT) AS one LEFT JOIN streams s ON s.name = :name
    """
)


async def find_place(tx: Reading, name: str, user_id: int, room_id: int | None) -> Place:
    """The stream's place; `epoch` is None where it does not exist yet.

    With a `room_id`, only those who are actively in that room are allowed.
    """
    row = await tx.row(_PLACE, {"name": name, "user_id": user_id, "room_id": room_id})
    assert row is not None
    return Place._make(row)


_HEADS = text("SELECT name, epoch, seq FROM streams WHERE name = ANY(CAST(:names AS text[]))")


async def list_heads(tx: Reading, names: Sequence[str]) -> Sequence[Row[Any]]:
    """``(name, epoch, seq)`` of these streams; those that are gone are left out."""
    return await tx.rows(_HEADS, {"names": names})


class News(NamedTuple):
    """What a stream has behind the sequence that was asked for."""

    epoch: int
    seq: int
    events: list[StoredEvent]


_NEWS = """
    SELECT s.name, s.epoch, s.seq, e.seq, e.type, e.data::text, e.at
    FROM unnest(%s::text[], %s::bigint[]) AS asked (name, after)
    JOIN streams s ON s.name = asked.name
    LEFT JOIN LATERAL (
        SELECT seq, type, data, at FROM stream_events
        WHERE stream_id = s.id AND seq > asked.after ORDER BY seq LIMIT %s
    ) AS e ON true
    ORDER BY s.name, e.seq
"""


async def list_news(
    tx: Reading, asked: Sequence[tuple[str, int]], limit: int
) -> Mapping[str, News]:
    """For each ``(name, after)``: where the stream stands, and up to `limit` events behind.

    One statement on the driver's own cursor: this is the path of every event.
    """
    connection = await tx.driver()
    names, afters = [name for name, _ in asked], [after for _, after in asked]
    cursor = await connection.execute(_NEWS, (names, afters, limit), prepare=True)
    news: dict[str, News] = {}
    for name, epoch, head, seq, kind, data, at in await cursor.fetchall():
        found = news.get(name)
        if found is None:
            found = news[name] = News(epoch, head, [])
        if seq is not None:
            found.events.append(StoredEvent(seq, kind, data, at))
    return news


_STANDING = text(
    """
    SELECT asked.id, u.is_blocked OR u.deleted_at IS NOT NULL AS is_blocked,
           t.id IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > :now) AS is_valid
    FROM unnest(CAST(:token_ids AS bigint[]), CAST(:user_ids AS bigint[])) AS asked (id, user_id)
    JOIN users u ON u.id = asked.user_id
    LEFT JOIN personal_access_tokens t ON t.id = asked.id AND t.tokenable_id = asked.user_id
    """
)


class Standing(NamedTuple):
    """Whether an access token still opens anything."""

    token_id: int
    is_blocked: bool
    is_valid: bool


async def list_standings(tx: Reading, tokens: Iterable[tuple[int, int]]) -> Mapping[int, Standing]:
    """The standing of each ``(token_id, user_id)``, by token; unknown users are left out."""
    pairs = list(tokens)
    rows = await tx.rows(
        _STANDING,
        {
            "token_ids": [token_id for token_id, _ in pairs],
            "user_ids": [user_id for _, user_id in pairs],
            "now": now(),
        },
    )
    return {row.id: Standing._make(row) for row in rows}


_WALLETS = text(
    """
    SELECT id, coin_balance, diamond_balance, total_spent, total_received, wealth_xp, charm_xp,
           coin_debt AS debt
    FROM users WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)
_ROOM_METRICS = text(
    """
    SELECT id, participant_count,
           CASE WHEN metrics_day = :day THEN daily_coins_spent ELSE 0 END AS daily_coins_spent,
           total_coins_spent, popularity_index, room_level, room_xp
    FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)


async def list_wallets(tx: Reading, user_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Balances, totals, XP and debt of these users."""
    return await tx.rows(_WALLETS, {"ids": user_ids})


async def list_room_metrics(tx: Reading, room_ids: Sequence[int], day: date) -> Sequence[Row[Any]]:
    """The metrics of these rooms; the day's coins are those of `day`."""
    return await tx.rows(_ROOM_METRICS, {"ids": room_ids, "day": day})
