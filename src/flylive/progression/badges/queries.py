"""All SQL over badges: what is measured, who has which, and awarding them once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, text

from flylive.accounts.queries import VIP_LEVEL
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.progression.badges.rules import METRICS, Subject, Value

_OF_USERS = text(
    f"""
    SELECT u.id, u.total_spent AS coins_spent, u.total_received AS diamonds_earned,
           u.wealth_xp, u.charm_xp, COALESCE(wealth.level_number, 0) AS wealth_level,
           COALESCE(charm.level_number, 0) AS charm_level, {VIP_LEVEL} AS vip_level,
           CASE WHEN u.agency_id IS NULL THEN 0 ELSE 1 END AS agency_member,
           floor(extract(epoch FROM CAST(:now AS timestamptz) - u.created_at) / 86400)::bigint
               AS days_since_signup,
           COALESCE(c.gifts_sent, 0) AS gifts_sent,
           COALESCE(c.gifts_received, 0) AS gifts_received,
           COALESCE(c.coins_given, 0) AS coins_given,
           COALESCE(c.coins_received, 0) AS coins_received
    FROM users u
    LEFT JOIN levels wealth ON wealth.id = u.wealth_level_id
    LEFT JOIN levels charm ON charm.id = u.charm_level_id
    LEFT JOIN user_counters c ON c.user_id = u.id
    WHERE u.id = ANY(CAST(:ids AS bigint[])) AND u.deleted_at IS NULL
    """
)
_OF_ROOMS = text(
    """
    SELECT r.id, r.user_id AS owner_id, r.room_level, r.room_xp,
           r.total_coins_spent AS room_coins_spent,
           floor(extract(epoch FROM CAST(:now AS timestamptz) - r.created_at) / 86400)::bigint
               AS room_days
    FROM rooms r
    WHERE r.id = ANY(CAST(:ids AS bigint[])) AND r.deleted_at IS NULL
    """
)


def _counting(rows: str) -> TextClause:
    """How many of these rows belong to each of `:ids`, none counted behind `:cap`."""
    return text(
        f"""
        SELECT s.id, (SELECT count(*) FROM ({rows} LIMIT :cap) AS counted) AS value
        FROM unnest(CAST(:ids AS bigint[])) AS s (id)
        """
    )


_COUNTED = {
    "followers": _counting("SELECT FROM user_followers WHERE following_id = s.id"),
    "following": _counting("SELECT FROM user_followers WHERE follower_id = s.id"),
    "friends": _counting(
        "SELECT FROM user_followers a JOIN user_followers b"
        " ON b.follower_id = a.following_id AND b.following_id = s.id WHERE a.follower_id = s.id"
    ),
    "messages_sent": _counting(
        "SELECT FROM messages WHERE sender_id = s.id AND NOT is_deleted"
        " AND message_type NOT IN ('system', 'gift_notification')"
    ),
    "rooms_joined": _counting(
        "SELECT DISTINCT room_id FROM room_participants WHERE user_id = s.id"
    ),
    "rooms_followed": _counting("SELECT FROM room_followers WHERE user_id = s.id"),
    "frames_owned": _counting("SELECT FROM frame_user WHERE user_id = s.id"),
    "room_followers": _counting("SELECT FROM room_followers WHERE room_id = s.id"),
}
assert _COUNTED.keys() == {name for name, metric in METRICS.items() if metric.is_counted}

Measured = dict[int, dict[str, Value]]


async def measure(
    tx: Reading, subject: Subject, ids: Collection[int], caps: Mapping[str, int]
) -> Measured:
    """The values of the metrics in `caps` for those of the users or rooms that are there.

    What is counted is counted up to its cap. Rooms carry their `owner_id` besides.
    """
    listed = array_literal(ids)
    statement = _OF_USERS if subject == "user" else _OF_ROOMS
    rows = await tx.rows(statement, {"ids": listed, "now": now()})
    values: Measured = {row.id: row._asdict() for row in rows}
    for name in caps.keys() & _COUNTED.keys():
        counted = {"ids": array_literal(values), "cap": caps[name]}
        for row in await tx.rows(_COUNTED[name], counted):
            values[row.id][name] = row.value
    return values


_ACTIVE = text(
    """
    SELECT * FROM badges WHERE is_active AND (category = 'room') = :of_rooms
      AND id = COALESCE(CAST(:badge_id AS bigint), id) AND id > :after_id
    ORDER BY id LIMIT :limit
    """
)
_HAD = {
    kind: text(
        f"""
        SELECT {kind}_id AS subject_id, badge_id FROM {kind}_badges
        WHERE {kind}_id = ANY(CAST(:ids AS bigint[]))
          AND badge_id = ANY(CAST(:badge_ids AS bigint[]))
        """
    )
    for kind in ("user", "room")
}
_AWARD = {
    kind: text(
        f"""
        INSERT INTO {kind}_badges ({kind}_id, badge_id, earned_at)
        SELECT subject_id, badge_id, :at
        FROM unnest(CAST(:subject_ids AS bigint[]), CAST(:badge_ids AS bigint[]))
             AS a (subject_id, badge_id)
        ORDER BY subject_id, badge_id
        ON CONFLICT ({kind}_id, badge_id) DO NOTHING
        RETURNING id AS earned_id, {kind}_id AS subject_id, badge_id
        """
    )
    for kind in ("user", "room")
}


async def list_active(
    tx: Reading,
    subject: Subject,
    badge_id: int | None = None,
    *,
    after_id: int = 0,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """The active badges about users or rooms, by id; one of them where its id is given."""
    values = {"of_rooms": subject == "room", "badge_id": badge_id}
    return await tx.rows(_ACTIVE, values | {"after_id": after_id, "limit": limit})


async def list_had(
    tx: Reading, subject: Subject, ids: Collection[int], badge_ids: Collection[int]
) -> set[tuple[int, int]]:
    """Who of them has which of the badges."""
    values = {"ids": array_literal(ids), "badge_ids": array_literal(badge_ids)}
    return {(row.subject_id, row.badge_id) for row in await tx.rows(_HAD[subject], values)}


async def award(
    tx: Transaction, subject: Subject, earned: Sequence[tuple[int, int]], at: datetime
) -> Sequence[Row[Any]]:
    """Give badges as (subject_id, badge_id); those that nobody had given meanwhile."""
    values = {
        "subject_ids": array_literal(subject_id for subject_id, _ in earned),
        "badge_ids": array_literal(badge_id for _, badge_id in earned),
        "at": at,
    }
    return await tx.rows(_AWARD[subject], values)


_UNCOUNTED = text(
    """
    SELECT s.id FROM unnest(CAST(:ids AS bigint[])) AS s (id)
    LEFT JOIN user_counters c ON c.user_id = s.id WHERE c.counted_at IS NULL
    """
)
_OPEN_COUNTERS = text(
    """
    INSERT INTO user_counters (user_id)
    SELECT id FROM users WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_LOCK_COUNTERS = text(
    """
    SELECT user_id FROM user_counters WHERE user_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY user_id FOR NO KEY UPDATE
    """
)
# One statement is one snapshot, and a gift is committed with its group's row: so the rows less
# what still waits to be folded is what the counters have to be right now. So with what staff took
# back: its coins count no more, the gift does.
_TAKEN_BACK = """
        SELECT t.{side}_id AS user_id, sum(r.total_cost) AS coins
        FROM gift_reversals r
        JOIN gift_transactions t ON t.id = r.gift_transaction_id AND t.sent_at = r.sent_at
        WHERE t.{side}_id = ANY(CAST(:ids AS bigint[])) GROUP BY t.{side}_id
"""
_COUNTS = f"""
    WITH sent AS (
        SELECT sender_id AS user_id, sum(quantity) AS times, sum(total_cost) AS coins
        FROM gift_transactions WHERE sender_id = ANY(CAST(:ids AS bigint[])) GROUP BY sender_id
    ), received AS (
        SELECT recipient_id AS user_id, sum(quantity) AS times, sum(total_cost) AS coins
        FROM gift_transactions WHERE recipient_id = ANY(CAST(:ids AS bigint[]))
        GROUP BY recipient_id
    ), sent_back AS ({_TAKEN_BACK.format(side="sender")}
    ), received_back AS ({_TAKEN_BACK.format(side="recipient")}
    ), waiting AS (
        SELECT (f ->> 0)::bigint AS user_id, sum((f ->> 1)::bigint) AS sent,
               sum((f ->> 2)::bigint) AS received, sum((f ->> 3)::bigint) * 0.01 AS coins_given,
               sum((f ->> 4)::bigint) * 0.01 AS coins_received
        FROM gift_groups g,
             jsonb_array_elements(COALESCE(g.folds::jsonb -> 'users', '[]'::jsonb)) AS f
        WHERE (f ->> 0)::bigint = ANY(CAST(:ids AS bigint[]))
        GROUP BY 1
    ), counted AS (
        SELECT s.id AS user_id,
               (COALESCE(sent.times, 0) - COALESCE(waiting.sent, 0))::bigint
                   AS gifts_sent,
               (COALESCE(received.times, 0) - COALESCE(waiting.received, 0))::bigint
                   AS gifts_received,
               COALESCE(sent.coins, 0) - COALESCE(sent_back.coins, 0)
                   - COALESCE(waiting.coins_given, 0) AS coins_given,
               COALESCE(received.coins, 0) - COALESCE(received_back.coins, 0)
                   - COALESCE(waiting.coins_received, 0) AS coins_received
        FROM unnest(CAST(:ids AS bigint[])) AS s (id)
        LEFT JOIN sent ON sent.user_id = s.id
        LEFT JOIN received ON received.user_id = s.id
        LEFT JOIN sent_back ON sent_back.user_id = s.id
        LEFT JOIN received_back ON received_back.user_id = s.id
        LEFT JOIN waiting ON waiting.user_id = s.id
    )
"""
_RECOUNT = text(
    f"""
    {_COUNTS}
    UPDATE user_counters c SET
        gifts_sent = n.gifts_sent, gifts_received = n.gifts_received,
        coins_given = n.coins_given, coins_received = n.coins_received, counted_at = :at
    FROM counted n WHERE c.user_id = n.user_id
    """
)
_READ_COUNTS = text(f"{_COUNTS} SELECT * FROM counted")
_FOLD = text(
    """
    INSERT INTO user_counters AS c
        (user_id, gifts_sent, gifts_received, coins_given, coins_received)
    SELECT f.user_id, f.sent, f.received, f.given * 0.01, f.got * 0.01
    FROM unnest(CAST(:ids AS bigint[]), CAST(:sent AS bigint[]), CAST(:received AS bigint[]),
                CAST(:given AS bigint[]), CAST(:got AS bigint[]))
         AS f (user_id, sent, received, given, got)
    ORDER BY f.user_id
    ON CONFLICT (user_id) DO UPDATE SET
        gifts_sent = c.gifts_sent + excluded.gifts_sent,
        gifts_received = c.gifts_received + excluded.gifts_received,
        coins_given = c.coins_given + excluded.coins_given,
        coins_received = c.coins_received + excluded.coins_received
    """
)


