"""Agencies: founded, found, joined, run, handed over, closed; and who may not."""

from typing import Any

import pytest

from tests.agencies.hands import (
    answer,
    apply,
    assert_exact,
    edit,
    found,
    invite,
    join,
    picture,
    refusal,
)
from tests.rooms.crowd import crowd
from tests.world import Person, World


async def membership(world: World, person: Person) -> Any:
    return (await world.call("GET", "/me", person)).json()["agency"]


async def told(world: World, person: Person) -> list[dict[str, Any]]:
    rows = world.sql(
        "SELECT e.type, e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND e.type LIKE 'agency.%%' ORDER BY e.seq",
        f"user:{person.id}",
    )
    return [{"type": kind} | data for kind, data in rows]


async def folded(world: World, person: Person) -> tuple[Any, set[int]]:
    """One's agency and open requests, as the stream tells them."""
    agency, waiting = None, set()
    for event in await told(world, person):
        if event["type"] == "agency.requested":
            if event["request"]["user_id"] == person.id:
                waiting.add(event["request"]["id"])
        elif event["user_id"] == person.id:
            agency = event["membership"]
            if event["request"] is not None:
                waiting.discard(event["request"]["id"])
    return agency, waiting


async def assert_told(world: World, *people: Person) -> None:
    """Old state and events are fresh state."""
    for person in people:
        open_ = (await world.call("GET", "/me/agency-requests?status=pending", person)).json()
        fresh = await membership(world, person), {one["id"] for one in open_["data"]}
        assert await folded(world, person) == fresh
    assert_exact(world)


async def test_founded_shown_and_edited(world: World) -> None:
    [owner] = await crowd(world, 1)
    world.prove_email(owner)
    made = await world.call(
        "POST",
        "/agencies",
        owner,
        json={"name": " Stars of Lahore ", "description": "We sing", "commission_rate": "12.5"},
    )
    assert made.status_code == 201, made.text
    agency = made.json()
    assert (agency["name"], agency["commission_rate"]) == ("Stars of Lahore", "12.50")
    assert (agency["member_count"], agency["member_limit"], agency["status"]) == (1, 50, "active")
    assert agency["owner"]["id"] == agency["owner_id"] == owner.id
    assert await membership(world, owner) == {
        "id": agency["id"],
        "name": "Stars of Lahore",
        "role": "admin",
    }
    changed = await edit(world, agency["id"], owner, name="Stars", is_recruiting=False)
    assert changed.json() == agency | {
        "name": "Stars",
        "is_recruiting": False,
        "updated_at": changed.json()["updated_at"],
    }
    assert (await world.call("GET", f"/agencies/{agency['id']}", owner)).json() == changed.json()
    await assert_told(world, owner)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"logo": "https://tracker.example/x.png"}, "logo"),
        ({"logo": "/uploads/" + "0" * 32 + ".webp"}, "logo"),
        ({"commission_rate": "100.01"}, "commission_rate"),
        ({"commission_rate": "-1"}, "commission_rate"),
        ({"commission_rate": "1.001"}, "commission_rate"),
        ({"commission_rate": "1."}, "commission_rate"),
        ({"commission_rate": "1e1"}, "commission_rate"),
        ({"owner_id": 1}, "owner_id"),
    ],
)
async def test_a_wrong_field_is_named(world: World, fields: dict[str, Any], at_fault: str) -> None:
    [owner] = await crowd(world, 1)
    world.prove_email(owner)
    before = picture(world)
    made = await world.call("POST", "/agencies", owner, json={"name": "Fine"} | fields)
    assert made.status_code == 422, made.text
    assert [error["field"] for error in made.json()["errors"]] == [at_fault]
    assert picture(world) == before


