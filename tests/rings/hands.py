"""Hands for rings: gifts by the thousand without the API, and a look at them."""

import asyncio
import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flylive.database import Database
from flylive.rings import looking
from tests.world import World

NOW = datetime.now(UTC)


class Given(NamedTuple):
    """One gift line, in whole coins."""

    sender: int
    recipient: int
    coins: int
    at: datetime


def people(world: World, count: int, *, age_days: float = 200, country: str = "AE") -> list[int]:
    """Accounts that registered so many days ago; their ids."""
    rows = world.sql(
        "INSERT INTO users (name, signature, password, dob, gender, country, created_at, email)"
        " SELECT 'P', (900000000 + n)::text, '!', '1990-01-01', 1, %s, %s,"
        " 'r' || n || '@example.com'"
        " FROM (SELECT nextval('users_id_seq') * 10 AS n FROM generate_series(1, %s)) s"
        " RETURNING id",
        country,
        NOW - timedelta(days=age_days),
        count,
    )
    return [row[0] for row in rows]


def give(world: World, given: Iterable[Given]) -> None:
    """These gifts, as if they had been sent; of prices that are one coin."""
    gift_id = world.gift("1.00")
    senders, recipients, coins, moments = zip(*given, strict=True)
    world.sql(
        "INSERT INTO gift_transactions (batch_id, sender_id, recipient_id, gift_id, quantity,"
        " price, total_cost, recipient_earnings, platform_fee, sent_at)"
        " SELECT 1, s, r, %s, 1, c, c, c / 2.0, c - c / 2.0, t"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::timestamptz[])"
        " AS u (s, r, c, t)",
        gift_id,
        list(senders),
        list(recipients),
        list(coins),
        list(moments),
    )


def exchanged(world: World, user_id: int, coins: int, at: datetime) -> None:
    """Coins that he got for diamonds."""
    world.sql(
        "INSERT INTO transactions (user_id, type, direction, currency_type, amount,"
        " user_balance_before, user_balance_after, created_at, updated_at)"
        " VALUES (%s, 'exchange', 2, 1, %s, 0, %s, %s, %s)",
        user_id, coins, coins, at, at,
    )  # fmt: skip


def sold(world: World, seller: int, buyer: int, coins: int, at: datetime) -> None:
    """Coins from a reseller to a buyer."""
    world.sql("INSERT INTO resellers (user_id) VALUES (%s) ON CONFLICT DO NOTHING", seller)
    world.sql(
        "INSERT INTO transactions (user_id, type, direction, currency_type, amount,"
        " user_balance_before, user_balance_after, beneficiary_id, beneficiary_currency_type,"
        " beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after, created_at,"
        " updated_at) VALUES (%s, 'transfer', 1, 1, %s, %s, 0, %s, 1, %s, 0, %s, %s, %s)",
        seller, coins, coins, buyer, coins, coins, at, at,
    )  # fmt: skip


def behind(
    world: World, ids: Iterable[int], address: str, agent: str = "FlyLive/3 (Pixel)"
) -> None:
    """Let these people have logged in from there."""
    world.sql(
        "INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token,"
        " ip_address, user_agent) SELECT 'App\\Models\\User', id, 'phone',"
        " encode(sha256(convert_to(random()::text, 'UTF8')), 'hex'), %s, %s"
        " FROM unnest(%s::bigint[]) AS p (id)",
        address, agent, list(ids),
    )  # fmt: skip


def days_ago(dice: random.Random, most: float = 10.0, least: float = 0.5) -> datetime:
    """Some moment of the last days."""
    return NOW - timedelta(days=dice.uniform(least, most))


async def look(world: World, database: Database, days: int = 14, people_at_once: int = 40) -> int:
    """A run, to its end; its id."""
    [(asked_by,)] = world.sql("SELECT min(id) FROM users")
    run = await database.run(lambda tx: looking.begin(tx, asked_by, days))
    assert run is not None
    step, failure = "gifts", None
    while step != "done" and failure is None:
        # A worker of the product's may be at it meanwhile.
        if not await looking.advance(database, people_at_once):
            await asyncio.sleep(0.05)
        [(step, failure)] = world.sql("SELECT step, failure FROM ring_runs WHERE id = %s", run.id)
    assert (step, failure) == ("done", None), failure
    return int(run.id)


def findings(world: World, kind: str | None = None) -> list[dict[str, Any]]:
    """What was found: kind, members as a set, strength, coins, facts."""
    rows = world.sql(
        "SELECT f.id, kind, strength, coins, facts, status, array_agg(m.user_id ORDER BY m.user_id)"
        " FROM ring_findings f JOIN ring_members m ON m.finding_id = f.id"
        " WHERE %s::text IS NULL OR kind = %s GROUP BY f.id ORDER BY f.id",
        kind,
        kind,
    )
    names = ("id", "kind", "strength", "coins", "facts", "status", "members")
    return [dict(zip(names, row, strict=True)) for row in rows]


def around(path: Sequence[int], coins: int, times: int, dice: random.Random) -> list[Given]:
    """Gifts from each to the next and back to the first, so many times."""
    pairs = list(zip(path, [*path[1:], path[0]], strict=True))
    return [
        Given(sender, recipient, coins + dice.randint(0, coins // 10), days_ago(dice))
        for _ in range(times)
        for sender, recipient in pairs
    ]


def finding(world: World, members: list[int]) -> int:
    """An open finding of these people, put in place; its id."""
    [(number,)] = world.sql(
        "WITH run AS (INSERT INTO ring_runs (asked_by, since, until, end_id, starts_at, step,"
        " finished_at) VALUES (%s, now() - interval '1 day', now(), 0, now(), 'done', now())"
        " RETURNING id)"
        " INSERT INTO ring_findings (kind, about, run_id, strength, coins, facts, first_at,"
        " last_at) SELECT 'circle', %s, id, 60, 100, '{}', now(), now() FROM run RETURNING id",
        members[0],
        f"{sorted(members)} {uuid.uuid4().hex}",
    )
    for user_id in members:
        statement = "INSERT INTO ring_members (finding_id, user_id, role) VALUES (%s, %s, 'member')"
        world.sql(statement, number, user_id)
    return int(number)
