"""One person's timeline: all of it, in order, page by page; and what a page costs."""

import json
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from flylive.accounts.staff import Role
from flylive.console import timeline
from flylive.console.timeline import SOURCES, Position
from flylive.database.partitions import create_partition
from tests.conftest import Addresses
from tests.console.hands import WHY, admin, document, refusal, staffed
from tests.rooms.crowd import crowd
from tests.world import Person, World


async def a_life(world: World, boss: Person) -> Person:
    """Somebody to whom everything happened once."""
    [person, other] = await crowd(world, 2)
    for one in (person, other):
        await world.recharge(one, 1000)
    room = await world.room(other, person)
    gift = world.gift("10.00")
    assert (await world.send(person, gift, [other], room_id=room)).status_code == 201
    assert (await world.send(other, gift, [person], room_id=room)).status_code == 201
    muted = await world.call(
        "PATCH", f"/rooms/{room}/participants/{person.id}", other, json={"is_muted": True}
    )
    assert muted.status_code == 200, muted.text
    kicked = await world.call("DELETE", f"/rooms/{room}/participants/{person.id}", other)
    assert kicked.status_code == 204, kicked.text
    for reporter, subject in ((person, other), (other, person)):
        body = {"subject_type": "user", "subject_id": subject.id, "reason": "spam"}
        filed = await world.call("POST", "/reports", reporter, json=body)
        assert filed.status_code == 201, filed.text
    noted = await admin(
        world, boss, "POST", f"/users/{person.id}/notes", content="called him back", **WHY
    )
    assert noted.status_code == 201, noted.text
    return person


