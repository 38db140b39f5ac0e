"""Moderators, mutes, kicks and bans: each verb, and each of its refusals."""

from datetime import datetime, timedelta

import pytest

from flylive import clock
from flylive.database import Database
from flylive.rooms.tasks import prune_bans
from tests.rooms.crowd import crowd
from tests.rooms.hands import (
    appoint,
    ask,
    change,
    join,
    kick,
    queue,
    refusal,
    roles,
    sitting,
    take,
    told,
)
from tests.rooms.picture import assert_exact, picture
from tests.standing import standing_at
from tests.world import World


def later(**time: float) -> datetime:
    return clock.now() + timedelta(**time)


async def test_a_moderator_stays_one_while_he_is_away(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    answer = await change(world, room_id, owner, guest, role="moderator")
    assert (answer.status_code, answer.json()["role"]) == (200, "moderator")
    assert told(world, f"user:{guest.id}") == [
        ("notice", {
            "kind": "room_appointed", "room_id": room_id, "reason": None, "until": None,
            "room_name": (await world.call("GET", f"/rooms/{room_id}", owner)).json()["name"],
        })
    ]  # fmt: skip
    await world.call("POST", f"/rooms/{room_id}/leave", guest)
    [listed] = (await world.call("GET", f"/rooms/{room_id}/moderators", owner)).json()["data"]
    assert (listed["user_id"], listed["user"]["id"], listed["is_present"]) == (
        guest.id, guest.id, False,
    )  # fmt: skip
    again = await join(world, room_id, guest)
    assert again.json()["participant"]["role"] == "moderator"
    dismissed = await change(world, room_id, owner, guest, role="listener")
    assert dismissed.json()["role"] == "listener"
    assert told(world, f"user:{guest.id}")[0][1]["kind"] == "room_dismissed"
    await world.call("POST", f"/rooms/{room_id}/leave", guest)
    assert (await join(world, room_id, guest)).json()["participant"]["role"] == "listener"
    assert_exact(world)


async def test_the_absent_are_appointed_and_dismissed_too(world: World) -> None:
    owner, away, guest = await crowd(world, 3)
    room_id = await world.room(owner, guest)
    path = f"/rooms/{room_id}/moderators"
    first = await world.call("PUT", f"{path}/{away.id}", owner)
    assert (first.json()["user_id"], first.json()["is_present"]) == (away.id, False)
    before = picture(world)
    assert (await world.call("PUT", f"{path}/{away.id}", owner)).json() == first.json()
    for actor in (guest, away):
        answer = await world.call("PUT", f"{path}/{guest.id}", actor)
        assert refusal(answer) == (403, "room.owner_only")
    assert refusal(await world.call("PUT", f"{path}/{owner.id}", owner)) == (
        422,
        "user.not_oneself",
    )
    assert refusal(await world.call("PUT", f"{path}/999999999", owner)) == (404, "user.not_found")
    assert refusal(await world.call("DELETE", f"{path}/{owner.id}", away)) == (
        403,
        "room.owner_only",
    )
    assert picture(world) == before
    assert (await world.call("DELETE", f"{path}/{away.id}", away)).status_code == 204
    before = picture(world)
    assert (await world.call("DELETE", f"{path}/{away.id}", owner)).status_code == 204
    assert picture(world) == before
    assert (await world.call("GET", path, guest)).json()["data"] == []


async def test_whom_one_of_both_blocked_is_not_appointed(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    await world.call("PUT", f"/users/{owner.id}/block", guest)
    before = picture(world)
    answer = await world.call("PUT", f"/rooms/{room_id}/moderators/{guest.id}", owner)
    assert refusal(answer) == (403, "user.not_available")
    answer = await change(world, room_id, owner, guest, role="moderator")
    assert refusal(answer) == (403, "user.not_available")
    assert picture(world) == before


async def test_a_room_has_so_many_moderators_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, *people = await crowd(world, 22)
    room_id = await world.room(owner, people[20])
    await appoint(world, room_id, owner, *people[:20])
    before = picture(world)
    answer = await world.call("PUT", f"/rooms/{room_id}/moderators/{people[20].id}", owner)
    assert refusal(answer) == (409, "room.too_many_moderators")
    assert answer.json()["limit"] == 20
    answer = await change(world, room_id, owner, people[20], role="moderator")
    assert refusal(answer) == (409, "room.too_many_moderators")
    assert picture(world) == before


async def test_a_place_is_kept_for_each_who_runs_the_room(world: World) -> None:
    owner, one, two, guest, other = await crowd(world, 5)
    room_id = await world.room(owner, max_participants=4)
    await appoint(world, room_id, owner, one, two)
    assert (await join(world, room_id, guest)).status_code == 200
    before = picture(world)
    full = await join(world, room_id, other)
    assert refusal(full) == (409, "room.full")
    told_of = {name: full.json()[name] for name in ("participant_count", "kept_places")}
    assert told_of == {"participant_count": 2, "kept_places": 2}
    assert full.json()["max_participants"] == 4
    small = await world.call("PATCH", f"/rooms/{room_id}", owner, json={"max_participants": 3})
    assert refusal(small) == (409, "room.capacity_too_small")
    assert small.json()["minimum"] == 4
    another = await world.call("PUT", f"/rooms/{room_id}/moderators/{other.id}", owner)
    assert refusal(another) == (409, "room.full")
    assert picture(world) == before
    for person in (one, two):
        assert (await join(world, room_id, person)).json()["participant"]["role"] == "moderator"
    await world.call("POST", f"/rooms/{room_id}/leave", one)
    assert refusal(await join(world, room_id, other)) == (409, "room.full")
    await world.call("DELETE", f"/rooms/{room_id}/moderators/{one.id}", owner)
    assert (await join(world, room_id, other)).status_code == 200
    assert_exact(world)


async def test_a_moderator_needs_no_password(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, type="private", password="open sesame")
    assert refusal(await join(world, room_id, guest)) == (403, "room.wrong_password")
    await appoint(world, room_id, owner, guest)
    assert (await join(world, room_id, guest)).status_code == 200


async def test_nobody_acts_on_the_owner_nor_moderators_on_each_other(world: World) -> None:
    owner, one, two, guest, stranger = await crowd(world, 5)
    room_id = await world.room(owner, one, two, guest)
    await appoint(world, room_id, owner, one, two)
    before = picture(world)
    for actor, subject, expected in (
        (one, owner, (403, "room.not_above_them")),
        (one, two, (403, "room.not_above_them")),
        (one, one, (422, "user.not_oneself")),
        (owner, owner, (422, "user.not_oneself")),
        (guest, one, (403, "room.moderators_only")),
        (guest, guest, (403, "room.moderators_only")),
        (stranger, guest, (403, "room.not_in_room")),
    ):
        assert refusal(await kick(world, room_id, actor, subject)) == expected
        answer = await change(world, room_id, actor, subject, is_muted=True)
        assert refusal(answer) == expected
    for body, expected in (
        ({"role": "moderator"}, (403, "room.owner_only")),
        ({"role": "moderator", "is_muted": True}, (403, "room.owner_only")),
    ):
        assert refusal(await change(world, room_id, one, guest, **body)) == expected
    for role in ("listener", "speaker"):
        answer = await change(world, room_id, one, two, role=role)
        assert refusal(answer) == (403, "room.owner_only")
    answer = await change(world, room_id, owner, stranger, role="moderator")
    assert refusal(answer) == (409, "room.user_not_in_room")
    for body in ({"role": "owner"}, {"role": None}, {"is_muted": 1}, {"seat": 1}, []):
        path = f"/rooms/{room_id}/participants/{guest.id}"
        assert (await world.call("PATCH", path, owner, json=body)).status_code == 422
    assert picture(world) == before
    unchanged = await change(world, room_id, one, guest)
    assert (unchanged.status_code, unchanged.json()["user_id"]) == (200, guest.id)
    assert picture(world) == before


async def test_a_role_gives_and_takes_a_seat(world: World) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, moderator, guest, mic_seat_quantity=1)
    await appoint(world, room_id, owner, moderator)
    given = await change(world, room_id, moderator, guest, role="speaker")
    assert (given.json()["role"], given.json()["seat_number"]) == ("speaker", 1)
    before = picture(world)
    assert (await change(world, room_id, moderator, guest, role="speaker")).json() == given.json()
    full = await change(world, room_id, owner, moderator, role="speaker")
    assert refusal(full) == (409, "seat.none_free")
    assert (full.json()["free_seats"], full.json()["locked_seats"]) == ([], [])
    assert picture(world) == before
    taken = await change(world, room_id, moderator, guest, role="listener")
    assert (taken.json()["role"], taken.json()["seat_number"]) == ("listener", None)
    former = await change(world, room_id, owner, moderator, role="speaker")
    assert (former.json()["role"], former.json()["seat_number"]) == ("speaker", 1)
    assert (await world.call("GET", f"/rooms/{room_id}/moderators", owner)).json()["data"] == []
    back = await change(world, room_id, owner, moderator, role="moderator")
    assert (back.json()["role"], back.json()["seat_number"]) == ("moderator", 1)
    resigned = await change(world, room_id, moderator, moderator, role="speaker")
    assert (resigned.json()["role"], resigned.json()["seat_number"]) == ("speaker", 1)
    assert_exact(world)


async def test_the_muted_neither_write_nor_sit_down_also_when_they_come_again(
    world: World,
) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, can_tourists_speak=True, seat_mode="free")
    muted = await change(world, room_id, owner, guest, is_muted=True)
    assert muted.json()["is_muted"] is True
    await world.call("POST", f"/rooms/{room_id}/leave", guest)
    assert (await join(world, room_id, guest)).json()["participant"]["is_muted"] is True
    before = picture(world)
    answers = [
        await world.call(
            "POST", f"/rooms/{room_id}/messages", guest, json={"content": "hi", "client_id": "1"}
        ),
        await take(world, room_id, guest, 1),
        await ask(world, room_id, guest),
    ]
    assert [refusal(answer) for answer in answers] == [(403, "room.muted")] * 3
    assert picture(world) == before
    assert (await take(world, room_id, owner, 1, user_id=guest.id)).status_code == 200
    assert (await take(world, room_id, guest, 2)).status_code == 200
    free = await change(world, room_id, owner, guest, is_muted=False)
    assert free.json()["is_muted"] is False
    sent = await world.call(
        "POST", f"/rooms/{room_id}/messages", guest, json={"content": "hi", "client_id": "1"}
    )
    assert sent.status_code == 201
    await world.call("POST", f"/rooms/{room_id}/leave", guest)
    assert (await join(world, room_id, guest)).json()["participant"]["is_muted"] is False
    assert_exact(world)


