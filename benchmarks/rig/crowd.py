"""Users with tokens and coins, gifts, rooms with people in them: put in by SQL, in bulk.

Ids count from 1, so that a load generator picks people by drawing a number. Each balance has
its ledger row, so that ``flylive verify`` holds before, between and after.
"""

import hashlib
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
POOR = 0.05
"""The share of people, those with the highest ids, who have no coins."""
POPULAR_ROOM = 1
GIFT = 1
TABLES = ("users", "personal_access_tokens", "rooms", "gifts", "room_participants", "agencies")

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
           CASE WHEN n <= %(rich)s THEN %(coins)s ELSE 0 END,
           now() - random() * interval '5 minutes'
    FROM generate_series(1, %(users)s) AS n
    """,
    # A fifth of the people are in an agency, twenty in each; the popular hosts are in none.
    """
    INSERT INTO agencies (id, name, owner_id, commission_rate, member_count)
    SELECT n, 'Agency ' || n, %(users)s / 2 + n, 10, 20 FROM generate_series(1, %(agencies)s) AS n
    """,
    """
    UPDATE users SET agency_id = 1 + (id - 1) %% %(agencies)s, agency_role = 'member',
                     agency_joined_at = now()
    WHERE id > %(users)s / 2 + %(agencies)s AND id <= %(users)s / 2 + 21 * %(agencies)s
    """,
    """
    INSERT INTO transactions (user_id, type, direction, currency_type, amount,
                              user_balance_before, user_balance_after, description)
    SELECT n, 'adjustment', 2, 1, %(coins)s, 0, %(coins)s, 'Coins for the benchmark'
    FROM generate_series(1, %(rich)s) AS n
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
    Users 1 to `rich` have coins.
    """

    users: int
    rich: int
    rooms: int
    audience: int
    hosts: int
    tokens: Sequence[str]


def gather(
    owner_url: str, users: int, rooms: int = 10, agencies: int = 0, seed: str | None = None
) -> Crowd:
    """Put them into an empty, migrated database; of a fifth of `users` agencies at the most.

    The tokens follow from `seed`: :func:`recall` makes them again.
    """
    crowd = recall(users, rooms, seed or secrets.token_hex(20))
    assert 42 * agencies <= users, "every agency has an owner and twenty members in the upper half"
    with psycopg.connect(owner_url) as connection:
        parameters = {
            "users": users,
            "rich": crowd.rich,
            "rooms": rooms,
            "agencies": agencies,
            "audience": crowd.audience,
            "hosts": crowd.hosts,
            "elsewhere": ELSEWHERE,
            "coins": COINS,
        }
        for statement in _STATEMENTS:
            if agencies or "%(agencies)s" not in statement:
                connection.execute(statement, parameters)
        copy = (
            "COPY personal_access_tokens (id, tokenable_type, tokenable_id, name, token,"
            " abilities, last_used_at) FROM STDIN"
        )
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for user_id, token in enumerate(crowd.tokens, 1):
                digest = sha256_hex(token.partition("|")[2])
                rows.write_row(
                    (user_id, r"App\Models\User", user_id, "benchmark", digest, '["*"]', "now")
                )
        for table in TABLES:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST(max(id), 1))"
                f" FROM {table}"
            )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return crowd


def recall(users: int, rooms: int, seed: str) -> Crowd:
    """The people whom :func:`gather` put in under this seed."""
    audience = min(AUDIENCE, users // 2)
    hosts = min(HOSTS, audience // 2)
    tokens = [
        f"{user_id}|{hashlib.sha256(f'{seed}:{user_id}'.encode()).hexdigest()[:40]}"
        for user_id in range(1, users + 1)
    ]
    return Crowd(users, users - int(users * POOR), rooms, audience, hosts, tokens)


def refresh(insider_url: str) -> None:
    """Make it a platform that has been running: :func:`be_active`, then what is read all the time
    in memory, and a checkpoint."""
    be_active(insider_url)
    with psycopg.connect(insider_url, autocommit=True) as connection:
        for statement in _RUNNING:
            connection.execute(statement)


def be_active(insider_url: str) -> None:
    """Let everybody have been here at some moment of the last five minutes.

    That is how it is where a hundred thousand people give some thousand gifts a second: a few
    become due for a newer `last_active_at`, which has an index, in each second. In a database that
    stood still, every gift would be the first of its sender.
    """
    with psycopg.connect(insider_url, autocommit=True) as connection:
        for statement in _ACTIVE:
            connection.execute(statement)


_ACTIVE = (
    "UPDATE users SET last_active_at = now() - random() * interval '5 minutes'",
    "UPDATE personal_access_tokens SET last_used_at = u.last_active_at"
    " FROM users u WHERE u.id = tokenable_id",
    "VACUUM (ANALYZE) users, personal_access_tokens, streams",
)
_RUNNING = (
    "CREATE EXTENSION IF NOT EXISTS pg_prewarm",
    """
    SELECT pg_prewarm(c.oid) FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE COALESCE(i.indrelid, c.oid) IN
        (SELECT oid FROM pg_class WHERE relname IN
            ('users', 'personal_access_tokens', 'streams', 'room_participants',
             'transactions_y' || to_char(now(), 'YYYY"m"MM'),
             'gift_transactions_y' || to_char(now(), 'YYYY"m"MM'))
         OR relname = 'idempotency_keys')
      AND c.relkind IN ('r', 'i')
    """,
    "CHECKPOINT",
)