async def test_everything_is_in_it_once_and_in_order(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    person = await a_life(world, boss)
    path = f"/users/{person.id}/timeline"
    whole = await document(world, boss, f"{path}?limit=100")
    assert whole["next_cursor"] is None
    assert whole["left_out"] == []
    told = [(entry["kind"], entry["what"]) for entry in whole["data"]]
    assert set(told) == {(source.kind, source.name) for source in SOURCES} - {
        ("ledger", "received"),
    }
    times = [entry["at"] for entry in whole["data"]]
    assert times == sorted(times, reverse=True)
    # Newest first: what staff did last of all.
    assert told[:2] in ([("audit", "acted_on"), ("note", "noted")],
                        [("note", "noted"), ("audit", "acted_on")])  # fmt: skip

    paged, cursor = [], ""
    while cursor is not None:
        page = await document(world, boss, f"{path}?limit=2{cursor and f'&cursor={cursor}'}")
        assert len(page["data"]) <= 2
        paged += page["data"]
        cursor = page["next_cursor"]
    assert paged == whole["data"]

    gifts = await document(world, boss, f"{path}?kind=gift")
    assert [entry["what"] for entry in gifts["data"]] == ["received", "sent"]
    assert gifts["data"][0]["gift"]["name"].startswith("Gift ")
    assert gifts["data"][0]["room"]["name"].startswith("Room ")
    assert gifts["data"][0]["data"]["total_cost"] == "10.00"
    assert gifts["data"][0]["person"]["id"] != person.id
    [note] = (await document(world, boss, f"{path}?kind=note"))["data"]
    assert (note["data"]["content"], note["person"]["id"]) == ("called him back", boss.id)


async def test_entries_of_one_moment_are_not_lost_between_pages(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    [person, other] = await crowd(world, 2)
    moment = "2026-11-20T10:00:00Z"
    for _ in range(3):
        world.sql(
            "INSERT INTO staff_notes (user_id, author_id, author_role, content, created_at)"
            " VALUES (%s, %s, 'admin', 'x', %s)",
            person.id, boss.id, moment,
        )  # fmt: skip
        world.sql(
            "INSERT INTO audit_log (actor_id, actor_role, action, subject_type, subject_id,"
            " reason, created_at) VALUES (%s, 'admin', 'user.block', 'user', %s, 'x', %s)",
            boss.id, person.id, moment,
        )  # fmt: skip
        world.sql(
            "INSERT INTO reports (reporter_id, subject_type, subject_id, subject_user_id, reason,"
            " evidence, status, decision, decided_by, decided_at, created_at)"
            " VALUES (%s, 'user', %s, %s, 'spam', '{}', 'upheld', 'x', %s, now(), %s)",
            other.id, person.id, person.id, boss.id, moment,
        )  # fmt: skip
    path = f"/users/{person.id}/timeline"
    whole = (await document(world, boss, f"{path}?limit=100"))["data"]
    assert len([entry for entry in whole if entry["at"] == moment]) == 9
    paged, cursor = [], ""
    while cursor is not None:
        page = await document(world, boss, f"{path}?limit=1{cursor and f'&cursor={cursor}'}")
        paged += page["data"]
        cursor = page["next_cursor"]
    assert paged == whole


async def test_what_a_role_may_not_see_is_left_out_and_said(world: World) -> None:
    boss, moderator = await staffed(world, Role.ADMIN), await staffed(world, Role.MODERATOR)
    finance = await staffed(world, Role.FINANCE)
    person = await a_life(world, boss)
    path = f"/users/{person.id}/timeline"
    seen = await document(world, moderator, f"{path}?limit=100")
    assert seen["left_out"] == ["audit", "ledger"]
    assert not {"audit", "ledger"} & {entry["kind"] for entry in seen["data"]}
    seen = await document(world, finance, f"{path}?limit=100")
    assert seen["left_out"] == ["audit", "report"]
    assert not {"audit", "report"} & {entry["kind"] for entry in seen["data"]}
    refused = await admin(world, moderator, "GET", f"{path}?kind=ledger")
    assert refusal(refused) == (403, "staff.right_missing")
    assert refused.json()["right"] == "ledger.view"


async def test_wrong_questions(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    assert refusal(await admin(world, boss, "GET", "/users/999999/timeline")) == (
        404,
        "user.not_found",
    )
    path = f"/users/{boss.id}/timeline"
    for query in ("?kind=x", "?cursor=x", "?limit=0"):
        assert refusal(await admin(world, boss, "GET", path + query)) == (422, "request.invalid")


MONTHS = [*(date(2025, month, 1) for month in range(1, 13)), date(2026, 1, 1)]
LATELY = datetime(2026, 1, 20, 12, tzinfo=UTC)
"""Where the long history ends: in a month, since the first rows of a new one would be read through.
"""


@pytest.fixture(scope="module")
async def a_long_history(world: World, addresses: Addresses) -> Person:
    """Somebody with thousands of rows in each source over a year, among others who have some."""
    people = await crowd(world, 40)
    person, ids = people[0], [one.id for one in people]
    with psycopg.connect(addresses.owner) as owner:
        for month in MONTHS:
            for table in ("transactions", "gift_transactions"):
                create_partition(owner, table, month)
    gift = world.gift("1.00")
    room = await world.room(people[1])
    # Row n: every third is his, the rest of others; spread over 2025 and the weeks before LATELY.
    rows = """
        FROM (SELECT n,
                     CASE WHEN mod(n, 3) = 0 THEN {person} ELSE ({others})[1 + mod(n, 39)] END
                         AS who,
                     ({others})[1 + mod(n / 3, 39)] AS other,
                     CASE WHEN mod(n, 2) = 0
                          THEN timestamptz '2025-01-02' + n * interval '17 minutes'
                          ELSE timestamptz '{lately}' - n * interval '1 minute' END AS at
              FROM generate_series(1, {count}) AS n) AS rows WHERE who <> other
    """
    listed = f"CAST('{{{','.join(map(str, ids[1:]))}}}' AS bigint[])"

    def fill(insert: str, count: int = 12_000) -> None:
        world.sql(insert + rows.format(person=person.id, others=listed, count=count, lately=LATELY))

    sent = """
        INSERT INTO gift_transactions (batch_id, sender_id, recipient_id, gift_id, price,
            total_cost, recipient_earnings, platform_fee, sent_at)
        SELECT n, {}, {}, GIFT, 1, 1, 0.5, 0.5, at
    """.replace("GIFT", str(gift))
    fill(sent.format("who", "other"))
    fill(sent.format("other", "who"))
    ledger = """
        INSERT INTO transactions (user_id, beneficiary_id, type, direction, currency_type, amount,
            user_balance_before, user_balance_after, beneficiary_currency_type,
            beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after,
            created_at, updated_at)
        SELECT {}, {}, CASE WHEN mod(n, 4) = 0 THEN 'transfer' ELSE 'gift' END, 1, 1, 1, 1, 0, 1, 1,
            0, 1, at, at
    """
    fill(ledger.format("who", "other"))
    fill(ledger.format("other", "who"))
    fill(
        f"INSERT INTO room_participants (room_id, user_id, joined_at, left_at, is_active)"
        f" SELECT {room}, who, at, at, false "
    )
    fill(
        "INSERT INTO staff_notes (user_id, author_id, author_role, content, created_at)"
        " SELECT who, other, 'admin', 'x', at "
    )
    fill(
        "INSERT INTO audit_log (actor_id, actor_role, action, subject_type, subject_id, reason,"
        " created_at) SELECT other, 'admin', 'user.note', 'user', who, 'x', at "
    )
    report = (
        "INSERT INTO reports (reporter_id, subject_type, subject_id, subject_user_id, reason,"
        " evidence, status, decision, decided_by, decided_at, created_at)"
        " SELECT {}, 'user', {}, {}, 'spam', '{{}}', 'upheld', 'x', {}, at, at "
    )
    fill(report.format("other", "who", "who", "other"))
    fill(report.format("who", "other", "other", "other"))
    fill(
        "INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token,"
        " created_at) SELECT 'App\\Models\\User', who, 'x', encode(sha256(CAST("
        "'t' || n AS bytea)), 'hex'), at "
    )
    world.sql(
        "INSERT INTO rooms (user_id, name, logo, country)"
        " SELECT %s, 'Ban room ' || n, '/x.svg', 'AE' FROM generate_series(1, 3000) AS n",
        ids[1],
    )
    world.sql(
        "INSERT INTO room_bans (room_id, user_id, banned_by, banned_at, until)"
        " SELECT r.id, p.id, %s, CAST(%s AS timestamptz) - r.id * interval '1 hour', '2100-01-01'"
        " FROM rooms r, unnest(CAST(%s AS bigint[])) AS p (id)"
        " WHERE r.name LIKE 'Ban room %%' AND (p.id = %s OR r.id %% 10 = p.id %% 10)",
        ids[2], LATELY, [i for i in ids if i != ids[2]], person.id,
    )  # fmt: skip
    world.sql(
        "INSERT INTO room_mutes (room_id, user_id, muted_by, muted_at)"
        " SELECT room_id, user_id, banned_by, banned_at FROM room_bans ON CONFLICT DO NOTHING"
    )
    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        owner.execute("ANALYZE")
    return person


def explain(
    world: World, user_id: int, before: Position | None, since: Any, limit: int = 21
) -> dict[str, Any]:
    """How the database goes about a page, and how many rows each step gave."""
    values: dict[str, Any] = {"user_id": user_id, "limit": limit, "until": LATELY}
    values["tokenable_type"] = timeline.TOKENABLE_TYPE
    if before is not None:
        values |= {"before_at": before.at, "before_id": before.id}
    if since is not None:
        values["since"] = since
    sql = timeline.statement(SOURCES, before=before, has_since=since is not None)
    for name in sorted(values, key=len, reverse=True):
        sql = sql.replace(f":{name}", f"%({name})s")
    with psycopg.connect(world.owner_dsn) as connection:
        found = connection.execute(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}".encode(), values
        ).fetchone()
    assert found is not None
    plan: dict[str, Any] = found[0][0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(below for part in plan.get("Plans", []) for below in nodes(part))]


@pytest.mark.parametrize("place", ["first", "later"])
async def test_a_page_costs_what_it_shows(world: World, a_long_history: Person, place: str) -> None:
    """No table is read through, no history is sorted, months outside are not opened."""
    limit = 21
    begin = LATELY
    before = None
    if place == "later":
        [(begin,)] = world.sql("SELECT timestamptz '2025-04-10'")
        before = Position(begin, 3, 10**9)
    plan = explain(world, a_long_history.id, before, begin - timeline.SPANS[0], limit)
    steps = nodes(plan)
    kinds = {step["Node Type"] for step in steps}
    # A month without a row, such as DEFAULT, is as quickly read as its index.
    for step in steps:
        if step["Node Type"] == "Seq Scan":
            name = step["Relation Name"]
            assert world.sql(f"SELECT count(*) FROM {name}") == [(0,)], name
    assert kinds & {"Index Scan", "Index Only Scan"}
    for step in steps:
        if step["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan"):
            read = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step[
                "Actual Loops"
            ]
            assert read <= 3 * limit, json.dumps(step, indent=1)
        if step["Node Type"] in ("Sort", "Incremental Sort"):
            [below] = step["Plans"]
            assert below["Actual Rows"] <= len(SOURCES) * limit, json.dumps(step, indent=1)
    months = {
        step["Relation Name"]
        for step in steps
        if step.get("Relation Name", "").startswith(("transactions_y", "gift_transactions_y"))
    }
    opened = {name.partition("_y")[2] for name in months}
    if place == "first":
        assert opened, "what is new lies in some month"
        assert not any(month.startswith("2025m0") for month in opened), opened
    else:
        assert opened <= {"2025m01", "2025m02", "2025m03", "2025m04"}, opened


async def test_who_has_little_has_older_months_opened(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    [person] = await crowd(world, 1)
    for at in ("2025-02-01", "2021-02-01", "2012-02-01"):
        world.sql(
            "INSERT INTO staff_notes (user_id, author_id, author_role, content, created_at)"
            " VALUES (%s, %s, 'admin', 'x', %s)",
            person.id, boss.id, at,
        )  # fmt: skip
    path = f"/users/{person.id}/timeline?kind=note"
    found = (await document(world, boss, path))["data"]
    assert [entry["at"][:4] for entry in found] == ["2025", "2021", "2012"]