async def test_kicked_out_and_kept_out_until_then(world: World) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, moderator, guest, can_tourists_speak=True)
    await appoint(world, room_id, owner, moderator)
    await take(world, room_id, guest, 2)
    kicked = await kick(world, room_id, moderator, guest, "?ban_minutes=30&reason=Shouting")
    assert kicked.status_code == 204
    assert [kind for kind, _ in told(world, f"room:{room_id}", 2)] == [
        "seat.updated",
        "participant.left",
    ]
    left = told(world, f"room:{room_id}")[0][1]
    assert left == {"user_id": guest.id, "reason": "kicked", "participant_count": 2}
    [(kind, notice)] = told(world, f"user:{guest.id}")
    assert (kind, notice["kind"], notice["reason"]) == ("notice", "room_kicked", "Shouting")
    assert await sitting(world, room_id, owner) == {}
    before = picture(world)
    refused = await join(world, room_id, guest)
    assert refusal(refused) == (403, "room.banned")
    assert refused.json()["until"] == notice["until"]
    assert refused.json()["reason"] == "Shouting"
    until = datetime.fromisoformat(notice["until"])
    assert timedelta(minutes=29) < until - clock.now() <= timedelta(minutes=30)
    assert picture(world) == before
    page = (await world.call("GET", f"/rooms/{room_id}/bans", moderator)).json()
    [ban] = page["data"]
    assert (ban["user"]["id"], ban["banner"]["id"], ban["until"]) == (
        guest.id, moderator.id, notice["until"],
    )  # fmt: skip
    refused = await world.call("GET", f"/rooms/{room_id}/bans", guest)
    assert refusal(refused) == (403, "room.not_in_room")
    with standing_at(until - timedelta(seconds=1)):
        assert refusal(await join(world, room_id, guest)) == (403, "room.banned")
    with clock.turned_to(until + timedelta(seconds=1)):
        assert (await join(world, room_id, guest)).status_code == 200
        page = (await world.call("GET", f"/rooms/{room_id}/bans", moderator)).json()
        assert page["data"] == []
    assert_exact(world)


