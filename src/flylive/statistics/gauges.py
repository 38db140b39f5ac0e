"""What is counted once a minute: people who came, who are there, and rooms with somebody in."""

from datetime import timedelta

from sqlalchemy import text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction

HOURS_KEPT = timedelta(days=100)
_LOCK = "statistics gauges"

# Set, not added: however often it is counted, it comes to the same. The hour before once more,
# for whoever registered in its last second.
_NEW = text(
    """
    WITH spans AS (
        SELECT DISTINCT p.period, date_trunc(p.period, m.moment, :timezone) AS since
        FROM (VALUES ('hour'), ('day')) AS p (period),
             (VALUES (CAST(:at AS timestamptz)), (CAST(:at AS timestamptz) - interval '1 hour'))
             AS m (moment)
    ), counted AS (
        SELECT s.period, s.since, u.country, count(*) AS value
        FROM spans s JOIN users u
          ON u.created_at >= s.since AND u.created_at < s.since + interval '26 hours'
         AND date_trunc(s.period, u.created_at, :timezone) = s.since
        GROUP BY GROUPING SETS ((1, 2), (1, 2, 3))
    )
    INSERT INTO statistics_gauges (name, period, country, starts_at, value)
    SELECT 'new', period, COALESCE(country, ''), since, value FROM counted
    ON CONFLICT (name, period, country, starts_at) DO UPDATE SET value = excluded.value
    """
)
_KEEP = """
    INSERT INTO statistics_gauges AS g (name, period, country, starts_at, value)
    SELECT '{name}', p.period, COALESCE(c.country, ''),
           date_trunc(p.period, CAST(:at AS timestamptz), :timezone), c.value
    FROM ({counted}) AS c (country, value), (VALUES {periods}) AS p (period)
    ON CONFLICT (name, period, country, starts_at) DO UPDATE SET
        value = GREATEST(g.value, excluded.value)
"""
_COUNT_ACTIVE = """
    SELECT country, count(*) FROM users
    WHERE last_active_at >= date_trunc('{period}', CAST(:at AS timestamptz), :timezone)
    GROUP BY GROUPING SETS ((), (country))
"""
_COUNT_IN_ROOMS = """
    SELECT u.country, count(*) FROM room_participants p JOIN users u ON u.id = p.user_id
    WHERE p.is_active GROUP BY GROUPING SETS ((), (u.country))
"""
_COUNT_ROOMS = """
    SELECT country, count(*) FROM rooms
    WHERE id IN (SELECT room_id FROM room_participants WHERE is_active)
    GROUP BY GROUPING SETS ((), (country))
"""
_BOTH = "('hour'), ('day')"
_LOOKS = [
    _NEW,
    *(
        text(_KEEP.format(name=name, counted=counted, periods=periods))
        for name, counted, periods in (
            ("active", _COUNT_ACTIVE.format(period="hour"), "('hour')"),
            ("active", _COUNT_ACTIVE.format(period="day"), "('day')"),
            ("in_rooms", _COUNT_IN_ROOMS, _BOTH),
            ("rooms", _COUNT_ROOMS, _BOTH),
        )
    ),
]


async def look(database: Database, settings: Settings) -> None:
    """Count, and keep what was counted; of several workers one after the other."""

    async def work(tx: Transaction) -> None:
        await tx.lock(_LOCK)
        values = {"at": now(), "timezone": settings.timezone}
        for statement in _LOOKS:
            await tx.execute(statement, values)

    await database.run(work)


_FORGET = text(
    """
    DELETE FROM ledger_statistics WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ledger_statistics
        WHERE generation = (SELECT generation FROM statistics_marks WHERE is_current)
          AND period = 'hour' AND starts_at < :before LIMIT 5000))
    """
)
_FORGET_GAUGES = text("DELETE FROM statistics_gauges WHERE period = 'hour' AND starts_at < :before")


async def forget_hours(database: Database) -> None:
    """Forget sums by the hour of long ago; days and months stay."""
    before = {"before": now() - HOURS_KEPT}

    async def forget(tx: Transaction) -> int:
        return (await tx.execute(_FORGET, before)).rowcount

    while await database.run(forget):
        pass
    await database.run(lambda tx: tx.execute(_FORGET_GAUGES, before))
