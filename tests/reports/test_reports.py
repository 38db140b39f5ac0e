"""Reports: what they keep, who may file them, and that one decision closes them."""

import asyncio
from typing import Any

import httpx
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from tests.rooms.crowd import crowd
from tests.rooms.picture import picture
from tests.world import Person, World


async def report(
    world: World, person: Person, subject_type: str, subject_id: int, **fields: Any
) -> httpx.Response:
    body = {"subject_type": subject_type, "subject_id": subject_id, "reason": "spam"} | fields
    return await world.call("POST", "/reports", person, json=body)


async def write(world: World, path: str, person: Person, words: str) -> int:
    body = {"content": words, "client_id": words}
    sent = await world.call("POST", f"{path}/messages", person, json=body)
    assert sent.status_code == 201, sent.text
    return int(sent.json()["id"])


async def member(world: World, role: Role) -> Person:
    person = await world.register()
    await world.database.run(lambda tx: staff.grant(tx, person.id, role))
    return person


async def evidence(world: World, moderator: Person, report_id: int) -> dict[str, Any]:
    answer = await world.call("GET", f"/admin/reports/{report_id}", moderator)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["evidence"])


def everything(world: World) -> Any:
    return picture(world), world.sql("SELECT to_jsonb(r) FROM reports r ORDER BY id")


async def test_a_deleted_message_is_still_evidence(world: World) -> None:
    owner, guest, reporter = await crowd(world, 3)
    room = await world.room(owner, guest, reporter)
    for words in ("before", "insult", "after"):
        last = await write(world, f"/rooms/{room}", guest, words)
    insult = last - 1
    filed = await report(world, reporter, "message", insult, details="  He insults me ")
    assert filed.status_code == 201, filed.text
    document = filed.json()
    assert (document["details"], document["status"]) == ("He insults me", "open")
    # Nothing of what the staff sees comes back.
    assert set(document) == {
        "id", "subject_type", "subject_id", "reason", "details", "status", "created_at",
    }  # fmt: skip
    assert (await world.call("DELETE", f"/messages/{insult}", guest)).status_code == 204
    moderator = await member(world, Role.MODERATOR)
    kept = await evidence(world, moderator, document["id"])
    assert (kept["message"]["content"], kept["message"]["sender_id"]) == ("insult", guest.id)
    assert [m["content"] for m in kept["messages"]] == ["before", "insult", "after"]
    # Whoever left meanwhile may still report what he read there.
    await world.call("POST", f"/rooms/{room}/leave", owner, json={})
    assert (await report(world, owner, "message", insult)).status_code == 201


async def test_private_messages_people_and_rooms(world: World) -> None:
    anna, bilal, stranger = await crowd(world, 3)
    words = await write(world, f"/conversations/{bilal.id}", anna, "secret")
    room = await world.room(anna, bilal)
    moderator = await member(world, Role.MODERATOR)
    refused = await report(world, stranger, "message", words)
    assert (refused.status_code, refused.json()["code"]) == (404, "report.subject_not_found")
    for subject_type, subject_id in (("message", words), ("user", anna.id), ("room", room)):
        filed = await report(world, bilal, subject_type, subject_id)
        assert filed.status_code == 201, filed.text
        kept = await evidence(world, moderator, filed.json()["id"])
        assert subject_type in kept
    await world.call("PATCH", "/me", anna, json={"name": "Somebody else"})
    listed = await world.call("GET", f"/admin/reports?subject_user_id={anna.id}", moderator)
    names = [
        r["evidence"]["user"]["name"] for r in listed.json()["data"] if r["subject_type"] == "user"
    ]
    assert len(listed.json()["data"]) == 3
    assert names
    assert names != ["Somebody else"]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"subject_type": "wallet"}, "subject_type"),
        ({"reason": ""}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 256}, "reason"),
        ({"reason": "a\x01b"}, "reason"),
        ({"details": " "}, "details"),
        ({"details": "x" * 2001}, "details"),
        ({"subject_id": 0}, "subject_id"),
    ],
)
async def test_a_wrong_report_is_refused(
    world: World, fields: dict[str, Any], at_fault: str
) -> None:
    anna, bilal = await crowd(world, 2)
    before = everything(world)
    answer = await report(
        world, anna, **({"subject_type": "user", "subject_id": bilal.id} | fields)
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, at_fault)
    assert everything(world) == before


async def test_a_reason_in_ones_own_words(world: World) -> None:
    bilal, *reporters = await crowd(world, 5)
    moderator = await member(world, Role.MODERATOR)
    for person, reason in zip(
        reporters, ("spam", " He begs for coins ", "x" * 255, "Он грубит"), strict=True
    ):
        filed = await report(world, person, "user", bilal.id, reason=reason)
        assert filed.status_code == 201, filed.text
        assert filed.json()["reason"] == reason.strip()
    listed = await world.call(
        "GET", f"/admin/reports?status=open&subject_user_id={bilal.id}", moderator
    )
    assert [one["reason"] for one in listed.json()["data"]][-2:] == ["He begs for coins", "spam"]


async def test_nobody_reports_himself_nor_what_he_cannot_see(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    room = await world.room(anna, type="private", password="open sesame")
    words = await write(world, f"/rooms/{room}", anna, "inside")
    before = everything(world)
    for person, subject_type, subject_id, expected in (
        (anna, "user", anna.id, (422, "user.not_oneself")),
        (anna, "room", room, (422, "user.not_oneself")),
        (bilal, "room", room, (404, "report.subject_not_found")),
        (bilal, "message", words, (404, "report.subject_not_found")),
        (bilal, "user", 10**9, (404, "report.subject_not_found")),
        (bilal, "agency", 10**9, (404, "report.subject_not_found")),
    ):
        answer = await report(world, person, subject_type, subject_id)
        assert (answer.status_code, answer.json()["code"]) == expected
    assert everything(world) == before


async def test_the_same_again_is_the_same_report_until_it_is_decided(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    answers = await asyncio.gather(*(report(world, anna, "user", bilal.id) for _ in range(8)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    first = answers[0].json()["id"]
    moderator, other = await member(world, Role.MODERATOR), await member(world, Role.MODERATOR)
    body = {"status": "upheld", "reason": "blocked for it"}
    decisions = await asyncio.gather(
        *(
            world.call("POST", f"/admin/reports/{first}/decide", one, json=body)
            for one in (moderator, other, moderator, other)
        )
    )
    assert sorted(a.status_code for a in decisions) == [200, 409, 409, 409]
    late = next(a for a in decisions if a.status_code == 409).json()
    assert (late["code"], late["report_status"]) == ("report.decided", "upheld")
    assert late["decided_at"].endswith("Z")
    log = "SELECT count(*) FROM audit_log WHERE action = 'report.decide' AND subject_id = %s"
    assert world.sql(log, first) == [(1,)]
    again = await report(world, anna, "user", bilal.id)
    assert again.json()["id"] != first
    found = await world.call("GET", f"/admin/reports/{again.json()['id']}", moderator)
    assert found.json()["others"] == 1


async def test_thirty_a_day(world: World) -> None:
    anna, *others = await crowd(world, 32)
    answers = [await report(world, anna, "user", other.id) for other in others]
    assert [a.status_code for a in answers] == [201] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