async def test_by_default_it_is_ten_minutes_and_a_word_lets_in_again(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other)
    await kick(world, room_id, owner, guest)
    with clock.turned_to(later(minutes=9, seconds=50)):
        assert refusal(await join(world, room_id, guest)) == (403, "room.banned")
    path = f"/rooms/{room_id}/bans/{guest.id}"
    before = picture(world)
    assert refusal(await world.call("DELETE", path, other)) == (403, "room.moderators_only")
    assert refusal(await world.call("DELETE", path, guest)) == (403, "room.not_in_room")
    assert picture(world) == before
    assert (await world.call("DELETE", path, owner)).status_code == 204
    assert (await world.call("DELETE", path, owner)).status_code == 204
    assert (await join(world, room_id, guest)).status_code == 200
    await kick(world, room_id, owner, guest, "?ban_minutes=0")
    assert told(world, f"user:{guest.id}")[0][1]["until"] is None
    assert (await join(world, room_id, guest)).status_code == 200
    before = picture(world)
    for query in ("?ban_minutes=-1", "?ban_minutes=527041", "?ban_minutes=x", "?ban_minutes=1.5",
                  f"?reason={'x' * 256}"):  # fmt: skip
        assert (await kick(world, room_id, owner, guest, query)).status_code == 422
    assert picture(world) == before


