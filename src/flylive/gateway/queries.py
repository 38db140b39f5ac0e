"""The gateway's SQL: many streams, many users or many rooms in one statement each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flylive.clock import now
from flylive.gateway.reader import Reader
from flylive.realtime.queries import StoredEvent


class Place(NamedTuple):
    """Where a stream stands, and whether the user may follow it, in one snapshot."""

    epoch: int | None
    seq: int
    first_seq: int
    is_allowed: bool


_PLACE = """
    SELECT s.epoch, COALESCE(s.seq, 0) AS seq, COALESCE(s.first_seq, 1) AS first_seq,
           asked.room_id IS NULL OR EXISTS (
               SELECT FROM room_participants p
               WHERE p.room_id = asked.room_id AND p.user_id = asked.user_id AND p.is_active
           ) AS is_allowed
    FROM (SELECT %s::text AS name, %s::bigint AS user_id, %s::bigint AS room_id) AS asked
    LEFT JOIN streams s ON s.name = asked.name
"""


async def find_place(reader: Reader, name: str, user_id: int, room_id: int | None) -> Place:
    """The stream's place; `epoch` is None where it does not exist yet.

    With a `room_id`, only those who are actively in that room are allowed.
    """
    (row,) = await reader.rows(_PLACE, (name, user_id, room_id))
    return Place._make(row)


class Head(NamedTuple):
    """Where a stream stands."""

    name: str
    epoch: int
    seq: int


_HEADS = "SELECT name, epoch, seq FROM streams WHERE name = ANY(%s::text[])"


async def list_heads(reader: Reader, names: list[str]) -> list[Head]:
    """The heads of these streams; those that are gone are left out."""
    return [Head._make(row) for row in await reader.rows(_HEADS, (names,))]


class News(NamedTuple):
    """What a stream has behind the sequence that was asked for."""

    epoch: int
    seq: int
    events: list[StoredEvent]


_NEWS = """
    SELECT s.name, s.epoch, s.seq AS head, e.seq, e.type, e.data::text AS data, e.at
    FROM unnest(%s::text[], %s::bigint[]) AS asked (name, after)
    JOIN streams s ON s.name = asked.name
    LEFT JOIN LATERAL (
        SELECT seq, type, data, at FROM stream_events
        WHERE stream_id = s.id AND seq > asked.after ORDER BY seq LIMIT %s
    ) AS e ON true
    ORDER BY s.name, e.seq
"""


async def list_news(
    reader: Reader, asked: Sequence[tuple[str, int]], limit: int
) -> Mapping[str, News]:
    """For each ``(name, after)``: where the stream stands, and up to `limit` events behind."""
    names, afters = [name for name, _ in asked], [after for _, after in asked]
    news: dict[str, News] = {}
    for name, epoch, head, *event in await reader.rows(_NEWS, (names, afters, limit)):
        found = news.get(name)
        if found is None:
            found = news[name] = News(epoch, head, [])
        if event[0] is not None:
            found.events.append(StoredEvent._make(event))
    return news


_STANDING = """
    SELECT asked.id, u.is_blocked,
           t.id IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > %s)
               AND u.deleted_at IS NULL AS is_valid
    FROM unnest(%s::bigint[], %s::bigint[]) AS asked (id, user_id)
    JOIN users u ON u.id = asked.user_id
    LEFT JOIN personal_access_tokens t ON t.id = asked.id AND t.tokenable_id = asked.user_id
"""


class Standing(NamedTuple):
    """Whether an access token still opens anything."""

    token_id: int
    is_blocked: bool
    is_valid: bool


async def list_standings(
    reader: Reader, tokens: Sequence[tuple[int, int]]
) -> Mapping[int, Standing]:
    """The standing of each ``(token_id, user_id)``, by token; unknown users are left out."""
    token_ids = [token_id for token_id, _ in tokens]
    user_ids = [user_id for _, user_id in tokens]
    rows = await reader.rows(_STANDING, (now(), token_ids, user_ids))
    return {row.id: Standing._make(row) for row in rows}


_WALLETS = """
    SELECT id, coin_balance, diamond_balance, total_spent, total_received, wealth_xp, charm_xp,
           coin_debt AS debt
    FROM users WHERE id = ANY(%s::bigint[])
"""
_ROOM_METRICS = """
    SELECT r.id, participant_count, total_coins_spent,
           CASE WHEN metrics_day = today THEN daily_coins_spent ELSE 0 END AS daily_coins_spent,
           CASE WHEN date_trunc('week', metrics_day) = date_trunc('week', today)
                THEN weekly_coins_spent ELSE 0 END AS weekly_coins_spent,
           CASE WHEN date_trunc('month', metrics_day) = date_trunc('month', today)
                THEN monthly_coins_spent ELSE 0 END AS monthly_coins_spent,
           popularity_index, room_level, room_xp
    FROM rooms r, CAST(%s AS date) AS today WHERE r.id = ANY(%s::bigint[])
"""


async def list_wallets(reader: Reader, user_ids: list[int], day: date) -> list[Any]:
    """Balances, totals, XP and debt of these users; they are the same on any day."""
    return await reader.rows(_WALLETS, (user_ids,))


async def list_room_metrics(reader: Reader, room_ids: list[int], day: date) -> list[Any]:
    """The metrics of these rooms; coins of day, week and month are those of `day`."""
    return await reader.rows(_ROOM_METRICS, (day, room_ids))