async def list_uncounted(tx: Reading, ids: Collection[int]) -> list[int]:
    """Those of the users whose gifts were never counted row by row."""
    return [row.id for row in await tx.rows(_UNCOUNTED, {"ids": array_literal(ids)})]


async def recount(tx: Transaction, ids: Collection[int]) -> None:
    """Count these users' gifts from the rows themselves; folds go on upon it.

    Locks their counters by id, which is what folds wait for.
    """
    listed = {"ids": array_literal(sorted(ids))}
    await tx.execute(_OPEN_COUNTERS, listed)
    await tx.rows(_LOCK_COUNTERS, listed)
    await tx.execute(_RECOUNT, listed | {"at": now()})


async def read_counts(tx: Reading, user_id: int) -> dict[str, Value]:
    """What a recount would count for one user, for whoever only reads."""
    row = (await tx.execute(_READ_COUNTS, {"ids": array_literal([user_id])})).one()
    columns: dict[str, Value] = row._asdict()
    del columns["user_id"]
    return columns


async def fold(tx: Transaction, sums: Mapping[int, Sequence[int]]) -> None:
    """Add gifts up: by user how many he gave and got, and their cost in hundredths of coins."""
    if sums:
        columns = list(zip(*sums.values(), strict=True))
        await tx.execute(
            _FOLD,
            {
                "ids": array_literal(sums),
                "sent": array_literal(columns[0]),
                "received": array_literal(columns[1]),
                "given": array_literal(columns[2]),
                "got": array_literal(columns[3]),
            },
        )