async def test_who_left_a_moment_before_is_kept_out_all_the_same(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    await world.call("POST", f"/rooms/{room_id}/leave", guest)
    before = picture(world)
    nobody = await kick(world, room_id, owner, guest, "?ban_minutes=0")
    assert refusal(nobody) == (409, "room.user_not_in_room")
    missing = await world.call("DELETE", f"/rooms/{room_id}/participants/999999999", owner)
    assert refusal(missing) == (404, "user.not_found")
    assert picture(world) == before
    assert (await kick(world, room_id, owner, guest)).status_code == 204
    assert refusal(await join(world, room_id, guest)) == (403, "room.banned")


async def test_a_moderator_neither_lifts_nor_shortens_the_owners_ban(world: World) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, moderator, guest)
    await appoint(world, room_id, owner, moderator)
    await kick(world, room_id, owner, guest, "?ban_minutes=60")
    [[until]] = world.sql("SELECT until FROM room_bans WHERE user_id = %s", guest.id)
    before = picture(world)
    answer = await world.call("DELETE", f"/rooms/{room_id}/bans/{guest.id}", moderator)
    assert refusal(answer) == (403, "room.not_above_them")
    assert (await kick(world, room_id, moderator, guest, "?ban_minutes=1")).status_code == 204
    assert picture(world) == before
    assert (await kick(world, room_id, moderator, guest, "?ban_minutes=90")).status_code == 204
    [[longer, by]] = world.sql(
        "SELECT until, banned_by FROM room_bans WHERE user_id = %s", guest.id
    )
    assert longer > until
    assert by == owner.id
    await kick(world, room_id, owner, guest, "?ban_minutes=5")
    [[shorter]] = world.sql("SELECT until FROM room_bans WHERE user_id = %s", guest.id)
    assert shorter < until


async def test_a_moderator_who_is_kept_out_is_one_no_longer(world: World) -> None:
    owner, one, two = await crowd(world, 3)
    room_id = await world.room(owner, one, two)
    await appoint(world, room_id, owner, one, two)
    await kick(world, room_id, owner, one, "?ban_minutes=0")
    await kick(world, room_id, owner, two)
    listed = (await world.call("GET", f"/rooms/{room_id}/moderators", owner)).json()["data"]
    assert [row["user_id"] for row in listed] == [one.id]
    assert (await join(world, room_id, one)).json()["participant"]["role"] == "moderator"
    assert refusal(await join(world, room_id, two)) == (403, "room.banned")
    await appoint(world, room_id, owner, two)
    assert (await join(world, room_id, two)).json()["participant"]["role"] == "moderator"
    assert_exact(world)


