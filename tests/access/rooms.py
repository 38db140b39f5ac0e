"""Rooms, what is in them, agencies and boards."""

import uuid

from tests.access.rows import INVALID, NOT_IN_ROOM, OWNER_ONLY, Refusal, Row, Thing, thing, unique
from tests.stage import Stage
from tests.world import Person


async def new_room(stage: Stage, *guests: Person) -> int:
    body = {"name": unique("Room")}
    room_id = int((await stage.do(stage.owner, "POST", "/rooms", json=body)).json()["id"])
    for person in (stage.owner, *guests):
        await stage.do(person, "POST", f"/rooms/{room_id}/join")
    return room_id


async def a_room(stage: Stage) -> Thing:
    return thing(room_id=await new_room(stage))


async def a_room_to_open(stage: Stage) -> Thing:
    return thing({"name": unique("Room")})


async def a_room_with_a_guest(stage: Stage) -> Thing:
    guest = await stage.person()
    return thing(room_id=await new_room(stage, guest), user_id=guest.id)


async def a_room_with_a_moderator(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await new_room(stage, guest)
    await stage.do(stage.owner, "PUT", f"/rooms/{room_id}/moderators/{guest.id}")
    return thing(room_id=room_id, user_id=guest.id)


async def a_room_with_a_ban(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await new_room(stage, guest)
    await stage.do(stage.owner, "DELETE", f"/rooms/{room_id}/participants/{guest.id}")
    return thing(room_id=room_id, user_id=guest.id)


async def a_seat(stage: Stage) -> Thing:
    return thing(room_id=await new_room(stage), number=1)


async def a_taken_seat(stage: Stage) -> Thing:
    room_id = await new_room(stage)
    await stage.do(stage.owner, "PUT", f"/rooms/{room_id}/seats/1")
    return thing(room_id=room_id, number=1)


async def a_message_to_send(stage: Stage) -> Thing:
    return thing({"content": "hello", "client_id": uuid.uuid4().hex}, room_id=await new_room(stage))


async def a_message(stage: Stage) -> Thing:
    room_id = await new_room(stage)
    body = {"content": "hello", "client_id": uuid.uuid4().hex}
    sent = await stage.do(stage.owner, "POST", f"/rooms/{room_id}/messages", json=body)
    return thing(message_id=sent.json()["id"])


async def somebody_to_report(stage: Stage) -> Thing:
    subject = await stage.person()
    return thing({"subject_type": "user", "subject_id": subject.id, "reason": "spam"})


async def a_report(stage: Stage) -> Thing:
    filed = await somebody_to_report(stage)
    answer = await stage.do(stage.owner, "POST", "/reports", **filed.options)
    return thing(report_id=answer.json()["id"])


async def a_private_message(stage: Stage) -> Thing:
    partner = await stage.person()
    return thing({"content": "hello", "client_id": uuid.uuid4().hex}, user_id=partner.id)


async def a_conversation(stage: Stage) -> Thing:
    partner = await stage.person()
    body = {"content": "hello", "client_id": uuid.uuid4().hex}
    path = f"/conversations/{stage.owner.id}/messages"
    await stage.do(partner, "POST", path, json=body)
    return thing(user_id=partner.id)


async def a_seat_to_offer(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await new_room(stage, guest)
    return thing({"kind": "invitation", "user_id": guest.id}, room_id=room_id)


async def an_offered_seat(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await new_room(stage, guest)
    body = {"kind": "invitation", "user_id": guest.id}
    asked = await stage.do(stage.owner, "POST", f"/rooms/{room_id}/seat-requests", json=body)
    return thing(request_id=asked.json()["id"])


async def a_wanted_seat(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await new_room(stage, guest)
    await stage.do(guest, "PUT", f"/rooms/{room_id}/follow")
    body = {"kind": "application"}
    await stage.do(stage.owner, "PATCH", f"/rooms/{room_id}", json={"seat_mode": "apply"})
    asked = await stage.do(guest, "POST", f"/rooms/{room_id}/seat-requests", json=body)
    return thing(request_id=asked.json()["id"])


ROOMS = [
    Row("GET /v1/rooms"),
    Row("POST /v1/rooms", a_room_to_open),
    Row("GET /v1/rooms/{room_id}", a_room),
    Row("PATCH /v1/rooms/{room_id}", a_room, json={"greetings": "Welcome"}, other=OWNER_ONLY),
    Row("DELETE /v1/rooms/{room_id}", a_room, other=OWNER_ONLY),
    Row("POST /v1/rooms/{room_id}/join", a_room, json={}),
    Row("POST /v1/rooms/{room_id}/leave", a_room),
    Row("POST /v1/rooms/{room_id}/heartbeat", a_room, other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/participants", a_room),
    Row(
        "PATCH /v1/rooms/{room_id}/participants/{user_id}",
        a_room_with_a_guest,
        json={"is_muted": True},
        other=NOT_IN_ROOM,
    ),
    Row(
        "DELETE /v1/rooms/{room_id}/participants/{user_id}",
        a_room_with_a_guest,
        other=NOT_IN_ROOM,
    ),
    Row("GET /v1/rooms/{room_id}/bans", a_room_with_a_ban, other=NOT_IN_ROOM),
    Row("DELETE /v1/rooms/{room_id}/bans/{user_id}", a_room_with_a_ban, other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/moderators", a_room),
    Row("PUT /v1/rooms/{room_id}/moderators/{user_id}", a_room_with_a_guest, other=OWNER_ONLY),
    Row(
        "DELETE /v1/rooms/{room_id}/moderators/{user_id}",
        a_room_with_a_moderator,
        other=OWNER_ONLY,
    ),
    Row("GET /v1/rooms/{room_id}/seats", a_room),
    Row("PUT /v1/rooms/{room_id}/seats/{number}", a_seat, json={}, other=NOT_IN_ROOM),
    Row("DELETE /v1/rooms/{room_id}/seats/{number}", a_taken_seat, other=NOT_IN_ROOM),
    Row(
        "PATCH /v1/rooms/{room_id}/seats/{number}",
        a_seat,
        json={"is_locked": True},
        other=NOT_IN_ROOM,
    ),
    Row("POST /v1/rooms/{room_id}/seat-requests", a_seat_to_offer, other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/seat-requests", a_room, other=NOT_IN_ROOM),
    Row(
        "POST /v1/seat-requests/{request_id}/accept",
        a_wanted_seat,
        other=NOT_IN_ROOM,
    ),
    Row(
        "POST /v1/seat-requests/{request_id}/decline",
        a_wanted_seat,
        other=NOT_IN_ROOM,
    ),
    Row(
        "DELETE /v1/seat-requests/{request_id}",
        an_offered_seat,
        other=NOT_IN_ROOM,
    ),
    Row("PUT /v1/rooms/{room_id}/follow", a_room),
    Row("DELETE /v1/rooms/{room_id}/follow", a_room),
    Row("GET /v1/rooms/{room_id}/followers", a_room),
    Row("GET /v1/rooms/{room_id}/events", a_room, query="?after=0", other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/gifts", a_room),
    Row("POST /v1/rooms/{room_id}/messages", a_message_to_send, other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/messages", a_room, other=NOT_IN_ROOM),
    Row("GET /v1/rooms/{room_id}/message-filter", a_room, other=NOT_IN_ROOM),
    Row(
        "PUT /v1/rooms/{room_id}/message-filter",
        a_room,
        json={"words": [], "allows_links": True},
        other=OWNER_ONLY,
    ),
    Row("DELETE /v1/messages/{message_id}", a_message, other=(404, "message.not_found")),
    Row("GET /v1/me/rooms/followed"),
    Row("GET /v1/conversations"),
    Row("POST /v1/reports", somebody_to_report),
    Row("GET /v1/conversations/{user_id}/messages", a_conversation),
    Row("POST /v1/conversations/{user_id}/messages", a_private_message),
    Row("POST /v1/conversations/{user_id}/read", a_conversation, json={"seq": 1}, other=INVALID),
]


async def _free(stage: Stage, person: Person) -> None:
    """Let somebody be in no agency, and own none that is open."""
    closing = "UPDATE agencies SET status = 'inactive' WHERE owner_id = :id RETURNING id"
    await stage.sql(closing, id=person.id)
    leaving = """
        UPDATE users SET agency_id = NULL, agency_role = 'member', agency_joined_at = NULL
        WHERE id = :id RETURNING id
    """
    await stage.sql(leaving, id=person.id)


async def _agency(stage: Stage, owner: Person) -> int:
    """An agency of his own, by SQL: nobody may found that many."""
    await _free(stage, owner)
    founding = """
        WITH a AS (INSERT INTO agencies (name, owner_id, member_count) VALUES (:name, :id, 1)
                   RETURNING id)
        UPDATE users SET agency_id = a.id, agency_role = 'admin', agency_joined_at = now()
        FROM a WHERE users.id = :id RETURNING a.id
    """
    return int(await stage.sql(founding, id=owner.id, name=f"Agency {uuid.uuid4().hex[:12]}"))


async def an_agency(stage: Stage) -> Thing:
    return thing(agency_id=await _agency(stage, stage.owner))


async def an_agency_to_found(stage: Stage) -> Thing:
    await _free(stage, stage.caller)
    await stage.sql("UPDATE users SET email_verified_at = now() WHERE id = :id", id=stage.caller.id)
    return thing({"name": f"Agency {uuid.uuid4().hex[:12]}"})


async def an_agency_to_join(stage: Stage) -> Thing:
    await _free(stage, stage.caller)
    return thing({"type": "application"}, agency_id=await _agency(stage, await stage.person()))


async def an_agency_to_leave(stage: Stage) -> Thing:
    owner = await stage.person()
    agency_id = await _agency(stage, owner)
    await _free(stage, stage.owner)
    asked = await stage.do(
        stage.owner, "POST", f"/agencies/{agency_id}/requests", json={"type": "application"}
    )
    await stage.do(owner, "POST", f"/agency-requests/{asked.json()['id']}/approve")
    return thing(agency_id=agency_id)


async def an_agency_to_hand_over(stage: Stage) -> Thing:
    found = await a_member(stage)
    return thing({"user_id": found.params["user_id"]}, agency_id=found.params["agency_id"])


async def an_application(stage: Stage) -> Thing:
    agency_id = await _agency(stage, stage.owner)
    person = await stage.person()
    body = {"type": "application"}
    asked = await stage.do(person, "POST", f"/agencies/{agency_id}/requests", json=body)
    return thing(request_id=asked.json()["id"])


async def an_invitation(stage: Stage) -> Thing:
    agency_id = await _agency(stage, stage.owner)
    person = await stage.person()
    body = {"type": "invitation", "user_id": person.id}
    asked = await stage.do(stage.owner, "POST", f"/agencies/{agency_id}/requests", json=body)
    return thing(request_id=asked.json()["id"])


async def a_member(stage: Stage) -> Thing:
    found = await an_application(stage)
    path = f"/agency-requests/{found.params['request_id']}/approve"
    joined = (await stage.do(stage.owner, "POST", path)).json()
    return thing(agency_id=joined["agency_id"], user_id=joined["user_id"])


MODERATORS_ONLY: Refusal = (403, "agency.moderators_only")
ADMIN_ONLY: Refusal = (403, "agency.admin_only")
NO_REQUEST: Refusal = (404, "agency_request.not_found")

AGENCIES = [
    Row("GET /v1/agencies"),
    Row("GET /v1/agencies/{agency_id}", an_agency),
    Row("PATCH /v1/agencies/{agency_id}", an_agency, json={"member_limit": 60}, other=ADMIN_ONLY),
    Row("GET /v1/agencies/{agency_id}/requests", an_agency, other=MODERATORS_ONLY),
    Row("GET /v1/agencies/{agency_id}/earnings", an_agency, other=MODERATORS_ONLY),
    Row("GET /v1/agencies/{agency_id}/earnings.csv", an_agency, other=MODERATORS_ONLY),
    Row("GET /v1/agencies/{agency_id}/members", an_agency),
    Row("GET /v1/me/agency-requests"),
    Row("GET /v1/me/agency-earnings"),
    Row("GET /v1/me/agency-earnings.csv"),
    Row("GET /v1/me/agency-earnings/what-if"),
    Row("POST /v1/agency-requests/{request_id}/approve", an_application, other=NO_REQUEST),
    Row("POST /v1/agency-requests/{request_id}/reject", an_application, other=NO_REQUEST),
    Row("DELETE /v1/agency-requests/{request_id}", an_invitation, other=NO_REQUEST),
    Row(
        "PATCH /v1/agencies/{agency_id}/members/{user_id}",
        a_member,
        json={"agency_role": "moderator"},
        other=ADMIN_ONLY,
    ),
    Row("DELETE /v1/agencies/{agency_id}/members/{user_id}", a_member, other=MODERATORS_ONLY),
    Row("POST /v1/agencies", an_agency_to_found),
    Row("POST /v1/agencies/{agency_id}/requests", an_agency_to_join),
    Row(
        "POST /v1/agencies/{agency_id}/leave",
        an_agency_to_leave,
        other=(404, "agency.not_a_member"),
    ),
    Row("POST /v1/agencies/{agency_id}/transfer", an_agency_to_hand_over, other=ADMIN_ONLY),
    Row("DELETE /v1/agencies/{agency_id}", an_agency, other=ADMIN_ONLY),
]


async def a_board(stage: Stage) -> Thing:
    return thing(category="wealth")


RANKINGS = [
    Row("GET /v1/rankings/{category}", a_board),
    Row("GET /v1/rankings/{category}/explain", a_board, query="?subject_id=1"),
]
