"""``flylive demo`` on a fresh database: what stands there afterwards, and that it adds up."""

import subprocess
from typing import Any

import pytest

from flylive.accounts.staff import Role
from flylive.database import Database
from flylive.demo import rings
from flylive.demo.roster import AGENCIES, ROOMS, STAFF, USERS
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.demo.processes import FLYLIVE, environment, flylive
from tests.rings.hands import look
from tests.world import World

CATEGORIES = {"normal", "lucky", "cp", "vip", "country"}


@pytest.fixture(scope="module")
def made(addresses: Addresses) -> subprocess.CompletedProcess[str]:
    """The command's first run, where nobody named an environment."""
    unnamed = environment(addresses)
    del unnamed["FLYLIVE_ENV"]
    return subprocess.run(
        [FLYLIVE, "demo"], env=unnamed, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
async def demo_world(made: subprocess.CompletedProcess[str], world: World) -> World:
    """The platform over the demo world."""
    assert made.returncode == 0, made.stderr
    return world


def _password(made: subprocess.CompletedProcess[str]) -> str:
    return made.stdout.splitlines()[0].rpartition(" ")[2]


async def test_only_the_log_ins_stand_on_stdout(
    made: subprocess.CompletedProcess[str], demo_world: World
) -> None:
    first, *others = made.stdout.splitlines()
    assert first.startswith("Demo log-ins")
    assert all(line.startswith("  ") and "@flylive.example" in line for line in others)
    for email in ("user1@", "user100@", "reseller@", *(member.email for member in STAFF)):
        assert email in made.stdout
    assert "rooms: 12" in made.stderr


@pytest.mark.usefixtures("dear_passwords")
@pytest.mark.parametrize("name", ["user1", "user100", "reseller", "admin"])
async def test_the_printed_password_opens_the_accounts(
    made: subprocess.CompletedProcess[str], demo_world: World, name: str
) -> None:
    body = {"login": f"{name}@flylive.example", "password": _password(made)}
    answer = await demo_world.call("POST", "/auth/login", json=body)
    assert answer.status_code == 200, answer.text


async def test_everybody_is_there(demo_world: World) -> None:
    sql = demo_world.sql
    assert sql("SELECT count(*) FROM users WHERE email ~ '^user[0-9]+@'") == [(USERS,)]
    assert sql("SELECT count(*) FROM users") == [(USERS + len(STAFF) + 1 + rings.PEOPLE,)]
    roles = sql(
        "SELECT s.role, u.email FROM staff_members s JOIN users u ON u.id = s.user_id ORDER BY 1"
    )
    assert roles == sorted((member.role.value, member.email) for member in STAFF)
    assert {role for role, _ in roles} == set(Role)
    assert sql("SELECT count(DISTINCT password) FROM users") == [(1,)]
    assert sql("SELECT count(DISTINCT country) >= 8, count(DISTINCT gender) FROM users") == [
        (True, 3)
    ]


async def test_rooms_have_owners_friends_and_words(demo_world: World) -> None:
    rooms = demo_world.sql(
        "SELECT r.name, u.email, r.participant_count,"
        " (SELECT count(*) FROM room_followers f WHERE f.room_id = r.id),"
        " (SELECT count(*) FROM messages m WHERE m.room_id = r.id),"
        " r.total_coins_spent > 0, r.password IS NOT NULL"
        " FROM rooms r JOIN users u ON u.id = r.user_id ORDER BY r.id"
    )
    assert [(row[0], row[1]) for row in rooms] == [
        (plan.name, f"user{plan.owner}@flylive.example") for plan in ROOMS
    ]
    for row, plan in zip(rooms, ROOMS, strict=True):
        assert row[2] == 0
        assert row[3] >= 3
        assert row[4] >= 5
        assert row[5]
        assert row[6] == plan.is_private
    [(standing,)] = demo_world.sql("SELECT count(*) FROM room_participants WHERE is_active")
    assert standing == 0


async def test_agencies_count_their_members_and_earn(demo_world: World) -> None:
    agencies = demo_world.sql(
        "SELECT a.name, a.member_count, (SELECT count(*) FROM users WHERE agency_id = a.id),"
        " (SELECT count(*) FROM users WHERE agency_id = a.id AND agency_role = 'admin'"
        "  AND id = a.owner_id),"
        " a.total_earnings,"
        " (SELECT sum(commission_amount) FROM agency_earnings e WHERE e.agency_id = a.id)"
        " FROM agencies a ORDER BY a.id"
    )
    assert [row[0] for row in agencies] == [plan.name for plan in AGENCIES]
    for (_, count, members, admins, total, earned), plan in zip(agencies, AGENCIES, strict=True):
        assert count == members == len(plan.members) + 1
        assert admins == 1
        assert total == earned > 0


async def test_the_catalogue_is_as_promised(demo_world: World) -> None:
    sql = demo_world.sql
    cheapest = dict(sql("SELECT category, min(price) FROM gifts WHERE is_active GROUP BY 1"))
    assert set(cheapest) == CATEGORIES
    assert cheapest["normal"] <= 5
    assert cheapest["lucky"] <= 20
    [(dear,)] = sql(
        "SELECT count(*) FROM gifts WHERE category = 'normal' AND price BETWEEN 1000 AND 5000"
    )
    assert dear >= 3
    [(largest,)] = sql("SELECT max(coin_amount) FROM recharge_packages WHERE is_active")
    assert largest >= 10_000
    assert dict(sql("SELECT type, count(*) FROM levels GROUP BY 1")) == {
        "wealth": 100,
        "charm": 100,
        "room": 50,
        "vip": 7,
    }
    for table in ("frames", "themes", "badges"):
        assert sql(f"SELECT count(*) >= 3 FROM {table}") == [(True,)], table
    assert sql("SELECT count(*) FROM themes WHERE is_default") == [(1,)]


async def test_every_category_was_given_in_rooms_privately_and_to_many(demo_world: World) -> None:
    sent = demo_world.sql(
        "SELECT g.category, count(*) FROM gift_transactions t JOIN gifts g ON g.id = t.gift_id"
        " GROUP BY 1"
    )
    assert {category for category, _ in sent} == CATEGORIES
    assert 200 <= sum(count for _, count in sent) <= 1_000
    [(private, shared, days)] = demo_world.sql(
        "SELECT count(*) FILTER (WHERE room_id IS NULL), count(*) - count(DISTINCT batch_id),"
        " count(DISTINCT date(sent_at)) FROM gift_transactions"
    )
    assert private >= 10
    assert shared >= 10
    assert days >= 4


async def test_some_are_rich_and_nobody_is_broke_by_a_trick(
    demo_world: World, addresses: Addresses
) -> None:
    bought = [
        row[0]
        for row in demo_world.sql(
            "SELECT sum(coin_amount) FROM recharge_orders o JOIN users u ON u.id = o.user_id"
            " WHERE status = 'paid' AND u.email ~ '^user' GROUP BY user_id ORDER BY 1"
        )
    ]
    assert len(bought) >= 60
    assert bought[-1] >= 100 * bought[0]
    [(held,)] = demo_world.sql(
        "SELECT coin_balance FROM users WHERE email = 'reseller@flylive.example'"
    )
    assert held >= 500_000
    [(levels, wealthy)] = demo_world.sql(
        "SELECT count(DISTINCT vip_level), count(*) FILTER (WHERE wealth_xp > 1000) FROM users"
    )
    assert levels >= 4
    assert wealthy >= 10
    lines: list[Any] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_it_lies_behind_us_and_in_its_month(demo_world: World) -> None:
    [(oldest, newest)] = demo_world.sql(
        "SELECT now() - min(created_at) < interval '8 days', max(created_at) <= now()"
        " FROM transactions"
    )
    assert oldest
    assert newest
    for table in ("transactions", "gift_transactions"):
        assert demo_world.sql(f"SELECT count(*) FROM {table}_default") == [(0,)]


async def test_a_second_run_does_nothing(demo_world: World, addresses: Addresses) -> None:
    before = demo_world.sql("SELECT count(*), sum(coin_balance), max(id) FROM users")
    again = flylive(addresses, "demo", FLYLIVE_DEMO_PASSWORD="another password")
    assert again.returncode == 0
    assert again.stdout == ""
    assert "nothing done" in again.stderr
    assert demo_world.sql("SELECT count(*), sum(coin_balance), max(id) FROM users") == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"FLYLIVE_ENV": "production"}, "production"),
        ({"FLYLIVE_DEMO_PASSWORD": "short"}, "FLYLIVE_DEMO_PASSWORD must have"),
    ],
)
def test_it_refuses(addresses: Addresses, changes: dict[str, str], words: str) -> None:
    refused = flylive(addresses, "demo", **changes)
    assert refused.returncode == 1
    assert words in refused.stderr
    assert refused.stdout == ""


def test_the_reseller_may_sell(demo_world: World) -> None:
    assert demo_world.sql(
        "SELECT r.max_credit_days FROM resellers r JOIN users u ON u.id = r.user_id"
        " WHERE u.email = 'reseller@flylive.example'"
    ) == [(30,)]


async def test_its_rings_are_found_and_nobody_else(demo_world: World, database: Database) -> None:
    """Who plays a part in the demo's plot is in a finding; who only lives there is in none."""
    await look(demo_world, database)
    kinds = demo_world.sql("SELECT kind, count(*) FROM ring_findings GROUP BY 1 ORDER BY 1")
    assert kinds == [("burst", 1), ("circle", 1), ("pair", 1)]
    members = demo_world.sql(
        "SELECT u.email FROM ring_members m JOIN users u ON u.id = m.user_id ORDER BY u.id"
    )
    assert [email for (email,) in members] == [
        rings.email(number) for number in range(1, rings.PEOPLE + 1)
    ]