async def test_whom_the_owner_blocked_does_not_hear_of_his_ban(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    await kick(world, room_id, owner, guest)
    await world.call("PUT", f"/users/{guest.id}/block", owner)
    answer = await join(world, room_id, guest)
    assert refusal(answer) == (403, "room.not_available")
    assert "until" not in answer.json()


async def test_from_outside_too_for_those_who_run_the_room(world: World) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, guest)
    await appoint(world, room_id, owner, moderator)
    await world.call("POST", f"/rooms/{room_id}/leave", owner)
    assert (await change(world, room_id, moderator, guest, is_muted=True)).status_code == 200
    assert (await kick(world, room_id, owner, guest)).status_code == 204
    bans = await world.call("GET", f"/rooms/{room_id}/bans", moderator)
    assert [ban["user_id"] for ban in bans.json()["data"]] == [guest.id]
    assert_exact(world)


async def test_bans_page_newest_first(world: World) -> None:
    owner, *guests = await crowd(world, 6)
    room_id = await world.room(owner, *guests)
    for guest in guests:
        await kick(world, room_id, owner, guest)
    seen: list[int] = []
    cursor = ""
    while True:
        page = (await world.call("GET", f"/rooms/{room_id}/bans?limit=2{cursor}", owner)).json()
        seen += [ban["user_id"] for ban in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [guest.id for guest in reversed(guests)]


async def test_bans_that_are_over_are_forgotten(world: World, database: Database) -> None:
    owner, one, two = await crowd(world, 3)
    room_id = await world.room(owner, one, two)
    await kick(world, room_id, owner, one, "?ban_minutes=1")
    await kick(world, room_id, owner, two, "?ban_minutes=100000")
    with clock.turned_to(later(minutes=2000)):
        assert await prune_bans(database) >= 1
    left = world.sql("SELECT user_id FROM room_bans WHERE room_id = %s", room_id)
    assert left == [(two.id,)]


async def test_who_is_put_out_waits_for_no_seat_any_more(world: World) -> None:
    owner, moderator, guest, other = await crowd(world, 4)
    room_id = await world.room(owner, moderator, guest, other, seat_mode="apply")
    await appoint(world, room_id, owner, moderator)
    await ask(world, room_id, guest)
    await ask(world, room_id, moderator, kind="invitation", user_id=other.id)
    await kick(world, room_id, owner, guest)
    assert [row["user_id"] for row in await queue(world, room_id, owner)] == [other.id]
    await world.call("DELETE", f"/rooms/{room_id}/moderators/{moderator.id}", owner)
    assert await queue(world, room_id, owner) == []
    assert told(world, f"user:{other.id}")[0][1]["request"]["status"] == "withdrawn"
    assert await roles(world, room_id, owner) == {
        owner.id: "owner", moderator.id: "listener", other.id: "listener",
    }  # fmt: skip


async def test_a_moderator_deletes_what_those_below_him_wrote(world: World) -> None:
    owner, moderator, second, guest = await crowd(world, 4)
    room_id = await world.room(owner, moderator, second, guest)
    await appoint(world, room_id, owner, moderator, second)
    written = []
    for person in (owner, second, guest, moderator):
        body = {"content": "words", "client_id": "1"}
        sent = await world.call("POST", f"/rooms/{room_id}/messages", person, json=body)
        written.append(f"/messages/{sent.json()['id']}")
    before = picture(world)
    for message in written[:2]:
        answer = await world.call("DELETE", message, moderator)
        assert refusal(answer) == (403, "message.may_not_delete")
    assert picture(world) == before
    for message in written[2:]:
        assert (await world.call("DELETE", message, moderator)).status_code == 204
    assert [kind for kind, _ in told(world, f"room:{room_id}", 2)] == ["message.deleted"] * 2


async def test_a_moderator_whom_the_owner_blocked_does_nothing_more_from_outside(
    world: World,
) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, guest)
    await world.call("PUT", f"/rooms/{room_id}/moderators/{moderator.id}", owner)
    await world.call("PUT", f"/users/{moderator.id}/block", owner)
    said = await world.call(
        "POST", f"/rooms/{room_id}/messages", guest, json={"content": "Hi", "client_id": "1"}
    )
    before = picture(world)
    path = f"/rooms/{room_id}/participants/{guest.id}"
    for answer in (
        await world.call("DELETE", f"{path}?ban_minutes=527040", moderator),
        await world.call("PATCH", path, moderator, json={"is_muted": True}),
        await world.call("GET", f"/rooms/{room_id}/bans", moderator),
    ):
        assert refusal(answer) == (403, "room.not_in_room")
    gone = await world.call("DELETE", f"/messages/{said.json()['id']}", moderator)
    assert gone.status_code == 404
    assert picture(world) == before
