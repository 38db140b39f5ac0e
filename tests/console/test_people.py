"""What staff see of people and do to them, and what is kept of it."""

import asyncio
from typing import Any

import httpx
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.console.rules import RIGHTS, Right, may
from flylive.database import Database
from tests.rooms.fold import fold, state_of
from tests.world import Person, World

WHY = {"reason": "  because  "}


@pytest.fixture(scope="module")
async def team(world: World, database: Database) -> dict[Role, Person]:
    """One of each role."""
    people = {role: await world.register(name=f"The {role.value}") for role in Role}

    for role, person in people.items():
        await database.run(lambda tx, i=person.id, r=role: staff.grant(tx, i, r))
    return people


def log(world: World) -> list[Any]:
    return [row for (row,) in world.sql("SELECT to_jsonb(a) FROM audit_log a ORDER BY id")]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def admin(
    world: World, person: Person, method: str, path: str, **body: Any
) -> httpx.Response:
    options = {"json": body} if body else {}
    return await world.call(method, f"/admin{path}", person, **options)


def test_rights_are_denied_unless_they_are_given() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(may(Role.ADMIN, right) for right in Right)
    apart = ("people.", "staff.", "ledger.", "audit.", "reports.")
    assert not any(may(Role.CATALOGUE, right) for right in Right if right.startswith(apart))
    assert not any(may(Role.READ_ONLY, right) for right in Right if not right.endswith(".view"))


async def test_people_are_found_by_whatever_is_known(
    world: World, team: dict[Role, Person]
) -> None:
    person = await world.register(
        name="Zaynab 100%_\\ Khan", email="Zaynab@example.com", phone="+923001234567"
    )
    reader = team[Role.READ_ONLY]

    async def found(q: str) -> list[int]:
        answer = await world.call("GET", "/admin/users", reader, params={"q": q})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["data"]]

    for q in (
        "zaynab", "100%", "%_\\", "ZAYNAB@EXAMPLE.COM", "+923001234567", "923001234567",
        "00923001234567", person.user["signature"], str(person.id), f" {person.id} ",
    ):  # fmt: skip
        assert person.id in await found(q), q
    for q in ("100_", "example.com", "12345", "9" * 40, "²", "nobody is called that"):
        assert person.id not in await found(q), q
    shown = await world.call("GET", f"/admin/users/{person.id}", reader)
    columns = {
        name
        for (name,) in world.sql(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'users'"
            " AND table_schema = 'public'"
        )
    }
    internal = {"password", "coin_debt", "phone_verified_at", "recovery_barred"}
    internal |= {"wealth_level_paid", "charm_level_paid", "frame_expires_at"}
    assert columns - internal <= shown.json().keys()
    assert "$argon2" not in shown.text
    assert shown.json()["tokens_count"] == 1


async def test_pages_hold_everybody_once(world: World, team: dict[Role, Person]) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        query = "?limit=3" + (f"&cursor={cursor}" if cursor else "")
        page = (await admin(world, team[Role.FINANCE], "GET", f"/users{query}")).json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    everybody = [row for (row,) in world.sql("SELECT id FROM users ORDER BY id DESC")]
    assert seen == everybody


async def test_each_act_leaves_its_entry(world: World, team: dict[Role, Person]) -> None:
    boss, person = team[Role.ADMIN], await world.register()
    tokens = world.sql("SELECT id FROM personal_access_tokens WHERE tokenable_id = %s", person.id)
    path = f"/users/{person.id}"
    before = len(log(world))
    for method, address, body in (
        ("PUT", f"{path}/signature", {"signature": "7777777", **WHY}),
        ("PUT", f"{path}/role", {"role": "support", **WHY}),
        ("PUT", f"{path}/role", {"role": "read-only", **WHY}),
        ("DELETE", f"{path}/role", WHY),
        ("DELETE", f"{path}/tokens", WHY),
        ("POST", f"{path}/block", WHY),
        ("POST", f"{path}/unblock", WHY),
    ):
        answer = await admin(world, boss, method, address, **body)
        assert answer.is_success, answer.text
    entries = log(world)[before:]
    signature = person.user["signature"]
    assert [(e["action"], e["before"], e["after"]) for e in entries] == [
        ("user.signature", {"signature": signature}, {"signature": "7777777"}),
        ("staff.grant", {"role": None}, {"role": "support"}),
        ("staff.grant", {"role": "support"}, {"role": "read_only"}),
        ("staff.revoke", {"role": "read_only"}, {"role": None}),
        ("user.end_sessions", {"token_ids": [tokens[0][0]]}, {"token_ids": []}),
        (
            "user.block",
            {"is_blocked": False, "block_reason": None},
            {"is_blocked": True, "block_reason": "because"},
        ),
        (
            "user.unblock",
            {"is_blocked": True, "block_reason": "because"},
            {"is_blocked": False, "block_reason": None},
        ),
    ]
    for entry in entries:
        assert (entry["actor_id"], entry["actor_role"]) == (boss.id, "admin")
        assert (entry["subject_type"], entry["subject_id"]) == ("user", person.id)
        assert (entry["reason"], entry["ip_address"]) == ("because", "127.0.0.1")
    shown = (await admin(world, boss, "GET", path)).json()["audit"]
    assert [entry["id"] for entry in shown] == [entry["id"] for entry in entries[::-1]]
    assert shown[0]["actor"]["name"] == "The admin"
    # The audit log is for who has its right, wherever it shows.
    for role, sees in ((Role.READ_ONLY, True), (Role.MODERATOR, False), (Role.SUPPORT, False)):
        viewer = team[role]
        assert bool((await admin(world, viewer, "GET", path)).json()["audit"]) is sees
        page = (await admin(world, viewer, "GET", f"{path}/timeline")).json()
        assert ("audit" in {entry["kind"] for entry in page["data"]}) is sees
        assert ("audit" in page["left_out"]) is not sees
        alone = await admin(world, viewer, "GET", f"{path}/timeline?kind=audit")
        assert alone.status_code == (200 if sees else 403)
    noted = await admin(world, viewer, "POST", f"{path}/notes", content="rang him", **WHY)
    assert noted.status_code == 201
    ended = await admin(world, team[Role.MODERATOR], "POST", f"{path}/block", **WHY)
    assert (ended.status_code, ended.json()["audit"]) == (200, [])