_OF_SUBJECT = {
    kind: text(
        f"""
        SELECT b.id, b.name, b.description, b.category, b.icon_url, b.rarity, e.earned_at,
               e.id AS earned_id, e.badge_id,
               {"e.user_id" if kind == "user" else "NULL::bigint AS user_id"}
        FROM {kind}_badges e JOIN badges b ON b.id = e.badge_id
        WHERE e.{kind}_id = :subject_id AND e.id < :before_id
        ORDER BY e.id DESC LIMIT :limit
        """
    )
    for kind in ("user", "room")
}
_LIST = text(
    """
    SELECT * FROM badges
    WHERE id > :after_id AND (is_active OR :all_of_them)
      AND (CAST(:category AS text) IS NULL OR category = :category)
      AND (CAST(:rarity AS text) IS NULL OR rarity = :rarity)
    ORDER BY id LIMIT :limit
    """
)
_LOCK = text("SELECT * FROM badges WHERE id = :badge_id FOR NO KEY UPDATE")


async def list_of(
    tx: Reading, subject: Subject, subject_id: int, *, before_id: int, limit: int
) -> Sequence[Row[Any]]:
    """The badges that a user or room earned, newest first, behind the one earned as `before_id`."""
    values = {"subject_id": subject_id, "before_id": before_id, "limit": limit}
    return await tx.rows(_OF_SUBJECT[subject], values)


async def list_badges(
    tx: Reading,
    *,
    after_id: int,
    limit: int,
    category: str | None = None,
    rarity: str | None = None,
    all_of_them: bool = False,
) -> Sequence[Row[Any]]:
    """Badges by id; retired ones with `all_of_them` only."""
    return await tx.rows(
        _LIST,
        {
            "after_id": after_id,
            "limit": limit,
            "category": category,
            "rarity": rarity,
            "all_of_them": all_of_them,
        },
    )


async def lock_badge(tx: Transaction, badge_id: int) -> Row[Any] | None:
    """A badge, locked."""
    return await tx.row(_LOCK, {"badge_id": badge_id})
