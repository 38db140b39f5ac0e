"""Users with tokens and coins, gifts, rooms with people in them: put in by SQL, in bulk.

Ids count from 1, so that a load generator picks people by drawing a number. Each balance has
its ledger row, so that ``flylive verify`` holds before, between and after.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from flylive.ids import sha256_hex

COINS = 1_000_000_000
HOSTS = 20
"""People on the seats of the popular room, with ids from 1."""
AUDIENCE = 1_000
"""People in the popular room at the most, hosts included."""
ELSEWHERE = 100
"""People in each other room at the most."""
POPULAR_ROOM = 1
GIFT = 1
TABLES = ("users", "personal_access_tokens", "rooms", "gifts", "room_participants")

_STATEMENTS = (
    """
    INSERT INTO gifts (id, name, price, thumbnail_url, category, rarity)
    SELECT n, 'Gift ' || n, 10 * n, '/assets/gifts/gift-' || n || '.svg', 'normal', 'common'
    FROM generate_series(1, 10) AS n
    """,
    # Who was active at which moment of the last minutes: as in a platform that has been running,
    # a few become due for a newer `last_active_at` in every second of the benchmark.
    """
    INSERT INTO users (id, name, email, signature, password, dob, gender, country,
                       coin_balance, last_active_at)
    SELECT n, 'Member ' || n, 'member' || n || '@flylive.example', (100000000 + n)::text, '!',
           DATE '1990-01-01', 1 + n %% 3, (ARRAY['DE', 'EG', 'IN', 'BR'])[1 + n %% 4],
           %(coins)s, now() - random() * interval '5 minutes'
    FROM generate_series(1, %(users)s) AS n
    """,
    """
    INSERT INTO transactions (user_id, type, direction, currency_type, amount,
                              user_balance_before, user_balance_after, description)
    SELECT n, 'adjustment', 2, 1, %(coins)s, 0, %(coins)s, 'Coins for the benchmark'
    FROM generate_series(1, %(users)s) AS n
    """,
    """
    INSERT INTO rooms (id, user_id, name, logo, country, mic_seat_quantity, max_participants)
    SELECT n, n, 'Room ' || n, '/assets/rooms/room-1.svg', 'DE', 30, 10000
    FROM generate_series(1, %(rooms)s) AS n
    """,
    """
    INSERT INTO room_participants (room_id, user_id, role, seat_number, seat_taken_at)
    SELECT CASE WHEN n <= %(audience)s THEN 1 ELSE 2 + n %% (%(rooms)s - 1) END, n,
           CASE WHEN n = 1 THEN 'owner' WHEN n <= %(hosts)s THEN 'speaker' ELSE 'listener' END,
           CASE WHEN n <= %(hosts)s THEN n END, CASE WHEN n <= %(hosts)s THEN now() END
    FROM generate_series(1, least(%(users)s, %(audience)s + %(elsewhere)s * (%(rooms)s - 1))) AS n
    """,
    """
    UPDATE rooms SET participant_count =
        (SELECT count(*) FROM room_participants p WHERE p.room_id = rooms.id AND p.is_active)
    """,
)


@dataclass(frozen=True)
class Crowd:
    """Who is there: users 1 to `users`; `tokens[id - 1]` is a user's bearer token.

    Users 1 to `audience` are in room :data:`POPULAR_ROOM`, the first `hosts` on its seats.
    """

    users: int
    rooms: int
    audience: int
    hosts: int
    tokens: Sequence[str]


def gather(owner_url: str, users: int, rooms: int = 10) -> Crowd:
    """Put them into an empty, migrated database."""
    audience = min(AUDIENCE, users // 2)
    hosts = min(HOSTS, audience // 2)
    secret_of = [secrets.token_hex(20) for _ in range(users)]
    with psycopg.connect(owner_url) as connection:
        parameters = {
            "users": users,
            "rooms": rooms,
            "audience": audience,
            "hosts": hosts,
            "elsewhere": ELSEWHERE,
            "coins": COINS,
        }
        for statement in _STATEMENTS:
            connection.execute(statement, parameters)
        copy = (
            "COPY personal_access_tokens (id, tokenable_type, tokenable_id, name, token,"
            " abilities, last_used_at) FROM STDIN"
        )
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for user_id, secret in enumerate(secret_of, 1):
                digest = sha256_hex(secret)
                rows.write_row(
                    (user_id, r"App\Models\User", user_id, "benchmark", digest, '["*"]', "now")
                )
        for table in TABLES:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    tokens = [f"{user_id}|{secret}" for user_id, secret in enumerate(secret_of, 1)]
    return Crowd(users, rooms, audience, hosts, tokens)