async def test_the_log_is_searched(world: World, team: dict[Role, Person]) -> None:
    boss, person = team[Role.ADMIN], await world.register()
    moderator = team[Role.MODERATOR]
    await admin(world, moderator, "POST", f"/users/{person.id}/block", **WHY)
    await admin(world, boss, "POST", f"/users/{person.id}/unblock", **WHY)

    async def found(query: str) -> list[tuple[int | None, str, int]]:
        page = (await admin(world, team[Role.READ_ONLY], "GET", f"/audit{query}")).json()
        return [(e["actor_id"], e["action"], e["subject_id"]) for e in page["data"]]

    mine = f"subject_type=user&subject_id={person.id}"
    assert await found(f"?{mine}") == [
        (boss.id, "user.unblock", person.id),
        (moderator.id, "user.block", person.id),
    ]
    assert await found(f"?{mine}&limit=1") == [(boss.id, "user.unblock", person.id)]
    assert await found(f"?{mine}&actor_id={moderator.id}") == [
        (moderator.id, "user.block", person.id)
    ]
    assert await found(f"?{mine}&action=user.unblock") == [(boss.id, "user.unblock", person.id)]
    everything = log(world)
    page = (await admin(world, boss, "GET", "/audit?limit=100")).json()
    assert [e["id"] for e in page["data"]] == [e["id"] for e in everything[::-1]]
    # The machine's own command line has no name.
    assert None in [e["actor"] for e in page["data"] if e["action"] == "staff.grant"]


async def unchanged(world: World, call: Any, status: int, code: str) -> None:
    picture = (
        "SELECT (SELECT md5(string_agg((to_jsonb(u) - 'last_active_at')::text, ',' ORDER BY id))"
        " FROM users u), (SELECT count(*) FROM audit_log),"
        " (SELECT count(*) FROM personal_access_tokens), (SELECT md5(string_agg(s::text, ','"
        " ORDER BY user_id)) FROM staff_members s)"
    )
    before = world.sql(picture)
    assert refusal(await call) == (status, code)
    assert world.sql(picture) == before


async def test_nobody_acts_on_himself_nor_on_those_above(
    world: World, team: dict[Role, Person]
) -> None:
    acts: list[tuple[Role, str, str, dict[str, Any]]] = [
        (Role.MODERATOR, "POST", "block", {}),
        (Role.MODERATOR, "POST", "unblock", {}),
        (Role.SUPPORT, "DELETE", "tokens", {}),
        (Role.ADMIN, "PUT", "role", {"role": "finance"}),
        (Role.ADMIN, "DELETE", "role", {}),
        (Role.ADMIN, "PUT", "signature", {"signature": "123123"}),
        (Role.ADMIN, "POST", "block", {}),
    ]
    for role, method, verb, body in acts:
        person = team[role]
        path = f"/users/{person.id}/{verb}"
        call = admin(world, person, method, path, **body, **WHY)
        await unchanged(world, call, 403, "staff.not_oneself")
        if role is not Role.ADMIN:
            for other in set(Role) - {role}:
                path = f"/users/{team[other].id}/{verb}"
                call = admin(world, person, method, path, **WHY)
                await unchanged(world, call, 403, "staff.not_above")


