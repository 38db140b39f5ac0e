"""Agencies, reports with what was written around them, and the audit log with its export."""

import csv
import io
import uuid

from flylive.accounts.staff import Role
from tests.agencies import hands as agencies
from tests.console.hands import WHY, admin, document, refusal, staffed
from tests.rooms.crowd import crowd
from tests.world import Person, World


async def test_an_agency_with_its_people_and_earnings(world: World) -> None:
    finance = await staffed(world, Role.FINANCE)
    owner, host, sender, other = await crowd(world, 4)
    world.prove_email(owner)
    agency = await agencies.found(world, owner)
    await agencies.join(world, agency, owner, host)
    asked = await agencies.apply(world, agency, other)
    assert asked.status_code == 201
    await world.recharge(sender, 1000)
    room = await world.room(host, sender)
    gift = world.gift("100.00")
    assert (await world.send(sender, gift, [host], room_id=room)).status_code == 201
    of = f"/agencies/{agency}"
    assert (await document(world, finance, of))["member_count"] == 2
    members = await document(world, finance, f"{of}/members?limit=1")
    assert [one["user"]["id"] for one in members["data"]] == [owner.id]
    rest = await document(world, finance, f"{of}/members?limit=1&cursor={members['next_cursor']}")
    assert [one["user"]["id"] for one in rest["data"]] == [host.id]
    active = await document(world, finance, f"{of}/members?sort=active")
    assert {one["user"]["id"] for one in active["data"]} == {owner.id, host.id}
    pending = await document(world, finance, f"{of}/requests?status=pending")
    assert [one["user"]["id"] for one in pending["data"]] == [other.id]
    lines = await document(world, finance, f"{of}/earnings")
    assert lines["total"]["amount"] == "50.00"
    assert lines["data"][0]["gift"]["total_cost"] == "100.00"
    by_member = await document(world, finance, f"{of}/earnings?group=member")
    assert [one["user_id"] for one in by_member["data"]] == [host.id]
    by_day = await document(world, finance, f"{of}/earnings?group=day")
    assert by_day["data"][0]["commission_amount"] == "5.00"
    refused = await admin(world, finance, "PATCH", of, member_limit=60, **WHY)
    assert refusal(refused) == (403, "staff.right_missing")
    for part in ("", "/members", "/requests", "/earnings"):
        answer = await admin(world, finance, "GET", f"/agencies/999999{part}")
        assert refusal(answer) == (404, "agency.not_found")


async def say(world: World, path: str, person: Person, *words: str) -> list[int]:
    ids = []
    for content in words:
        body = {"content": content, "client_id": uuid.uuid4().hex}
        sent = await world.call("POST", f"{path}/messages", person, json=body)
        assert sent.status_code == 201, sent.text
        ids.append(int(sent.json()["id"]))
    return ids


async def report(world: World, person: Person, kind: str, subject: int) -> int:
    body = {"subject_type": kind, "subject_id": subject, "reason": "spam"}
    filed = await world.call("POST", "/reports", person, json=body)
    assert filed.status_code == 201, filed.text
    return int(filed.json()["id"])


async def test_what_was_written_around_a_report(world: World) -> None:
    guard, reader = await staffed(world, Role.MODERATOR), await staffed(world, Role.SUPPORT)
    owner, guest = await crowd(world, 2)
    room = await world.room(owner, guest)
    words = [f"line {n}" for n in range(9)]
    ids = await say(world, f"/rooms/{room}", guest, *words)
    filed = await report(world, owner, "message", ids[4])

    async def around(query: str = "") -> list[str]:
        found = await document(world, guard, f"/reports/{filed}/messages{query}")
        return [message["content"] for message in found["data"]]

    assert await around("?limit=4") == words[2:6]
    assert await around("?limit=2&before=3") == words[:2]
    assert await around("?limit=3&after=6") == words[6:9]
    assert await around("?limit=100") == words
    refused = await admin(world, reader, "GET", f"/reports/{filed}/messages")
    assert refusal(refused) == (403, "staff.right_missing")
    whole = await report(world, guest, "room", room)
    last = await document(world, guard, f"/reports/{whole}/messages?limit=2")
    assert [message["content"] for message in last["data"]] == words[7:]

    first, second = await crowd(world, 2)
    private = await say(world, f"/conversations/{second.id}", first, "psst", "hey")
    told = await report(world, second, "message", private[1])
    found = await document(world, guard, f"/reports/{told}/messages")
    assert [message["content"] for message in found["data"]] == ["psst", "hey"]
    of_a_person = await report(world, second, "user", first.id)
    assert (await document(world, guard, f"/reports/{of_a_person}/messages"))["data"] == []
    assert refusal(await admin(world, guard, "GET", "/reports/999999/messages")) == (
        404, "report.not_found",
    )  # fmt: skip


async def test_reports_say_who_and_of_whom(world: World) -> None:
    guard = await staffed(world, Role.MODERATOR)
    first, second = await crowd(world, 2)
    filed = await report(world, first, "user", second.id)
    by = await document(world, guard, f"/reports?reporter_id={first.id}")
    assert [one["id"] for one in by["data"]] == [filed]
    about = await document(world, guard, f"/reports?subject_user_id={second.id}")
    assert [one["id"] for one in about["data"]] == [filed]
    one = about["data"][0]
    assert (one["reporter"]["id"], one["subject_user"]["id"], one["decider"]) == (
        first.id, second.id, None,
    )  # fmt: skip
    decided = await admin(world, guard, "POST", f"/reports/{filed}/decide", status="upheld", **WHY)
    assert decided.json()["decider"]["id"] == guard.id


async def test_the_log_is_searched_by_time_and_words_and_downloaded(world: World) -> None:
    boss = await staffed(world, Role.ADMIN)
    [person] = await crowd(world, 1)
    for verb, reason in (("block", "=1+1 spam 50%"), ("unblock", "he said sorry")):
        done = await admin(world, boss, "POST", f"/users/{person.id}/{verb}", reason=reason)
        assert done.status_code == 200, done.text
    mine = f"actor_id={boss.id}"
    world.sql(
        "INSERT INTO audit_log (actor_id, actor_role, action, subject_type, subject_id, reason,"
        " created_at) VALUES (%s, 'admin', 'user.block', 'user', %s, 'long ago', '2020-05-05')",
        boss.id, person.id,
    )  # fmt: skip

    async def found(query: str) -> list[str]:
        entries = (await document(world, boss, f"/audit?{mine}&{query}"))["data"]
        return [entry["reason"] for entry in entries]

    assert await found("q=SPAM%2050%25") == ["=1+1 spam 50%"]
    assert await found("q=%25") == ["=1+1 spam 50%"]
    assert await found("from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z") == ["long ago"]
    assert await found("from=2026-01-01T00:00:00Z") == ["he said sorry", "=1+1 spam 50%"]
    for query in ("from=2020-01-01T00:00:00", "q=%00", "action=%00", "actor_id=0"):
        answer = await admin(world, boss, "GET", f"/audit?{query}")
        assert refusal(answer) == (422, "request.invalid"), query
    export = await admin(world, boss, "GET", f"/audit.csv?{mine}&from=2026-01-01T00:00:00Z")
    assert export.headers["content-type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(export.text))
    assert (head[0], head[7]) == ("id", "reason")
    # A spreadsheet runs nothing of it.
    assert [row[7] for row in rows] == ["he said sorry", "'=1+1 spam 50%"]
    assert '"is_blocked":true' in rows[1][9]
