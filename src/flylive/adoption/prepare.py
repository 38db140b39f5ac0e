"""What SQL alone cannot say: countries, phone numbers, new signatures, hashes of passwords.

Each function fills a temporary table that the plans join.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flylive.accounts import countries, passwords, rules
from flylive.adoption.catalogue import Connection
from flylive.ids import new_signature

BATCH = 10_000
AT_ONCE = 64
"""Passwords handed to the hashing threads at once."""

_ALIASES = {"UK": "GB", "EL": "GR"}
_STAND_IN = "$argon2id$v=19$m=65536,t=3,p=4$c3RhbmQtaW4$c3RhbmQtaW4"
"""Stands in a dry run for every room's hash: a true one costs tens of milliseconds each."""


def country_codes(connection: Connection) -> None:
    """``adopt_countries``: each code that was found, and alpha-2 (ZZ where it is no code)."""
    _table(connection, "adopt_countries", "found text PRIMARY KEY, code text NOT NULL")
    rows = connection.execute(
        """
        SELECT country FROM old_users UNION SELECT country FROM old_rooms
        UNION SELECT country_specific FROM old_gifts
        UNION SELECT unnest(country_restrictions) FROM old_recharge_packages
        """
    ).fetchall()
    found = [code for (code,) in rows if code is not None]
    _fill(
        connection,
        "adopt_countries",
        (
            (code, countries.alpha_2(_ALIASES.get(code.strip().upper(), code)) or "ZZ")
            for code in found
        ),
    )


def phone_numbers(connection: Connection) -> None:
    """``adopt_phones``: E.164 of the numbers that are written otherwise and can be read."""
    _table(connection, "adopt_phones", "id bigint PRIMARY KEY, phone text NOT NULL")
    last = -(2**63)
    while True:
        rows = connection.execute(
            r"""
            SELECT o.id, o.phone, NULLIF(c.code, 'ZZ')
            FROM old_users o LEFT JOIN adopt_countries c ON c.found = o.country
            WHERE o.id > %s AND o.phone !~ '^\+[1-9][0-9]{6,14}$' AND o.phone ~ '\S'
            ORDER BY o.id LIMIT %s
            """,
            (last, BATCH),
        ).fetchall()
        if not rows:
            return
        read = ((id, _phone(text, country)) for id, text, country in rows)
        _fill(connection, "adopt_phones", ((id, phone) for id, phone in read if phone))
        last = rows[-1][0]


def _phone(text: str, country: str | None) -> str | None:
    try:
        return rules.phone(text, country)
    except ValueError:
        return None


def signatures(connection: Connection) -> None:
    """``adopt_signatures``: a new one for whoever has none of digits, or somebody else's."""
    _table(connection, "adopt_signatures", "id bigint PRIMARY KEY, signature text UNIQUE")
    rows = connection.execute(
        """
        SELECT id FROM (
            SELECT id, signature, row_number() OVER (PARTITION BY signature ORDER BY id) AS place
            FROM old_users) AS o
        WHERE signature !~ '^[0-9]+$' OR place > 1 ORDER BY id
        """
    ).fetchall()
    waiting = [id for (id,) in rows]
    given: set[str] = set()
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        drawn: list[str] = []
        while len(drawn) < len(batch):
            fresh = {new_signature() for _ in range(len(batch) - len(drawn))} - given
            taken = connection.execute(
                "SELECT signature FROM old_users WHERE signature = ANY(%s)", (list(fresh),)
            ).fetchall()
            fresh -= {signature for (signature,) in taken}
            given |= fresh
            drawn.extend(sorted(fresh))
        _fill(connection, "adopt_signatures", zip(batch, drawn, strict=True))


def room_passwords(connection: Connection, *, in_earnest: bool) -> tuple[int, float]:
    """``adopt_room_passwords``: hashes of the private rooms' words.

    How many there are and how many seconds they take: in a dry run, where a stand-in takes
    their place, as many as one of them lets expect. What is a hash already stays one.
    """
    _table(connection, "adopt_room_passwords", "id bigint PRIMARY KEY, hash text NOT NULL")
    rows = connection.execute(
        r"""
        SELECT o.id, o.password FROM old_rooms o LEFT JOIN old_users u ON u.id = o.user_id
        WHERE o.password ~ '\S' AND lower(btrim(o.type)) IS DISTINCT FROM 'public'
          AND o.deleted_at IS NULL AND u.deleted_at IS NULL
        """
    ).fetchall()
    plain = [(id, word) for id, word in rows if not passwords.is_hash(word)]
    hashed = [(id, word) for id, word in rows if passwords.is_hash(word)]
    started = time.monotonic()
    if in_earnest:
        hashed += asyncio.run(_hash_all(plain))
        seconds = time.monotonic() - started
    else:
        asyncio.run(_hash_all(plain[:1]))
        seconds = (time.monotonic() - started) * len(plain) / passwords.THREADS
        hashed += [(id, _STAND_IN) for id, _ in plain]
    _fill(connection, "adopt_room_passwords", hashed)
    return len(plain), seconds


async def _hash_all(rooms: list[tuple[int, str]]) -> list[tuple[int, str]]:
    done: list[tuple[int, str]] = []
    for start in range(0, len(rooms), AT_ONCE):
        batch = rooms[start : start + AT_ONCE]
        hashes = await asyncio.gather(*(passwords.hash_password(word) for _, word in batch))
        done += [(id, made) for (id, _), made in zip(batch, hashes, strict=True)]
    return done


def room_sums(connection: Connection, today: date, timezone: str) -> None:
    """``adopt_room_sums``: coins of gifts by room, of the business day, week and month."""
    _table(
        connection,
        "adopt_room_sums",
        "room_id bigint PRIMARY KEY, daily numeric, weekly numeric, monthly numeric",
    )
    week, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    connection.execute(
        """
        INSERT INTO adopt_room_sums
        SELECT room_id, COALESCE(sum(total_cost) FILTER (WHERE day = %(today)s), 0),
               COALESCE(sum(total_cost) FILTER (WHERE day >= %(week)s), 0),
               COALESCE(sum(total_cost) FILTER (WHERE day >= %(month)s), 0)
        FROM (SELECT room_id, total_cost, (sent_at AT TIME ZONE %(zone)s)::date AS day
              FROM old_gift_transactions
              WHERE room_id IS NOT NULL AND total_cost > 0
                AND sent_at >= (least(%(week)s::date, %(month)s::date)::timestamp
                                AT TIME ZONE %(zone)s)) AS g
        WHERE day <= %(today)s GROUP BY room_id
        """,
        {"today": today, "week": week, "month": month, "zone": timezone},
    )


def _table(connection: Connection, name: str, columns: str) -> None:
    connection.execute(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP".encode())


def _fill(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
