"""Presence: gathered, written in bulk, expired, forgotten."""

import asyncio
from datetime import datetime, timedelta

from flylive.clock import now, turned_to
from flylive.database import Database
from flylive.realtime import presence, tickets
from flylive.realtime.presence import Flusher
from tests.realtime.cast import Cast
from tests.standing import standing_at


def expired(cast: Cast, seconds: int) -> list[int]:
    before = now() - timedelta(seconds=seconds)
    return [row[0] for row in cast.sql("SELECT user_id FROM presence WHERE seen_at < %s", before)]


async def test_seen_users_are_written_at_the_flush(cast: Cast, database: Database) -> None:
    one, two, three = (cast.member().user_id for _ in range(3))
    flusher = Flusher(database, also=lambda: [three])
    for user_id in (one, two, one):
        presence.seen(user_id)
    assert cast.sql("SELECT count(*) FROM presence") == [(0,)]
    await flusher.flush()
    assert cast.sql("SELECT user_id FROM presence ORDER BY 1") == [(one,), (two,), (three,)]
    with turned_to(now() + timedelta(seconds=61)):
        assert sorted(expired(cast, 60)) == [one, two, three]
        presence.seen(one)
        await flusher.flush()
        assert expired(cast, 60) == [two]
        before = now() - timedelta(seconds=60)
        await database.run(lambda tx: presence.forget(tx, [one, two], before))
    assert cast.sql("SELECT user_id FROM presence ORDER BY 1") == [(one,), (three,)]


async def test_ensure_begins_the_time_of_the_unknown_only(cast: Cast, database: Database) -> None:
    known, unknown = cast.member().user_id, cast.member().user_id
    with turned_to(now() - timedelta(seconds=120)):
        await database.run(lambda tx: presence.mark(tx, {(known, None): now()}))
    await database.run(lambda tx: presence.ensure(tx, [known, unknown]))
    gone = expired(cast, 60)
    assert known in gone
    assert unknown not in gone


async def test_a_failed_flush_is_made_up_for(cast: Cast, database: Database) -> None:
    user_id = cast.member().user_id
    away = Database("host=127.0.0.1 port=1 dbname=none user=none")
    presence.seen(user_id)
    await Flusher(away).flush()
    await away.close()
    await Flusher(database).flush()
    assert cast.sql("SELECT count(*) FROM presence WHERE user_id = %s", user_id) == [(1,)]


async def test_who_is_new_is_written_soon_and_others_in_their_time(
    cast: Cast, database: Database
) -> None:
    one, two = cast.member().user_id, cast.member().user_id
    written = "SELECT user_id, seen_at FROM presence WHERE user_id = ANY(%s) ORDER BY 1"
    flusher = Flusher(database)
    presence.seen(one)
    await flusher.flush()
    before = cast.sql(written, [one, two])
    presence.seen(one)
    await flusher.flush_new()
    assert cast.sql(written, [one, two]) == before
    beat = now()
    presence.seen(two)
    await flusher.flush_new()
    [_, (user_id, seen_at)] = cast.sql(written, [one, two])
    assert user_id == two
    assert beat <= seen_at <= now()
    await flusher.flush()
    assert cast.sql(written, [one])[0][1] > before[0][1]


async def test_what_was_written_of_a_silent_socket_is_taken_back(
    cast: Cast, database: Database
) -> None:
    silent, elsewhere = cast.member().user_id, cast.member().user_id
    heard = now() - timedelta(seconds=40)
    live, gone = {silent, elsewhere}, dict[int, datetime]()
    flusher = Flusher(database, also=lambda: live, silent=lambda: gone)
    await flusher.flush()
    presence.seen(elsewhere)
    await Flusher(database).flush()
    live.clear()
    gone.update({silent: heard, elsewhere: heard})
    await flusher.flush()
    assert elsewhere not in expired(cast, 30)
    assert cast.sql("SELECT seen_at FROM presence WHERE user_id = %s", silent) == [(heard,)]


async def test_processes_tell_that_they_could_write(cast: Cast, database: Database) -> None:
    moment = now() + timedelta(hours=1)
    with standing_at(moment):
        await Flusher(database).flush()
    for seconds in (0, 100):
        with standing_at(moment + timedelta(seconds=seconds)):
            silence = await database.read(presence.seconds_since_flush)
        assert silence is not None
        # Whole seconds are written down.
        assert seconds <= silence < seconds + 1


async def test_flushers_at_once(cast: Cast, database: Database) -> None:
    users = [cast.member().user_id for _ in range(20)]
    flushers = [Flusher(database, also=lambda: users) for _ in range(8)]
    await asyncio.gather(*(flusher.flush() for flusher in flushers))
    assert cast.sql("SELECT count(*) FROM presence WHERE user_id = ANY(%s)", users) == [(20,)]


async def test_old_tickets_are_dropped(cast: Cast, database: Database) -> None:
    member = cast.member()
    with turned_to(now() - timedelta(minutes=5)):
        await cast.ticket(member)
    fresh = await cast.ticket(member)
    await database.run(tickets.prune)
    assert cast.sql("SELECT count(*) FROM realtime_tickets") == [(1,)]
    redeemed = await database.run(lambda tx: tickets.redeem(tx, fresh))
    assert redeemed == (member.user_id, member.token_id)