async def test_names_are_unique_and_nobody_has_two(world: World) -> None:
    owner, other = await crowd(world, 2)
    await found(world, owner, name="Unique one")
    world.prove_email(other)
    before = picture(world)
    taken = await world.call("POST", "/agencies", other, json={"name": "uNIQUE ONE"})
    assert refusal(taken) == (409, "agency.name_taken")
    second = await world.call("POST", "/agencies", owner, json={"name": "Another"})
    assert refusal(second) == (409, "agency.already_member")
    assert picture(world) == before


async def test_applications_are_answered_by_who_runs_it(world: World) -> None:
    owner, guest, other, stranger = await crowd(world, 4)
    agency = await found(world, owner)
    asked = await apply(world, agency, guest, message="I sing")
    request = asked.json()
    assert (asked.status_code, request["status"], request["message"]) == (201, "pending", "I sing")
    again = await apply(world, agency, guest)
    assert refusal(again) == (409, "agency_request.pending")
    assert again.json()["request_id"] == request["id"]
    invited = await invite(world, agency, owner, guest)
    assert refusal(invited) == (409, "agency_request.pending")
    before = picture(world)
    number = request["id"]
    assert refusal(await answer(world, number, stranger, "approve")) == (
        404,
        "agency_request.not_found",
    )
    assert refusal(await answer(world, number, guest, "approve")) == (
        403,
        "agency_request.not_yours",
    )
    withdrawn = await world.call("DELETE", f"/agency-requests/{number}", owner)
    assert refusal(withdrawn) == (403, "agency_request.not_yours")
    listed = await world.call("GET", f"/agencies/{agency}/requests", stranger)
    assert refusal(listed) == (403, "agency.moderators_only")
    assert picture(world) == before
    box = (await world.call("GET", f"/agencies/{agency}/requests?status=pending", owner)).json()
    assert [one["user"]["id"] for one in box["data"]] == [guest.id]
    approved = await answer(world, number, owner, "approve")
    assert (approved.json()["status"], approved.json()["processed_by"]) == ("approved", owner.id)
    assert (await membership(world, guest))["role"] == "member"
    assert refusal(await answer(world, number, owner, "reject")) == (409, "agency_request.decided")
    rejected = await answer(
        world, (await apply(world, agency, other)).json()["id"], owner, "reject"
    )
    assert rejected.json()["status"] == "rejected"
    assert (await apply(world, agency, other)).status_code == 201
    await assert_told(world, owner, guest, other)