async def test_reasons_are_asked_for(world: World, team: dict[Role, Person]) -> None:
    person = await world.register()
    for reason in ("", "   ", "x" * 501):
        call = admin(world, team[Role.ADMIN], "POST", f"/users/{person.id}/block", reason=reason)
        await unchanged(world, call, 422, "request.invalid")


async def test_whom_there_is_not(world: World, team: dict[Role, Person]) -> None:
    boss, person = team[Role.ADMIN], await world.register()
    deleted = await world.call("DELETE", "/me", person, json={"password": "a long password"})
    assert deleted.status_code == 204
    for user_id in (person.id, 999_999):
        for method, verb in (("POST", "block"), ("DELETE", "tokens"), ("DELETE", "role")):
            call = admin(world, boss, method, f"/users/{user_id}/{verb}", **WHY)
            await unchanged(world, call, 404, "user.not_found")
    # What he was is still to be seen.
    shown = await admin(world, boss, "GET", f"/users/{person.id}")
    assert (shown.status_code, shown.json()["name"]) == (200, "Deleted user")
    assert refusal(await admin(world, boss, "GET", "/users/999999")) == (404, "user.not_found")


async def test_two_admins_who_remove_each_other_leave_one(world: World, database: Database) -> None:
    for verb, method in (("role", "DELETE"), ("block", "POST")):
        one, other = await world.people(2)
        for person in (one, other):
            await database.run(lambda tx, i=person.id: staff.grant(tx, i, Role.ADMIN))
        answers = await asyncio.gather(
            admin(world, one, method, f"/users/{other.id}/{verb}", **WHY),
            admin(world, other, method, f"/users/{one.id}/{verb}", **WHY),
        )
        assert sorted(answer.is_success for answer in answers) == [False, True]
        (refused,) = [answer for answer in answers if not answer.is_success]
        assert refusal(refused) in {(403, "staff.required"), (401, "auth.unauthenticated")}
        roles = [
            await database.read(lambda tx, i=person.id: staff.find_role(tx, i))
            for person in (one, other)
        ]
        assert sorted(map(str, roles)) == ["None", "admin"]


async def test_a_special_signature_is_seen_in_the_room_at_once(
    world: World, team: dict[Role, Person]
) -> None:
    boss = team[Role.ADMIN]
    owner, person = await world.people(2)
    room = await world.room(owner, person)
    seated = await world.call("PUT", f"/rooms/{room}/seats/3", owner, json={"user_id": person.id})
    assert seated.status_code == 200
    first = (await world.call("POST", f"/rooms/{room}/join", owner)).json()
    for subject, signature in ((person, "888"), (owner, "999")):
        path = f"/users/{subject.id}/signature"
        answer = await admin(world, boss, "PUT", path, signature=signature, **WHY)
        assert answer.json()["signature"] == signature
    seq = first["stream"]["seq"]
    events = (await world.call("GET", f"/rooms/{room}/events?after={seq}", owner)).json()["data"]
    fresh = (await world.call("POST", f"/rooms/{room}/join", owner)).json()
    assert fold(state_of(first), events) == state_of(fresh)
    assert fresh["seats"][2]["user"]["signature"] == "888"
    assert fresh["room"]["owner"]["signature"] == "999"
    login = {"login": "888", "password": "a long password"}
    assert (await world.call("POST", "/auth/login", json=login)).status_code == 200
    call = admin(world, boss, "PUT", f"/users/{owner.id}/signature", signature="888", **WHY)
    await unchanged(world, call, 409, "user.signature_taken")
    for signature in ("", "0", "01", "1" * 21, "12a", "１２３", "-1"):
        call = admin(world, boss, "PUT", f"/users/{owner.id}/signature", signature=signature, **WHY)
        await unchanged(world, call, 422, "request.invalid")
    someone, another = await world.people(2)
    answers = await asyncio.gather(
        *(
            admin(world, boss, "PUT", f"/users/{subject.id}/signature", signature="424242", **WHY)
            for subject in (someone, another)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_role_that_ended_is_refused_at_once(
    world: World, team: dict[Role, Person], database: Database
) -> None:
    helper = await world.register()
    await database.run(lambda tx: staff.grant(tx, helper.id, Role.SUPPORT))
    assert (await admin(world, helper, "GET", "/users")).status_code == 200
    taken = await admin(world, team[Role.ADMIN], "DELETE", f"/users/{helper.id}/role", **WHY)
    assert taken.status_code == 204
    assert refusal(await admin(world, helper, "GET", "/users")) == (403, "staff.required")
    again = await admin(world, team[Role.ADMIN], "DELETE", f"/users/{helper.id}/role", **WHY)
    assert refusal(again) == (404, "staff.no_role")
