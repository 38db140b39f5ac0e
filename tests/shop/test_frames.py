"""Frames: bought through every gate, days added, worn one at a time, over at their second."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog

from flylive.clock import now, turned_to
from flylive.database import Database, Transaction
from flylive.rooms import queries
from flylive.shop import wearing
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.patience import eventually
from tests.progression.hands import answer, edit, events, frame, keeper, level, run_all
from tests.standing import standing_at
from tests.world import Person, World


async def buy(world: World, person: Person, frame_id: int, times: int = 1) -> httpx.Response:
    return await world.call(
        "POST",
        f"/frames/{frame_id}/purchase",
        person,
        json={"quantity": times},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )


async def wear(world: World, person: Person, frame_id: int, method: str = "PUT") -> tuple[int, str]:
    got = await world.call(method, f"/me/frames/{frame_id}/active", person)
    return got.status_code, "" if got.is_success else got.json()["code"]


async def mine(world: World, person: Person) -> dict[int, dict[str, Any]]:
    page = await answer(world, person, "/me/frames?limit=100")
    return {row["frame_id"]: row for row in page["data"]}


async def look(world: World, person: Person) -> tuple[str | None, str | None]:
    """What others see of him."""
    seen = await answer(world, person, f"/users/{person.id}")
    me = await answer(world, person, "/me")
    assert (seen["static_src"], seen["animated_src"]) == (me["static_src"], me["animated_src"])
    return me["static_src"], me["animated_src"]


def until(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["expires_at"])


def traces(world: World, person: Person) -> list[Any]:
    """What a refusal must not touch."""
    return [
        world.sql(query, person.id)
        for query in (
            "SELECT to_jsonb(u) - 'last_active_at' FROM users u WHERE id = %s",
            "SELECT to_jsonb(f) FROM frame_user f WHERE user_id = %s ORDER BY id",
            "SELECT to_jsonb(t) FROM theme_user t WHERE user_id = %s ORDER BY id",
            "SELECT count(*) FROM transactions WHERE user_id = %s",
            "SELECT max(e.seq) FROM stream_events e JOIN streams s ON s.id = e.stream_id"
            " WHERE s.name = 'user:' || %s::text",
        )
    ]


async def test_bought_through_the_ledger_and_days_add_up(
    world: World, addresses: Addresses
) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    week = frame(world, price="10.50", duration_days=7, name="Week")
    body, key = {"quantity": 2}, {"Idempotency-Key": "one"}
    path = f"/frames/{week}/purchase"
    first = await world.call("POST", path, person, json=body, headers=key)
    assert first.status_code == 201, first.text
    again = await world.call("POST", path, person, json=body, headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (first.json()["total_cost"], first.json()["coin_balance"]) == ("21.00", "79.00")
    owned = first.json()["owned"]
    assert (owned["quantity"], owned["is_active"], owned["is_expired"]) == (2, False, False)
    assert until(owned) - datetime.fromisoformat(owned["purchased_at"]) == timedelta(days=14)
    more = (await buy(world, person, week)).json()["owned"]
    assert until(more) - until(owned) == timedelta(days=7)
    assert more["quantity"] == 3
    [row] = world.sql(
        "SELECT type, amount::text, quantity, description, metadata ->> 'price',"
        " transactionable_type, transactionable_id FROM transactions"
        " WHERE user_id = %s AND type = 'frame_purchase' ORDER BY id LIMIT 1",
        person.id,
    )
    assert row == ("frame_purchase", "21.00", 2, "Week", "10.50", "Frame", week)
    assert (await world.wallet(person))["total_spent"] == "31.50"
    # What was over begins anew.
    with turned_to(until(more) + timedelta(days=1)):
        late = (await buy(world, person, week)).json()["owned"]
        assert timedelta(days=6, hours=23) < until(late) - now() <= timedelta(days=7)
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_every_gate_refuses_by_name_and_takes_nothing(world: World) -> None:
    world.sql("DELETE FROM levels")
    for number in (1, 2, 3):
        level(world, "charm", number, 10 * (number - 1))
    person, host = await world.people(2)
    await world.recharge(person, 50)
    forever = frame(world, duration_days=None)
    assert (await buy(world, person, forever)).status_code == 201
    old = frame(world, price=1, duration_days=3650)
    world.sql(
        "INSERT INTO frame_user (user_id, frame_id, expires_at)"
        " VALUES (%s, %s, now() + interval '99 years')",
        person.id,
        old,
    )
    for code, status, frame_id, times in (
        ("frame.not_found", 404, 10**9, 1),
        ("frame.inactive", 409, frame(world, is_active=False), 1),
        ("frame.vip_required", 403, frame(world, vip_level_required=1), 1),
        ("frame.level_required", 403, frame(world, level_required=2), 1),
        ("frame.owned_forever", 409, forever, 1),
        ("frame.owned_forever", 409, frame(world, price=1, duration_days=None), 2),
        ("frame.lasts_too_long", 409, old, 1),
        ("wallet.insufficient_coins", 409, frame(world, price="40.01"), 1),
        ("wallet.insufficient_coins", 409, frame(world, price="20.01"), 2),
    ):
        before = traces(world, person)
        refused = await buy(world, person, frame_id, times)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert traces(world, person) == before, code
    no_key = await world.call("POST", f"/frames/{forever}/purchase", person, json={})
    assert no_key.json()["code"] == "idempotency.key_required"
    # With the level and the VIP level there is nothing in the way.
    await world.recharge(host, 100)
    sent = await world.send(host, world.gift("10.00"), [person])
    assert sent.status_code == 201
    gated = frame(world, price=1, level_required=2, vip_level_required=1)
    world.sql(
        "UPDATE users SET vip_level = 1, vip_expires_at = now() + interval '1 hour' WHERE id = %s",
        person.id,
    )
    catalogue = await answer(world, person, "/frames?limit=100")
    can_buy = {row["id"]: row["can_buy"] for row in catalogue["data"]}
    assert can_buy[gated]
    assert (await buy(world, person, gated)).status_code == 201
    # To the second, whether or not the worker was there.
    with turned_to(now() + timedelta(hours=1, seconds=1)):
        assert (await buy(world, person, gated)).json()["code"] == "frame.vip_required"


async def test_of_purchases_at_once_every_paid_one_counts(
    world: World, addresses: Addresses
) -> None:
    person = await world.register()
    await world.recharge(person, 55)
    week = frame(world, price=10, duration_days=7)
    answers = await asyncio.gather(*(buy(world, person, week) for _ in range(8)))
    bought = [one for one in answers if one.status_code == 201]
    assert len(bought) == 5
    row = (await mine(world, person))[week]
    assert row["quantity"] == 5
    days = until(row) - datetime.fromisoformat(row["purchased_at"])
    assert timedelta(days=35) <= days < timedelta(days=35, minutes=1)
    assert (await world.wallet(person))["coin_balance"] == "5.00"
    forever = frame(world, price=1, duration_days=None)
    answers = await asyncio.gather(*(buy(world, person, forever) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_one_is_worn_and_everybody_sees_that_one(world: World) -> None:
    person, other = await world.people(2)
    await world.recharge(person, 100)
    room = await world.room(other, person)
    gold = frame(world, static_src="/assets/gold.svg", animated_src="/assets/gold-a.svg")
    rose = frame(world, static_src="/assets/rose.svg", duration_days=None)
    for frame_id in (gold, rose):
        assert (await buy(world, person, frame_id)).status_code == 201
    assert await look(world, person) == (None, None)
    assert await wear(world, person, gold) == (204, "")
    assert await look(world, person) == ("/assets/gold.svg", "/assets/gold-a.svg")
    people = await answer(world, other, f"/rooms/{room}/participants")
    cards = {row["user_id"]: row["user"]["static_src"] for row in people["data"]}
    assert cards[person.id] == "/assets/gold.svg"
    told = world.sql(
        "SELECT data #>> '{participant,user,static_src}' FROM stream_events e"
        " JOIN streams s ON s.id = e.stream_id WHERE s.name = %s AND"
        " type = 'participant.updated' ORDER BY e.seq DESC LIMIT 1",
        f"room:{room}",
    )
    assert told == [("/assets/gold.svg",)]
    before = len(events(world, person))
    assert await wear(world, person, gold) == (204, "")
    assert len(events(world, person)) == before
    assert await wear(world, person, rose) == (204, "")
    assert await look(world, person) == ("/assets/rose.svg", None)
    owned = await mine(world, person)
    assert (owned[gold]["is_active"], owned[rose]["is_active"]) == (False, True)
    assert await wear(world, person, gold, "DELETE") == (204, "")
    assert await look(world, person) == ("/assets/rose.svg", None)
    assert await wear(world, person, rose, "DELETE") == (204, "")
    assert await look(world, person) == (None, None)
    for refused, frame_id in (("frame.not_found", 10**9), ("frame.not_owned", frame(world))):
        state = traces(world, person)
        assert await wear(world, person, frame_id) == (404, refused)
        assert await wear(world, person, frame_id, "DELETE") == (404, refused)
        assert traces(world, person) == state


async def test_of_many_put_on_at_once_one_is_worn(world: World) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    frames = [frame(world, price=1, static_src=f"/assets/{n}.svg") for n in range(4)]
    for frame_id in frames:
        await buy(world, person, frame_id)
    for _ in range(3):
        answers = await asyncio.gather(
            *(wear(world, person, frame_id) for frame_id in frames),
            *(wear(world, person, frame_id, "DELETE") for frame_id in frames[:2]),
        )
        assert {status for status, _ in answers} == {204}
        worn = [row for row in (await mine(world, person)).values() if row["is_active"]]
        assert len(worn) <= 1
        shown = worn[0]["frame"]["static_src"] if worn else None
        assert await look(world, person) == (shown, None)


async def test_over_at_its_second_for_every_reader_and_told_by_the_worker(
    world: World, database: Database
) -> None:
    person, other = await world.people(2)
    await world.recharge(person, 100)
    day = frame(world, duration_days=1, static_src="/assets/day.svg")
    await buy(world, person, day)
    await wear(world, person, day)
    room = await world.room(other, person)
    ends = until((await mine(world, person))[day])
    with standing_at(ends - timedelta(seconds=1)):
        await wearing.end_expired(database)
        assert await look(world, person) == ("/assets/day.svg", None)
    with turned_to(ends + timedelta(seconds=1)):
        # Nobody has been there yet.
        assert world.sql("SELECT static_src FROM users WHERE id = %s", person.id) == [
            ("/assets/day.svg",)
        ]
        assert await look(world, person) == (None, None)
        row = (await mine(world, person))[day]
        assert (row["is_active"], row["is_expired"]) == (False, True)
        people = await answer(world, other, f"/rooms/{room}/participants")
        assert {r["user"]["static_src"] for r in people["data"]} == {None}
        state = traces(world, person)
        assert await wear(world, person, day) == (409, "frame.expired")
        assert traces(world, person) == state
        place = events(world, person)[-1]["seq"]
        await asyncio.gather(*(wearing.end_expired(database) for _ in range(4)))
        [told] = events(world, person, place)
        assert told["data"]["frame"]["is_expired"] is True
        assert told["data"]["frame"]["is_active"] is False
        columns = "SELECT static_src, animated_src, frame_expires_at FROM users WHERE id = %s"
        assert world.sql(columns, person.id) == [(None, None, None)]
        assert await wearing.end_expired(database) == 0
        # Bought again, it is not put on by that.
        await buy(world, person, day)
        assert await look(world, person) == (None, None)
        assert await wear(world, person, day) == (204, "")
        assert await look(world, person) == ("/assets/day.svg", None)
        # Longer while it is worn: the second of its end moves along.
        await buy(world, person, day)
    with turned_to(ends + timedelta(days=1, hours=12)):
        await wearing.end_expired(database)
        assert await look(world, person) == ("/assets/day.svg", None)
    with turned_to(ends + timedelta(days=2, minutes=1)):
        assert await look(world, person) == (None, None)


async def test_a_vip_frame_is_put_on_by_vips_alone(world: World) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    ruby = frame(world, vip_level_required=2)
    world.sql(
        "UPDATE users SET vip_level = 2, vip_expires_at = now() + interval '1 hour' WHERE id = %s",
        person.id,
    )
    assert (await buy(world, person, ruby)).status_code == 201
    with turned_to(now() + timedelta(hours=1, seconds=1)):
        state = traces(world, person)
        assert await wear(world, person, ruby) == (403, "frame.vip_required")
        assert traces(world, person) == state
    assert await wear(world, person, ruby) == (204, "")


async def test_staff_change_a_frame_and_whoever_wears_it(world: World, database: Database) -> None:
    staff = await keeper(world)
    made = await edit(
        world, staff, "POST", "/frames", name="Sea", price="5.00", static_src="/assets/sea.svg",
        category="vip", rarity="epic", duration_days=None,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    sea = made.json()["frame"]["id"]
    people = await world.people(3)
    for person in people:
        await world.recharge(person, 10)
        await buy(world, person, sea)
    for person in people[:2]:
        await wear(world, person, sea)
    await world.room(people[0])
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"price": 0}, "price"),
        ({"price": "1.001"}, "price"),
        ({"static_src": "https://elsewhere.example/f.svg"}, "static_src"),
        ({"animated_src": "/uploads/1/not-mine.webp"}, "animated_src"),
        ({"name": "\n"}, "name"),
    ]
    for fields, field in wrong:
        before = world.sql("SELECT to_jsonb(f), (SELECT count(*) FROM audit_log) FROM frames f")
        refused = await edit(world, staff, "PATCH", f"/frames/{sea}", **fields)
        assert refused.status_code == 422, refused.text
        assert [error["field"] for error in refused.json()["errors"]] == [field]
        after = world.sql("SELECT to_jsonb(f), (SELECT count(*) FROM audit_log) FROM frames f")
        assert after == before
    changed = await edit(world, staff, "PATCH", f"/frames/{sea}", static_src="/assets/sea2.svg")
    run = changed.json()["run"]
    assert (run["kind"], run["subject_id"]) == ("frame", sea)
    assert await look(world, people[0]) == ("/assets/sea.svg", None)
    await run_all(database, 1, 1)
    assert [await look(world, person) for person in people] == [
        ("/assets/sea2.svg", None), ("/assets/sea2.svg", None), (None, None)
    ]  # fmt: skip
    told = events(world, people[0])[-1]["data"]["frame"]["frame"]
    assert told["static_src"] == "/assets/sea2.svg"
    done = await answer(world, staff, f"/admin/catalogue-runs/{run['id']}")
    assert (done["status"], done["changed"]) == ("done", 2)
    # Retired: not sold any more, still worn.
    retired = await edit(world, staff, "PATCH", f"/frames/{sea}", is_active=False)
    assert retired.json()["run"] is None
    assert await look(world, people[1]) == ("/assets/sea2.svg", None)
    shown = [row["id"] for row in (await answer(world, people[0], "/frames?limit=100"))["data"]]
    assert sea not in shown
    listed = await answer(world, staff, "/admin/frames?limit=100")
    assert sea in [row["id"] for row in listed["data"]]


@pytest.mark.parametrize("sort", ["", "&sort=price"])
async def test_the_catalogue_goes_page_by_page(world: World, sort: str) -> None:
    person = await world.register()
    kind = uuid.uuid4().hex[:8]
    ids = [frame(world, category=kind, price=price) for price in (3, 1, 2, 2, 1)]
    wanted = [ids[1], ids[4], ids[2], ids[3], ids[0]] if sort else ids
    found, cursor = [], ""
    while True:
        page = await answer(world, person, f"/frames?category={kind}{sort}&limit=2{cursor}")
        found += [row["id"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == wanted


async def test_a_deleted_account_wears_nothing(world: World) -> None:
    person = await world.register()
    await world.recharge(person, 20)
    owned = frame(world)
    await buy(world, person, owned)
    await wear(world, person, owned)
    gone = await world.call("DELETE", "/me", person, json={"password": "a long password"})
    assert gone.status_code == 204, gone.text
    columns = "SELECT static_src, animated_src, frame_expires_at FROM users WHERE id = %s"
    assert world.sql(columns, person.id) == [(None, None, None)]
    kept = "SELECT is_active FROM frame_user WHERE user_id = %s"
    assert world.sql(kept, person.id) == [(False,)]


async def test_rooms_of_many_who_look_different_are_locked_in_their_order(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is the first of them sits in the last of the rooms; somebody else wants all rooms."""
    one, other, *owners = await world.people(4)
    assert one.id < other.id
    rooms = [await world.room(owners[0], other), await world.room(owners[1], one)]
    assert rooms == sorted(rooms)
    worn = frame(world)
    for person in (one, other):
        await world.recharge(person, 100)
        assert (await buy(world, person, worn)).status_code == 201
        assert await wear(world, person, worn) == (204, "")
    world.sql("UPDATE frames SET static_src = '/assets/another.svg' WHERE id = %s", worn)
    lock, met = queries.lock_rooms, list[asyncio.Task[Any]]()

    async def meeting(tx: Transaction, ids: Any) -> Any:
        locked = await lock(tx, ids)
        if not met:
            met.append(asyncio.create_task(database.run(lambda tx: lock(tx, rooms))))
            await eventually(world.waiting_for_locks)
        return locked

    monkeypatch.setattr(queries, "lock_rooms", meeting)
    both = [one.id, other.id]
    with structlog.testing.capture_logs() as logged:
        assert await database.run(lambda tx: wearing.dress_again(tx, both, worn)) == 2
        await met[0]
    assert [entry for entry in logged if entry["event"] == "transaction.retried"] == []
    assert await look(world, one) == await look(world, other) == ("/assets/another.svg", None)