async def test_invitations_are_answered_by_who_is_invited(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    agency = await found(world, owner)
    refused = await invite(world, agency, guest, other)
    assert refusal(refused) == (403, "agency.moderators_only")
    number = (await invite(world, agency, owner, guest)).json()["id"]
    assert refusal(await answer(world, number, owner, "approve")) == (
        403,
        "agency_request.not_yours",
    )
    assert (await answer(world, number, guest, "approve")).status_code == 200
    number = (await invite(world, agency, owner, other)).json()["id"]
    withdrawn = await world.call("DELETE", f"/agency-requests/{number}", owner)
    assert withdrawn.status_code == 204
    late = await answer(world, number, other, "approve")
    assert refusal(late) == (409, "agency_request.decided")
    await assert_told(world, owner, guest, other)


async def test_other_requests_end_when_somebody_joins(world: World) -> None:
    one, two, guest = await crowd(world, 3)
    first, second = await found(world, one), await found(world, two)
    await apply(world, first, guest)
    wanted = (await invite(world, second, two, guest)).json()["id"]
    assert (await answer(world, wanted, guest, "approve")).status_code == 200
    left = (await world.call("GET", f"/agencies/{first}/requests", one)).json()["data"]
    assert [request["status"] for request in left] == ["cancelled"]
    await assert_told(world, one, two, guest)


async def test_who_cannot_come_in(world: World) -> None:
    owner, member, guest = await crowd(world, 3)
    agency = await found(world, owner)
    await join(world, agency, owner, member)
    assert refusal(await apply(world, agency, member)) == (409, "agency.already_member")
    assert (await edit(world, agency, owner, member_limit=2)).status_code == 200
    assert refusal(await apply(world, agency, guest)) == (409, "agency.full")
    assert refusal(await edit(world, agency, owner, member_limit=1)) == (
        409,
        "agency.limit_too_small",
    )
    await edit(world, agency, owner, member_limit=9, is_recruiting=False)
    assert refusal(await apply(world, agency, guest)) == (409, "agency.not_recruiting")
    assert (await invite(world, agency, owner, guest)).status_code == 201
    assert refusal(await apply(world, 999_999, guest)) == (404, "agency.not_found")
    assert_exact(world)


async def test_members_moderators_and_removal(world: World) -> None:
    owner, boss, member, other = await crowd(world, 4)
    agency = await found(world, owner)
    await join(world, agency, owner, boss, member, other)
    path = f"/agencies/{agency}/members"
    made = await world.call("PATCH", f"{path}/{boss.id}", owner, json={"agency_role": "moderator"})
    assert (made.status_code, made.json()["agency_role"]) == (200, "moderator")
    for actor, subject, code in (
        (member, other, "agency.moderators_only"),
        (boss, owner, "agency.admin_only"),
    ):
        before = picture(world)
        assert refusal(await world.call("DELETE", f"{path}/{subject.id}", actor)) == (403, code)
        assert picture(world) == before
    promoted = await world.call("PATCH", f"{path}/{other.id}", boss, json={"agency_role": "member"})
    assert refusal(promoted) == (403, "agency.admin_only")
    assert (await world.call("DELETE", f"{path}/{member.id}", boss)).status_code == 204
    gone = await world.call("DELETE", f"{path}/{member.id}", boss)
    assert refusal(gone) == (404, "agency.not_a_member")
    assert await membership(world, member) is None
    listed = (await world.call("GET", path, member)).json()["data"]
    assert [(one["user"]["id"], one["agency_role"]) for one in listed] == [
        (owner.id, "admin"),
        (boss.id, "moderator"),
        (other.id, "member"),
    ]
    assert {one["last_active_at"] for one in listed} == {None}
    active = (await world.call("GET", f"{path}?sort=active&limit=2", owner)).json()
    more = (
        await world.call("GET", f"{path}?sort=active&cursor={active['next_cursor']}", owner)
    ).json()
    assert {one["user"]["id"] for one in active["data"] + more["data"]} == {
        owner.id,
        boss.id,
        other.id,
    }
    assert (await world.call("POST", f"/agencies/{agency}/leave", other)).status_code == 204
    assert refusal(await world.call("POST", f"/agencies/{agency}/leave", owner)) == (
        409,
        "agency.owner_cannot_leave",
    )
    await assert_told(world, owner, boss, member, other)


async def test_coming_going_and_roles_are_changes_of_the_user(world: World) -> None:
    owner, member = await crowd(world, 2)
    agency = await found(world, owner)
    asked = (await apply(world, agency, member)).json()["id"]

    async def touches(method: str, path: str, actor: Person, **body: Any) -> bool:
        world.sql("UPDATE users SET updated_at = '2020-01-01' WHERE id = %s", member.id)
        assert (await world.call(method, path, actor, **body)).is_success
        [[moved]] = world.sql(
            "SELECT updated_at > now() - interval '1 hour' FROM users WHERE id = %s", member.id
        )
        return bool(moved)

    people = f"/agencies/{agency}/members/{member.id}"
    assert await touches("POST", f"/agency-requests/{asked}/approve", owner)
    assert await touches("PATCH", people, owner, json={"agency_role": "moderator"})
    assert await touches("DELETE", people, owner)


async def test_handing_over_and_closing(world: World) -> None:
    owner, heir, stranger = await crowd(world, 3)
    agency = await found(world, owner)
    await join(world, agency, owner, heir)
    path = f"/agencies/{agency}"
    for person, to, wanted in (
        (heir, owner, (403, "agency.admin_only")),
        (owner, stranger, (404, "agency.not_a_member")),
    ):
        given = await world.call("POST", f"{path}/transfer", person, json={"user_id": to.id})
        assert refusal(given) == wanted
    given = await world.call("POST", f"{path}/transfer", owner, json={"user_id": heir.id})
    assert (given.status_code, given.json()["owner_id"]) == (200, heir.id)
    assert (await membership(world, owner))["role"] == "member"
    await apply(world, agency, stranger)
    assert refusal(await world.call("DELETE", path, owner)) == (403, "agency.admin_only")
    assert (await world.call("DELETE", path, heir)).status_code == 204
    assert (await world.call("DELETE", path, heir)).status_code == 204
    assert (await world.call("GET", path, owner)).json()["status"] == "inactive"
    assert refusal(await apply(world, agency, stranger)) == (409, "agency.not_active")
    assert refusal(await edit(world, agency, heir, name="X")) == (409, "agency.not_active")
    for person in (owner, heir):
        assert (await world.call("POST", f"{path}/leave", person)).status_code == 204
    await found(world, heir)
    await assert_told(world, owner, heir, stranger)


async def test_agencies_are_searched(world: World) -> None:
    people = await crowd(world, 5)
    ids = [await found(world, one, name=f"Moonlight {i} 50%_") for i, one in enumerate(people)]
    await edit(world, ids[0], people[0], is_recruiting=False)
    await world.call("DELETE", f"/agencies/{ids[1]}", people[1])
    for rank, agency in enumerate(ids):
        world.sql("UPDATE agencies SET total_earnings = %s WHERE id = %s", rank % 3, agency)

    async def listed(query: str) -> list[int]:
        seen: list[int] = []
        cursor = ""
        while cursor is not None:
            page = await world.call("GET", f"/agencies?limit=2&{query}{cursor}", people[0])
            assert page.status_code == 200, page.text
            seen += [one["id"] for one in page.json()["data"]]
            following = page.json()["next_cursor"]
            cursor = following and f"&cursor={following}"
        return seen

    assert await listed("q=moonlight&sort=earnings") == [ids[2], ids[4], ids[3], ids[0]]
    assert await listed("q=light 4&sort=newest") == [ids[4]]
    assert await listed("q=0%25_&sort=newest") == [ids[4], ids[3], ids[2], ids[0]]
    assert await listed("q=moonlight&recruiting=false") == [ids[0]]
    assert set(await listed("q=moonlight&sort=members")) == {*ids} - {ids[1]}


async def test_staff_suspend_and_reopen(world: World) -> None:
    owner, staff, guest = await crowd(world, 3)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'moderator')", staff.id)
    agency = await found(world, owner)
    path, reason = f"/admin/agencies/{agency}", {"reason": "Reported"}
    before = picture(world)
    assert (await world.call("PATCH", path, owner, json=reason)).status_code == 403
    assert picture(world) == before
    body = reason | {"status": "suspended", "commission_rate": 5}
    suspended = await world.call("PATCH", path, staff, json=body)
    assert (suspended.json()["status"], suspended.json()["commission_rate"]) == (
        "suspended",
        "5.00",
    )
    assert refusal(await apply(world, agency, guest)) == (409, "agency.not_active")
    assert [one["reason"] for one in await told(world, owner)][-1] == "suspended"
    listed = (await world.call("GET", "/admin/agencies?status=suspended", staff)).json()["data"]
    assert [one["id"] for one in listed] == [agency]
    await world.call("PATCH", path, staff, json=reason | {"status": "active"})
    assert (await apply(world, agency, guest)).status_code == 201
    audited = world.sql("SELECT action, before, after FROM audit_log WHERE actor_id = %s", staff.id)
    assert [action for action, _, _ in audited] == ["agency.edit"] * 2
    assert audited[1][1:] == ({"status": "suspended"}, {"status": "active"})
