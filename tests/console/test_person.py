"""What staff see around one person, and the notes that they leave each other."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg import errors

from flylive.accounts.staff import Role
from tests.agencies import hands as agencies
from tests.conftest import Addresses
from tests.console.hands import WHY, admin, audited, document, refusal, staffed
from tests.rooms.crowd import crowd
from tests.world import World


def kept(world: World) -> Any:
    return world.sql(
        "SELECT (SELECT count(*) FROM staff_notes), (SELECT count(*) FROM audit_log),"
        " (SELECT count(*) FROM stream_events)"
    )


async def test_notes_are_added_and_stay(world: World, addresses: Addresses) -> None:
    boss, support = await staffed(world, Role.ADMIN), await staffed(world, Role.SUPPORT)
    [person] = await crowd(world, 1)
    path = f"/users/{person.id}/notes"
    for author, words in ((boss, "  owes us an answer "), (support, "answered\nby phone")):
        written = await admin(world, author, "POST", path, content=words, **WHY)
        assert written.status_code == 201, written.text
        assert written.json()["content"] == words.strip()
    read = await document(world, await staffed(world, Role.READ_ONLY), path)
    assert [(n["content"], n["author_role"], n["author"]["id"]) for n in read["data"]] == [
        ("answered\nby phone", "support", support.id),
        ("owes us an answer", "admin", boss.id),
    ]
    page = await document(world, boss, f"{path}?limit=1")
    assert [n["content"] for n in page["data"]] == ["answered\nby phone"]
    page = await document(world, boss, f"{path}?limit=1&cursor={page['next_cursor']}")
    assert [n["content"] for n in page["data"]] == ["owes us an answer"]
    assert page["next_cursor"] is None
    [(action, kind, subject, reason, before, after)] = audited(world, support)
    assert (action, kind, subject, reason, before) == (
        "user.note", "user", person.id, "because", {},
    )  # fmt: skip
    assert after == {"note_id": read["data"][0]["id"], "content": "answered\nby phone"}
    with psycopg.connect(addresses.serving) as serving:
        for statement in ("UPDATE staff_notes SET content = 'x'", "DELETE FROM staff_notes"):
            with pytest.raises(errors.InsufficientPrivilege), serving.transaction():
                serving.execute(statement)


async def test_refused_notes_leave_nothing(world: World) -> None:
    support, boss = await staffed(world, Role.SUPPORT), await staffed(world, Role.ADMIN)
    reader = await staffed(world, Role.READ_ONLY)
    [person] = await crowd(world, 1)
    path = f"/users/{person.id}/notes"
    before = kept(world)
    cases: list[tuple[Any, str, dict[str, Any], tuple[int, str]]] = [
        (support, path, {"content": "  ", **WHY}, (422, "request.invalid")),
        (support, path, {"content": "x" * 2001, **WHY}, (422, "request.invalid")),
        (support, path, {"content": "x", "reason": " "}, (422, "request.invalid")),
        (support, path, {"content": "x"}, (422, "request.invalid")),
        (reader, path, {"content": "x", **WHY}, (403, "staff.right_missing")),
        (person, path, {"content": "x", **WHY}, (403, "staff.required")),
        (support, f"/users/{boss.id}/notes", {"content": "x", **WHY}, (403, "staff.not_above")),
        (support, "/users/999999/notes", {"content": "x", **WHY}, (404, "user.not_found")),
    ]
    for actor, address, body, expected in cases:
        assert refusal(await admin(world, actor, "POST", address, **body)) == expected, body
    assert kept(world) == before


async def test_gifts_of_a_person(world: World) -> None:
    boss = await staffed(world, Role.FINANCE)
    sender, recipient = await crowd(world, 2)
    await world.recharge(sender, 1000)
    room = await world.room(recipient, sender)
    gifts = [world.gift("10.00"), world.gift("20.00")]
    for gift in gifts:
        sent = await world.send(sender, gift, [recipient], room_id=room)
        assert sent.status_code == 201, sent.text
    path = f"/users/{sender.id}/gifts"
    first = await document(world, boss, f"{path}?limit=1")
    second = await document(world, boss, f"{path}?limit=1&cursor={first['next_cursor']}")
    assert second["next_cursor"] is None
    lines = [*first["data"], *second["data"]]
    assert [line["gift"]["id"] for line in lines] == gifts[::-1]
    assert {line["person"]["id"] for line in lines} == {recipient.id}
    assert (lines[0]["room"]["id"], lines[0]["total_cost"]) == (room, "20.00")
    got = await document(world, boss, f"/users/{recipient.id}/gifts?box=received")
    assert [line["id"] for line in got["data"]] == [line["id"] for line in lines]
    assert (await document(world, boss, f"/users/{recipient.id}/gifts"))["data"] == []


async def test_rooms_and_stays_of_a_person(world: World) -> None:
    boss = await staffed(world, Role.SUPPORT)
    owner, person = await crowd(world, 2)
    own = await world.room(person)
    other = await world.room(owner, person)
    appointed = await world.call("PUT", f"/rooms/{other}/moderators/{person.id}", owner)
    assert appointed.status_code == 200
    rooms = await document(world, boss, f"/users/{person.id}/rooms")
    assert [room["id"] for room in rooms["owned"]] == [own]
    assert [room["id"] for room in rooms["moderated"]] == [other]
    assert (rooms["current"]["room"]["id"], rooms["current"]["left_at"]) == (other, None)
    stays, cursor = [], ""
    while cursor is not None:
        query = f"?limit=1{cursor and f'&cursor={cursor}'}"
        page = await document(world, boss, f"/users/{person.id}/stays{query}")
        stays += page["data"]
        cursor = page["next_cursor"]
    assert [stay["room"]["id"] for stay in stays] == [other, own]
    assert stays[1]["left_at"] is not None
    await world.call("POST", f"/rooms/{other}/leave", person)
    assert (await document(world, boss, f"/users/{person.id}/rooms"))["current"] is None


async def test_devices_and_addresses_of_a_person(world: World) -> None:
    boss = await staffed(world, Role.SUPPORT)
    person = await world.register(device_name="Phone")
    registered = await world.call(
        "PUT", "/me/push-tokens", person,
        json={"token": "secret-push-token", "platform": "ios", "device_name": "My phone"},
    )  # fmt: skip
    assert registered.status_code == 204
    world.sql(
        "INSERT INTO sessions (id, user_id, ip_address, payload, last_activity)"
        " VALUES ('secret-session-id', %s, '10.0.0.9', 'secret payload', 1000)",
        person.id,
    )
    world.sql(
        "UPDATE personal_access_tokens SET ip_address = '10.0.0.1' WHERE tokenable_id = %s",
        person.id,
    )
    world.sql(
        "INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token,"
        " ip_address, created_at) VALUES ('App\\Models\\User', %s, 'old', repeat('ab', 32),"
        " '10.9.9.9', now() - interval '91 days')",
        person.id,
    )
    answer = await admin(world, boss, "GET", f"/users/{person.id}/devices")
    assert "secret" not in answer.text
    shown = answer.json()
    assert [(d["platform"], d["device_name"]) for d in shown["devices"]] == [("ios", "My phone")]
    assert [s["ip_address"] for s in shown["sessions"]] == ["10.0.0.9"]
    assert [(a["ip_address"], a["logins"], a["orders"]) for a in shown["addresses"]] == [
        ("10.0.0.1", 1, 0)
    ]
    # Where the staff sign in from is for who may end their sessions, and for themselves.
    colleague, admin_ = await staffed(world, Role.FINANCE), await staffed(world, Role.ADMIN)
    world.sql(
        "INSERT INTO sessions (id, user_id, ip_address, payload, last_activity)"
        " VALUES ('another-session-id', %s, '10.0.0.8', 'payload', 1000)",
        colleague.id,
    )
    for viewer, expected in ((boss, []), (colleague, ["10.0.0.8"]), (admin_, ["10.0.0.8"])):
        theirs = await document(world, viewer, f"/users/{colleague.id}/devices")
        assert [one["ip_address"] for one in theirs["sessions"]] == expected


async def test_standing_agency_couples_and_wardrobe_of_a_person(world: World) -> None:
    boss = await staffed(world, Role.READ_ONLY)
    owner, person, sender = await crowd(world, 3)
    world.prove_email(owner)
    agency = await agencies.found(world, owner)
    await agencies.join(world, agency, owner, person)
    await world.recharge(sender, 1000)
    room = await world.room(person, sender)
    cp = world.gift("100.00", category="cp")
    sent = await world.send(sender, cp, [person], room_id=room)
    assert sent.status_code == 201, sent.text
    asked = (await world.call("GET", "/couples/me", person)).json()
    request_id = (asked.get("requests") or asked.get("received"))[0]["id"]
    accepted = await world.call("POST", f"/couples/requests/{request_id}/accept", person)
    assert accepted.status_code == 200, accepted.text

    of = f"/users/{person.id}"
    found = await document(world, boss, f"{of}/agency")
    assert found["membership"]["id"] == agency
    assert [request["status"] for request in found["requests"]] == ["approved"]
    assert found["earnings"]["amount"] == "50.00"
    [couple] = (await document(world, boss, f"{of}/couples"))["data"]
    assert (couple["partner"]["id"], couple["ended_at"]) == (sender.id, None)
    levels = await document(world, boss, f"{of}/levels")
    assert (levels["user_id"], levels["history"]) == (person.id, [])
    frame = world.sql(
        "INSERT INTO frames (name, price, static_src) VALUES ('Gold', 5, '/x.svg') RETURNING id"
    )[0][0]
    world.sql(
        "INSERT INTO frame_user (user_id, frame_id, expires_at) VALUES (%s, %s, '2020-01-01')",
        person.id, frame,
    )  # fmt: skip
    wardrobe = await document(world, boss, f"{of}/wardrobe")
    assert [one["frame_id"] for one in wardrobe["frames"]] == [frame]
    assert wardrobe["themes"] == []


async def test_of_whom_there_is_not(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    for part in ("notes", "gifts", "rooms", "stays", "devices", "couples", "levels", "wardrobe",
                 "agency"):  # fmt: skip
        answer = await admin(world, boss, "GET", f"/users/999999/{part}")
        assert refusal(answer) == (404, "user.not_found"), part


async def test_an_account_that_was_deleted_is_still_looked_at(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    person = await world.register()
    await admin(world, boss, "POST", f"/users/{person.id}/notes", content="he goes", **WHY)
    gone = await world.call("DELETE", "/me", person, json={"password": "a long password"})
    assert gone.status_code == 204
    for part in ("notes", "gifts", "rooms", "stays", "devices", "couples", "wardrobe", "agency",
                 "timeline"):  # fmt: skip
        assert (await admin(world, boss, "GET", f"/users/{person.id}/{part}")).status_code == 200
    refused = await admin(world, boss, "POST", f"/users/{person.id}/notes", content="late", **WHY)
    assert refusal(refused) == (404, "user.not_found")


async def test_many_notes_at_once_are_all_kept(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    [person] = await crowd(world, 1)
    path = f"/users/{person.id}/notes"
    answers = await asyncio.gather(
        *(admin(world, boss, "POST", path, content=f"note {n}", **WHY) for n in range(8))
    )
    assert [answer.status_code for answer in answers] == [201] * 8
    read = (await document(world, boss, path))["data"]
    assert {note["content"] for note in read} == {f"note {n}" for n in range(8)}
    assert len(audited(world, boss)) == 8
