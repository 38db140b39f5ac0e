"""Who may call what: one row for each address, against each kind of caller.

A row says how the thing it needs is made (`make`, for `stage.owner`; what is the caller's own, for
`stage.caller`), and how its owner (`user`) and anybody else (`other`) fare: None succeeds, else
the refusal's status and code. Everywhere, by rule:

- nobody, a blocked user and an expired token are 401, unless `nobody` says that no token is
  needed (a token that is sent and does not hold is refused there too);
- staff of each role are like any other user, but for ``/v1/admin``, where `staff` says who may,
  the other roles lack the right, and everybody else is no staff.

tests/test_access.py walks it.
"""

import io
import itertools
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pyotp
from PIL import Image

from flylive.accounts import codes, staff_sessions, totp
from flylive.accounts.audit import Actor
from flylive.accounts.proposals import service as proposals
from flylive.accounts.proposals.service import Wish
from flylive.accounts.staff import Role
from flylive.database import Transaction
from flylive.http.addresses import UNKNOWN
from flylive.ids import sha256_hex
from tests.accounts.provider import PlayedProvider
from tests.stage import PASSWORD, Stage
from tests.world import Person

Refusal = tuple[int, str]

ROLES = {role.value: role for role in Role}
KINDS = ("nobody", "user", "other", "blocked", "expired", *ROLES)

UNAUTHENTICATED: Refusal = (401, "auth.unauthenticated")
NO_STAFF: Refusal = (403, "staff.required")
NO_RIGHT: Refusal = (403, "staff.right_missing")
NOT_IN_ROOM: Refusal = (403, "room.not_in_room")
OWNER_ONLY: Refusal = (403, "room.owner_only")
ONESELF: Refusal = (422, "user.not_oneself")
INVALID: Refusal = (422, "request.invalid")

google = PlayedProvider("google", "https://accounts.google.com", "our-app")
"""Played; tests/test_access.py starts it."""


@dataclass(frozen=True)
class Thing:
    """What a call is about: the parts of its path, and what it sends (`json`, `files`, `data`)."""

    params: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def thing(json: Any = None, **params: Any) -> Thing:
    """A thing by the names in the path, with the body that fits it."""
    return Thing(params, {} if json is None else {"json": json})


Make = Callable[[Stage], Awaitable[Thing]]


async def nothing(stage: Stage) -> Thing:
    """The call needs no thing."""
    return Thing()


@dataclass(frozen=True)
class Row:
    """One address. `is_for_caller`: a GET whose thing must be made for each caller anew."""

    address: str
    make: Make = nothing
    json: Any = None
    query: str = ""
    user: Refusal | None = None
    other: Refusal | None = None
    nobody: bool = False
    staff: frozenset[Role] | None = None
    is_for_caller: bool = False

    @property
    def method(self) -> str:
        """Such as GET."""
        return self.address.partition(" ")[0]

    @property
    def path(self) -> str:
        """Such as /v1/rooms/{room_id}."""
        return self.address.partition(" ")[2]

    def refusal(self, kind: str) -> Refusal | None:
        """How a caller of this kind is refused; None if he is not."""
        if kind == "nobody":
            return None if self.nobody else UNAUTHENTICATED
        if kind in ("blocked", "expired"):
            return UNAUTHENTICATED
        if self.staff is not None:
            if kind not in ROLES:
                return NO_STAFF
            return None if ROLES[kind] in self.staff else NO_RIGHT
        return self.user if kind == "user" else self.other


def anybody(**body: Callable[[Stage], Any]) -> Make:
    """A body whose fields are looked up on the stage."""

    async def make(stage: Stage) -> Thing:
        return thing({name: find(stage) for name, find in body.items()})

    return make


def a_picture(**fields: str) -> Make:
    """A small PNG, as a form's file."""

    async def make(stage: Stage) -> Thing:
        png = io.BytesIO()
        Image.new("RGB", (8, 8), "teal").save(png, "PNG")
        files = {"file": ("me.png", png.getvalue(), "image/png")}
        return Thing({}, {"files": files, "data": fields})

    return make


async def a_device(stage: Stage) -> Thing:
    return thing({"token": uuid.uuid4().hex, "platform": "ios"})


def _unique(word: str) -> str:
    return f"{word} {uuid.uuid4().hex[:10]}"


# --- accounts -------------------------------------------------------------------------------


async def a_sign_up(stage: Stage) -> Thing:
    return thing(
        {
            "name": "New", "email": f"{uuid.uuid4().hex}@flylive.example", "password": PASSWORD,
            "dob": "1990-01-01", "gender": 2, "country": "AE",
        }
    )  # fmt: skip


async def a_google_sign_up(stage: Stage) -> Thing:
    token = google.token(uuid.uuid4().hex)
    body = {"provider": "google", "id_token": token, "name": "New", "dob": "1990-01-01"}
    return thing(body | {"gender": 2, "country": "AE"})


async def a_google_identity(stage: Stage) -> Thing:
    return thing({"provider": "google", "id_token": google.token(uuid.uuid4().hex)})


async def a_linked_identity(stage: Stage) -> Thing:
    await stage.sql(
        "INSERT INTO user_identities (user_id, provider, provider_id)"
        " VALUES (:user_id, 'google', :sub)",
        user_id=stage.caller.id,
        sub=uuid.uuid4().hex,
    )
    return thing(provider="google")


async def a_second_token(stage: Stage) -> Thing:
    token = await stage.token(stage.owner.id)
    return thing(token_id=token.partition("|")[0])


async def a_mailed_reset(stage: Stage) -> Thing:
    token = uuid.uuid4().hex
    email = stage.owner.user["email"]
    await stage.sql(
        "INSERT INTO password_reset_tokens (email, token, expires_at)"
        " VALUES (:email, :token, now() + interval '1 hour')",
        email=email,
        token=sha256_hex(token),
    )
    return thing({"email": email, "token": token, "password": "yet another password"})


async def a_mailed_verification(stage: Stage) -> Thing:
    token = uuid.uuid4().hex
    await stage.sql(
        "INSERT INTO email_verification_tokens (user_id, email, token, expires_at)"
        " VALUES (:user_id, :email, :token, now() + interval '1 day')",
        user_id=stage.owner.id,
        email=stage.owner.user["email"],
        token=sha256_hex(token),
    )
    return thing({"token": token})


async def a_new_email(stage: Stage) -> Thing:
    return thing({"email": f"{uuid.uuid4().hex}@flylive.example", "password": PASSWORD})


async def a_new_phone(stage: Stage) -> Thing:
    return thing({"phone": f"+9230{stage.caller.id:08d}", "password": PASSWORD})


def a_change(kind: str) -> Make:
    async def make(stage: Stage) -> Thing:
        contact = {"email": f"{uuid.uuid4().hex}@flylive.example"}
        contact["phone"] = f"+9231{stage.caller.id:08d}"
        await stage.sql(
            "INSERT INTO contact_changes (user_id, kind, contact, code, expires_at)"
            " VALUES (:user_id, :kind, :contact, :code, now() + interval '5 minutes')",
            user_id=stage.caller.id,
            kind=kind,
            contact=contact[kind],
            code=await codes.hash_code(
                stage.settings, "123456", f"change-{kind}", stage.caller.id, contact[kind]
            ),
        )
        return thing({"code": "123456"})

    return make


ACCOUNTS = [
    Row("POST /v1/auth/register", a_sign_up, nobody=True),
    Row(
        "POST /v1/auth/login",
        anybody(login=lambda s: s.owner.user["email"], password=lambda s: PASSWORD),
        nobody=True,
    ),
    Row("POST /v1/auth/social", a_google_sign_up, nobody=True),
    Row("POST /v1/auth/logout"),
    Row("GET /v1/auth/tokens"),
    Row("DELETE /v1/auth/tokens"),
    Row(
        "DELETE /v1/auth/tokens/{token_id}",
        a_second_token,
        other=(404, "auth.token_not_found"),
    ),
    Row(
        "POST /v1/auth/password/change",
        json={"current_password": PASSWORD, "password": "yet another password"},
    ),
    Row(
        "POST /v1/auth/password/forgot",
        anybody(email=lambda s: s.owner.user["email"]),
        nobody=True,
    ),
    Row("POST /v1/auth/password/reset", a_mailed_reset, nobody=True),
    Row("POST /v1/auth/email/verification"),
    Row("POST /v1/auth/email/verify", a_mailed_verification, nobody=True),
    Row("GET /v1/me"),
    Row("PATCH /v1/me", json={"name": "Another"}),
    Row("DELETE /v1/me", json={"password": PASSWORD}),
    Row("POST /v1/me/email", a_new_email),
    Row("POST /v1/me/email/confirm", a_change("email")),
    Row("POST /v1/me/phone", a_new_phone),
    Row("POST /v1/me/phone/confirm", a_change("phone")),
    Row("GET /v1/me/identities"),
    Row("POST /v1/me/identities", a_google_identity),
    Row("DELETE /v1/me/identities/{provider}", a_linked_identity),
    Row("PUT /v1/me/avatar", a_picture()),
    Row("POST /v1/uploads", a_picture(purpose="message")),
    Row("PUT /v1/me/push-tokens", a_device),
    Row("DELETE /v1/me/push-tokens", json={"token": "a-token"}),
    Row("GET /v1/me/preferences"),
    Row("PATCH /v1/me/preferences", json={"language": "ar"}),
    Row("GET /v1/announcements"),
    Row("POST /v1/realtime/tickets"),
]

# --- people ---------------------------------------------------------------------------------


async def the_owner(stage: Stage) -> Thing:
    return thing(user_id=stage.owner.id)


PEOPLE = [
    Row("GET /v1/users", query="?q=somebody"),
    Row("GET /v1/users/{user_id}", the_owner),
    Row("PUT /v1/users/{user_id}/follow", the_owner, user=ONESELF),
    Row("DELETE /v1/users/{user_id}/follow", the_owner),
    Row("GET /v1/users/{user_id}/followers", the_owner),
    Row("GET /v1/users/{user_id}/following", the_owner),
    Row("PUT /v1/users/{user_id}/block", the_owner, user=ONESELF),
    Row("DELETE /v1/users/{user_id}/block", the_owner),
    Row("GET /v1/me/blocks"),
    Row("GET /v1/me/friends"),
    Row("GET /v1/users/{user_id}/gift-wall", the_owner),
]

# --- rooms ----------------------------------------------------------------------------------


async def _room(stage: Stage, *guests: Person) -> int:
    body = {"name": _unique("Room")}
    room_id = int((await stage.do(stage.owner, "POST", "/rooms", json=body)).json()["id"])
    for person in (stage.owner, *guests):
        await stage.do(person, "POST", f"/rooms/{room_id}/join")
    return room_id


async def a_room(stage: Stage) -> Thing:
    return thing(room_id=await _room(stage))


async def a_room_to_open(stage: Stage) -> Thing:
    return thing({"name": _unique("Room")})


async def a_room_with_a_guest(stage: Stage) -> Thing:
    guest = await stage.person()
    return thing(room_id=await _room(stage, guest), user_id=guest.id)


async def a_room_with_a_moderator(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await _room(stage, guest)
    await stage.do(stage.owner, "PUT", f"/rooms/{room_id}/moderators/{guest.id}")
    return thing(room_id=room_id, user_id=guest.id)


async def a_room_with_a_ban(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await _room(stage, guest)
    await stage.do(stage.owner, "DELETE", f"/rooms/{room_id}/participants/{guest.id}")
    return thing(room_id=room_id, user_id=guest.id)


async def a_seat(stage: Stage) -> Thing:
    return thing(room_id=await _room(stage), number=1)


async def a_taken_seat(stage: Stage) -> Thing:
    room_id = await _room(stage)
    await stage.do(stage.owner, "PUT", f"/rooms/{room_id}/seats/1")
    return thing(room_id=room_id, number=1)


async def a_message_to_send(stage: Stage) -> Thing:
    return thing({"content": "hello", "client_id": uuid.uuid4().hex}, room_id=await _room(stage))


async def a_message(stage: Stage) -> Thing:
    room_id = await _room(stage)
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
    room_id = await _room(stage, guest)
    return thing({"kind": "invitation", "user_id": guest.id}, room_id=room_id)


async def an_offered_seat(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await _room(stage, guest)
    body = {"kind": "invitation", "user_id": guest.id}
    asked = await stage.do(stage.owner, "POST", f"/rooms/{room_id}/seat-requests", json=body)
    return thing(request_id=asked.json()["id"])


async def a_wanted_seat(stage: Stage) -> Thing:
    guest = await stage.person()
    room_id = await _room(stage, guest)
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

# --- money ----------------------------------------------------------------------------------


async def a_ledger_row(stage: Stage) -> Thing:
    await stage.give(stage.owner, coins=5)
    statement = "SELECT id FROM transactions WHERE user_id = :user_id"
    return thing(transaction_id=await stage.sql(statement, user_id=stage.owner.id))


async def diamonds_to_exchange(stage: Stage) -> Thing:
    await stage.give(stage.caller, diamonds=20)
    return thing({"diamonds": 10})


async def _package(stage: Stage) -> int:
    package_id: int = await stage.sql(
        "INSERT INTO recharge_packages (name, coin_amount, price) VALUES ('Small', 100, 0.99)"
        " RETURNING id"
    )
    return package_id


async def a_package(stage: Stage) -> Thing:
    return thing({"package_id": await _package(stage), "provider": "sandbox"})


async def an_order(stage: Stage) -> Thing:
    body = {"package_id": await _package(stage), "provider": "sandbox"}
    order = await stage.do(stage.owner, "POST", "/recharge/orders", json=body)
    return thing(order_id=order.json()["id"])


async def _reseller(stage: Stage, person: Person) -> None:
    await stage.sql("INSERT INTO resellers (user_id) VALUES (:user_id)", user_id=person.id)
    await stage.give(person, coins=1000)


async def a_reseller_of_the_owner(stage: Stage) -> Thing:
    await _reseller(stage, stage.owner)
    return Thing()


async def a_transfer(stage: Stage) -> Thing:
    await _reseller(stage, stage.owner)
    return thing({"to_user_id": (await stage.person()).id, "amount": "5.00"})


async def a_reseller_to_ask(stage: Stage) -> Thing:
    seller = await stage.person()
    await _reseller(stage, seller)
    return thing({"requested_from": seller.id, "amount": "5.00", "type": "purchase"})


def a_coin_request(*, by_owner: bool, is_credit: bool = False) -> Make:
    """A request that waits: by the owner, or to him as a reseller; on credit, approved."""

    async def make(stage: Stage) -> Thing:
        other = await stage.person()
        asker, seller = (stage.owner, other) if by_owner else (other, stage.owner)
        await _reseller(stage, seller)
        body: dict[str, Any] = {"requested_from": seller.id, "amount": "5.00"}
        body |= {"type": "credit", "credit_days": 3} if is_credit else {"type": "purchase"}
        asked = await stage.do(asker, "POST", "/coin-requests", json=body)
        request_id = asked.json()["id"]
        if is_credit:
            await stage.do(seller, "POST", f"/coin-requests/{request_id}/approve")
        return thing(request_id=request_id)

    return make


NO_REQUEST: Refusal = (404, "coin_request.not_found")
NO_ORDER: Refusal = (404, "recharge.order_not_found")
NO_RESELLER: Refusal = (403, "reseller.required")

# Only the provider's own signature opens these (tests/wallet/recharge); no token does.
SIGNED_BY_PROVIDERS = [
    Row(f"POST /v1/webhooks/{provider}", json={}, user=UNAUTHENTICATED, other=UNAUTHENTICATED)
    for provider in ("stripe", "google-play", "app-store")
]

MONEY = [
    Row("GET /v1/wallet"),
    Row("GET /v1/wallet/transactions"),
    Row(
        "GET /v1/wallet/transactions/{transaction_id}",
        a_ledger_row,
        other=(404, "wallet.transaction_not_found"),
    ),
    Row("POST /v1/wallet/exchange", diamonds_to_exchange),
    Row("GET /v1/wallet/exchange/preview", query="?diamonds=10"),
    Row("GET /v1/recharge/packages"),
    Row("POST /v1/recharge/orders", a_package),
    Row("GET /v1/recharge/orders/{order_id}", an_order, other=NO_ORDER),
    Row(
        "POST /v1/recharge/orders/{order_id}/sandbox",
        an_order,
        json={"outcome": "paid"},
        other=NO_ORDER,
    ),
    Row("POST /v1/recharge/orders/{order_id}/confirm", an_order, json={}, other=NO_ORDER),
    *SIGNED_BY_PROVIDERS,
    Row("POST /v1/wallet/transfers", a_transfer, other=NO_RESELLER),
    Row("GET /v1/resellers"),
    Row("GET /v1/resellers/me/statement", a_reseller_of_the_owner, other=NO_RESELLER),
    Row("GET /v1/resellers/me/statement.csv", a_reseller_of_the_owner, other=NO_RESELLER),
    Row("GET /v1/coin-requests"),
    Row("POST /v1/coin-requests", a_reseller_to_ask),
    Row("GET /v1/coin-requests/{request_id}", a_coin_request(by_owner=True), other=NO_REQUEST),
    Row(
        "POST /v1/coin-requests/{request_id}/approve",
        a_coin_request(by_owner=False),
        json={},
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/reject",
        a_coin_request(by_owner=False),
        json={},
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/cancel",
        a_coin_request(by_owner=True),
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/settle",
        a_coin_request(by_owner=False, is_credit=True),
        other=NO_REQUEST,
    ),
]

# --- gifts ----------------------------------------------------------------------------------


async def _gift(stage: Stage, **columns: str) -> int:
    values = {
        "name": _unique("Gift"), "price": "1.00", "thumbnail_url": "/assets/gifts/rose.svg",
        "category": "normal",
    } | columns  # fmt: skip
    casts = {"price": "numeric", "lucky_odds": "jsonb"}
    marks = ", ".join(f"CAST(:{name} AS {casts.get(name, 'text')})" for name in values)
    gift_id: int = await stage.sql(
        f"INSERT INTO gifts ({', '.join(values)}) VALUES ({marks}) RETURNING id", **values
    )
    return gift_id


async def a_gift_to_send(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=10)
    recipient = await stage.person()
    body = {"gift_id": await _gift(stage), "recipient_ids": [recipient.id], "quantity": 1}
    return thing(body)


ODDS = '{"entries": [{"weight": 1, "multiplier": "0.50"}], "total": 1}'


async def a_draw(stage: Stage) -> Thing:
    await stage.give(stage.owner, coins=10)
    recipient = await stage.person()
    body = {
        "gift_id": await _gift(stage, category="lucky", lucky_odds=ODDS),
        "recipient_ids": [recipient.id],
        "quantity": 1,
    }
    sent = (await stage.do(stage.owner, "POST", "/gifts/send", json=body)).json()
    return thing(gift_transaction_id=sent["lines"][0]["gift_transaction_id"])


GIFTS = [
    Row("GET /v1/gifts"),
    Row("POST /v1/gifts/send", a_gift_to_send),
    Row("GET /v1/gifts/transactions", query="?box=sent"),
    Row("GET /v1/fairness"),
    Row("POST /v1/fairness/rotate", json={}),
    Row("PUT /v1/fairness/client-seed", json={"client_seed": "my-own-seed"}),
    Row("GET /v1/fairness/draws"),
    Row(
        "GET /v1/fairness/draws/{gift_transaction_id}",
        a_draw,
        other=(404, "fairness.draw_not_found"),
    ),
]

# --- couples --------------------------------------------------------------------------------


async def a_proposal(stage: Stage) -> Thing:
    """To the owner, by somebody else."""
    gift = stage.world.gift("1.00", category="cp")
    suitor = await stage.person()
    await stage.give(suitor, coins=10)
    body = {"gift_id": gift, "recipient_ids": [stage.owner.id], "quantity": 1}
    sent = (await stage.do(suitor, "POST", "/gifts/send", json=body)).json()
    return thing(request_id=sent["couple_request_id"])


async def a_partner(stage: Stage) -> Thing:
    """The owner has one."""
    asked = await a_proposal(stage)
    await stage.do(stage.owner, "POST", f"/couples/requests/{asked.params['request_id']}/accept")
    return Thing()


NO_REQUEST: Refusal = (404, "couple.request_not_found")

COUPLES = [
    Row("GET /v1/couples/me"),
    Row("POST /v1/couples/requests/{request_id}/accept", a_proposal, other=NO_REQUEST),
    Row("POST /v1/couples/requests/{request_id}/decline", a_proposal, other=NO_REQUEST),
    Row("DELETE /v1/couples/me", a_partner, other=(404, "couple.not_found")),
]

# --- games ----------------------------------------------------------------------------------


async def _provider(stage: Stage) -> int:
    name = f"house_{uuid.uuid4().hex[:10]}"
    statement = "INSERT INTO game_providers (name) VALUES (:name) RETURNING id"
    return int(await stage.sql(statement, name=name))


async def a_game(stage: Stage) -> Thing:
    code = f"game_{uuid.uuid4().hex[:10]}"
    game_id = await stage.sql(
        "INSERT INTO games (provider_id, code, name, launch_url, min_bet, max_bet, max_win)"
        " VALUES (:provider_id, :code, 'Game', 'https://games.example', 1, 10, 100) RETURNING id",
        provider_id=await _provider(stage),
        code=code,
    )
    return thing(game=code, game_id=game_id)


async def a_provider(stage: Stage) -> Thing:
    return thing(provider_id=await _provider(stage))


async def a_game_to_make(stage: Stage) -> Thing:
    body = {
        "code": f"new_{uuid.uuid4().hex[:10]}",
        "name": "New",
        "launch_url": "https://x.example",
    }
    bets = {"min_bet": 1, "max_bet": "10.00", "max_win": 100}
    return thing(body | bets | {"provider_id": await _provider(stage)} | REASON)


GAMES = [
    Row("GET /v1/games"),
    Row("POST /v1/games/{game}/sessions", a_game, json={}),
    Row("DELETE /v1/games/{game}/sessions", a_game),
    # A user's token opens none of a provider's addresses; tests/games show who may.
    *(
        Row(
            f"POST /v1/games/{{game}}/wallet/{verb}",
            a_game,
            json={},
            user=UNAUTHENTICATED,
            other=UNAUTHENTICATED,
        )
        for verb in ("balance", "bet", "win", "rollback")
    ),
]

# --- levels, VIP, badges, frames, themes ------------------------------------------------------


async def _frame(stage: Stage) -> int:
    frame_id: int = await stage.sql(
        "INSERT INTO frames (name, price, static_src) VALUES ('Plain', 5, '/assets/f.svg')"
        " RETURNING id"
    )
    return frame_id


async def _theme(stage: Stage, price: str = "5.00") -> int:
    theme_id: int = await stage.sql(
        "INSERT INTO themes (name, price) VALUES ('Dusk', CAST(:price AS numeric)) RETURNING id",
        price=price,
    )
    return theme_id


async def a_frame_to_buy(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=5)
    return thing({}, frame_id=await _frame(stage))


async def an_owned_frame(stage: Stage) -> Thing:
    frame_id = await _frame(stage)
    await stage.give(stage.owner, coins=5)
    await stage.do(stage.owner, "POST", f"/frames/{frame_id}/purchase")
    return thing(frame_id=frame_id)


async def a_theme(stage: Stage) -> Thing:
    return thing(theme_id=await _theme(stage))


async def a_theme_to_buy(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=5)
    return thing(theme_id=await _theme(stage))


async def a_room_to_decorate(stage: Stage) -> Thing:
    return thing({"theme_id": await _theme(stage, "0.00")}, room_id=await _room(stage))


NO_FRAME: Refusal = (404, "frame.not_owned")

PROGRESSION = [
    Row("GET /v1/levels"),
    Row("GET /v1/users/{user_id}/levels", the_owner),
    Row("GET /v1/rooms/{room_id}/levels", a_room),
    Row("GET /v1/vip"),
    Row("GET /v1/badges"),
    Row("GET /v1/users/{user_id}/badges", the_owner),
    Row("GET /v1/rooms/{room_id}/badges", a_room),
    Row("GET /v1/me/badges/progress"),
    Row("GET /v1/frames"),
    Row("POST /v1/frames/{frame_id}/purchase", a_frame_to_buy),
    Row("GET /v1/me/frames"),
    Row("PUT /v1/me/frames/{frame_id}/active", an_owned_frame, other=NO_FRAME),
    Row("DELETE /v1/me/frames/{frame_id}/active", an_owned_frame, other=NO_FRAME),
    Row("GET /v1/themes"),
    Row("GET /v1/themes/{theme_id}", a_theme),
    Row("POST /v1/themes/{theme_id}/purchase", a_theme_to_buy),
    Row("GET /v1/me/themes"),
    Row("PUT /v1/rooms/{room_id}/theme", a_room_to_decorate, other=OWNER_ONLY),
]


# --- staff ----------------------------------------------------------------------------------

EVERY_VIEWER = frozenset(Role) - {Role.CATALOGUE}
ROOM_VIEWERS = EVERY_VIEWER - {Role.FINANCE}
REASON = {"reason": "as the access table says"}


def a_person(change: str | None = None, **body: Any) -> Make:
    """Somebody to act on, who is no staff and not the owner."""

    async def make(stage: Stage) -> Thing:
        person = await stage.person()
        if change is not None:
            await stage.sql(change, user_id=person.id)
        sent = {name: value() if callable(value) else value for name, value in body.items()}
        return thing(sent or None, user_id=person.id)

    return make


async def somebody_to_adjust(stage: Stage) -> Thing:
    person = await stage.person()
    return thing({"user_id": person.id, "currency": "coins", "amount": "1.00", **REASON})


async def an_adjustment(stage: Stage) -> Thing:
    statement = """
        INSERT INTO adjustments (user_id, currency_type, amount, reason, status, needs_second,
                                 requested_by, requested_at)
        VALUES (:user_id, 1, 5, 'why', 'pending', true, :asker_id, now()) RETURNING id
    """
    person, asker = await stage.person(), await stage.person()
    return thing(adjustment_id=await stage.sql(statement, user_id=person.id, asker_id=asker.id))


async def a_gift_given(stage: Stage) -> Thing:
    giver, recipient = await stage.person(), await stage.person()
    await stage.give(giver, coins=10)
    body = {"gift_id": await _gift(stage), "recipient_ids": [recipient.id], "quantity": 1}
    sent = (await stage.do(giver, "POST", "/gifts/send", json=body)).json()
    return thing(REASON, gift_transaction_id=sent["lines"][0]["gift_transaction_id"])


async def a_gift_to_keep(stage: Stage) -> Thing:
    given = await a_gift_given(stage)
    await stage.sql(
        "INSERT INTO gift_reversal_requests (gift_transaction_id, sent_at, reason, requested_by,"
        " requested_at) SELECT id, sent_at, 'why', sender_id, now() FROM gift_transactions"
        " WHERE id = :id",
        id=given.params["gift_transaction_id"],
    )
    return given


async def a_paid_order(stage: Stage) -> Thing:
    buyer = await stage.person()
    await stage.world.recharge(buyer, 100)
    statement = "SELECT id FROM recharge_orders WHERE user_id = :user_id"
    return thing(order_id=await stage.sql(statement, user_id=buyer.id))


async def an_order_at_google(stage: Stage) -> Thing:
    """Not paid yet, so that nobody is to be asked."""
    buyer = await stage.person()
    statement = """
        INSERT INTO recharge_orders (user_id, package_id, provider, coin_amount, price, currency)
        VALUES (:user_id, :package_id, 'google_play', 5, 1, 'USD') RETURNING id
    """
    package = stage.world.package(5)
    number = await stage.sql(statement, user_id=buyer.id, package_id=package)
    return thing(order_id=number)


async def a_refund(stage: Stage) -> Thing:
    order, asker = await a_paid_order(stage), await stage.person()
    statement = """
        INSERT INTO order_refunds (order_id, coins, reason, status, needs_second, requested_by,
                                   requested_at)
        VALUES (:order_id, 100, 'why', 'pending', true, :asker_id, now()) RETURNING id
    """
    return thing(refund_id=await stage.sql(statement, asker_id=asker.id, **order.params))


A_PACKAGE = {"name": "Purse", "coin_amount": 500, "price": "4.99", **REASON}


async def a_package_to_edit(stage: Stage) -> Thing:
    return thing({"price": "5.99", **REASON}, package_id=stage.world.package(500))


async def a_coin_request_of_others(stage: Stage) -> Thing:
    asker, seller = await stage.person(), await stage.person()
    statement = """
        INSERT INTO coin_requests (user_id, requested_from, amount, type)
        VALUES (:user_id, :seller_id, 5, 'purchase') RETURNING id
    """
    number = await stage.sql(statement, user_id=asker.id, seller_id=seller.id)
    return thing(request_id=number)


async def somebody_reachable(stage: Stage) -> Thing:
    person = await stage.person()
    await stage.sql(
        "UPDATE users SET email_verified_at = now() WHERE id = :user_id", user_id=person.id
    )
    return thing(user_id=person.id)


async def a_reseller_of_ours(stage: Stage) -> Thing:
    person = await stage.person()
    await stage.sql("INSERT INTO resellers (user_id) VALUES (:user_id)", user_id=person.id)
    return thing(user_id=person.id)


async def _vip_levels(stage: Stage) -> None:
    await stage.sql(
        "INSERT INTO levels (name, type, level_number, required_xp) VALUES ('VIP 1', 'vip', 1, 100)"
        " ON CONFLICT DO NOTHING"
    )


async def somebody_for_vip(stage: Stage) -> Thing:
    await _vip_levels(stage)
    person = await stage.person()
    return thing({"vip_level": 1, "days": 7, **REASON}, user_id=person.id)


async def somebody_with_vip(stage: Stage) -> Thing:
    await _vip_levels(stage)
    person = await stage.person()
    await stage.sql(
        "UPDATE users SET vip_level = 1, vip_expires_at = now() + interval '3 days'"
        " WHERE id = :user_id",
        user_id=person.id,
    )
    return thing(user_id=person.id)


async def other_settings(stage: Stage) -> Thing:
    version = await stage.sql("SELECT COALESCE(max(id), 0) FROM platform_settings")
    changes = {"buyer_daily_coins": 20_000 + version}
    return thing({"version": version, "changes": changes, **REASON})


FINANCE = frozenset({Role.ADMIN, Role.FINANCE})
LEDGER_VIEWERS = FINANCE | {Role.SUPPORT, Role.READ_ONLY}
DASHBOARD = LEDGER_VIEWERS
RING_DECIDERS = FINANCE | {Role.MODERATOR}
RING_VIEWERS = LEDGER_VIEWERS | RING_DECIDERS


async def a_look(stage: Stage) -> Thing:
    statement = """
        INSERT INTO ring_runs (asked_by, since, until, end_id, starts_at, step, finished_at)
        VALUES (:user_id, now() - interval '1 day', now(), 1, now(), 'done', now()) RETURNING id
    """
    return thing(run_id=await stage.sql(statement, user_id=stage.owner.id))


async def no_look(stage: Stage) -> Thing:
    """None that is under way."""
    await stage.sql("UPDATE ring_runs SET step = 'done', finished_at = now()")
    return thing()


def a_finding(status: str = "open") -> Make:
    """A finding about somebody, in this state."""

    async def make(stage: Stage) -> Thing:
        run_id = (await a_look(stage)).params["run_id"]
        person = await stage.person()
        statement = """
            WITH f AS (
                INSERT INTO ring_findings (kind, about, run_id, strength, coins, facts, first_at,
                                           last_at, status, decided_by, decided_at, decision)
                VALUES ('circle', CAST(:user_id AS text), :run_id, 60, 100, '{}', now(), now(),
                        CAST(:status AS text), :user_id, now(), 'because') RETURNING id)
            INSERT INTO ring_members (finding_id, user_id, role)
            SELECT id, :user_id, 'member' FROM f RETURNING finding_id
        """
        values = {"user_id": person.id, "run_id": run_id, "status": status}
        return thing(finding_id=await stage.sql(statement, **values))

    return make


MODERATORS = frozenset({Role.ADMIN, Role.MODERATOR})
CATALOGUE = frozenset({Role.ADMIN, Role.CATALOGUE})
A_GIFT = {
    "name": "Rose",
    "price": "1.00",
    "category": "normal",
    "thumbnail_url": "/assets/gifts/rose.svg",
    **REASON,
}


async def a_gift_to_edit(stage: Stage) -> Thing:
    return thing({"price": "2.00", **REASON}, gift_id=stage.world.gift("1.00"))


ADMINS = frozenset({Role.ADMIN})


async def a_new_level(stage: Stage) -> Thing:
    number = await stage.sql("SELECT COALESCE(max(level_number), 1) + 1 FROM levels")
    body = {"type": "charm", "level_number": number, "name": "High", "required_xp": number * 100}
    return thing(body | REASON)


async def a_level(stage: Stage) -> Thing:
    number = await stage.sql("SELECT COALESCE(max(level_number), 1) + 1 FROM levels")
    level_id = await stage.sql(
        "INSERT INTO levels (name, type, level_number, required_xp)"
        " VALUES ('High', 'charm', :number, :xp) RETURNING id",
        number=number,
        xp=number * 100,
    )
    return thing({"name": "Higher", **REASON}, level_id=level_id)


async def a_staff_proposal(stage: Stage) -> Thing:
    """Of something that the caller may do himself: finance settings, others the catalogue."""
    await stage.sql("DELETE FROM staff_proposals")
    role = await stage.sql("SELECT role FROM staff_members WHERE user_id = :id", id=stage.caller.id)
    verb, subject, body = "level.create", "level", (await a_new_level(stage)).options["json"]
    body = {name: value for name, value in body.items() if name != "reason"}
    if role == Role.FINANCE:
        version = await stage.sql("SELECT COALESCE(max(id), 0) FROM platform_settings")
        verb, subject, body = "settings.change", "settings", {"refund_limit": str(20_000 + version)}
    wish = Wish(verb, subject, None, body, "because")
    proposer = await stage.person(Role.ADMIN)

    async def work(tx: Transaction) -> int:
        return (await proposals.keep(tx, Actor(proposer.id, "admin", None), wish)).id

    return thing(REASON, proposal_id=await stage.database.run(work))


async def a_run(stage: Stage) -> Thing:
    statement = (
        "INSERT INTO catalogue_runs (kind, subject, end_id, starts_at)"
        " VALUES ('levels', 'charm', 1, now()) RETURNING id"
    )
    return thing(run_id=await stage.sql(statement))


A_BADGE = {
    "name": "Early",
    "category": "personal",
    "requirements": {"metric": "gifts_sent", "gte": 1_000_000},
    "icon_url": "/assets/badges/early.svg",
    **REASON,
}
A_FRAME = {"name": "Plain", "price": "5.00", "static_src": "/assets/frames/plain.svg", **REASON}


async def a_badge(stage: Stage) -> Thing:
    badge_id = await stage.sql(
        "INSERT INTO badges (name, category, requirements, icon_url) VALUES ('Early', 'personal',"
        """ '{"metric": "gifts_sent", "gte": 1000000}', '/assets/badges/early.svg') RETURNING id"""
    )
    return thing({"name": "Earlier", **REASON}, badge_id=badge_id)


async def a_badge_to_give(stage: Stage) -> Thing:
    made = await a_badge(stage)
    person = await stage.person()
    return thing({"user_id": person.id, **REASON}, **made.params)


async def a_frame_to_edit(stage: Stage) -> Thing:
    return thing({"price": "6.00", **REASON}, frame_id=await _frame(stage))


async def a_theme_to_edit(stage: Stage) -> Thing:
    return thing({"price": "6.00", **REASON}, theme_id=await _theme(stage))


EVERYBODY_OF_THE_STAFF = frozenset(Role)


async def a_sign_in(stage: Stage) -> Thing:
    person = await stage.person(Role.SUPPORT)
    return thing({"login": person.user["email"], "password": PASSWORD})


async def a_console_session(stage: Stage) -> Thing:
    _, session_id = await stage.database.run(
        lambda tx: staff_sessions.open_session(tx, stage.caller.id, "password", UNKNOWN)
    )
    return thing(session_id=session_id)


HELPERS = ADMINS | {Role.SUPPORT}


def a_job(status: str) -> Make:
    async def make(stage: Stage) -> Thing:
        job_id = await stage.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default',"
            " 'test.nothing', CAST(:status AS procrastinate_job_status)) RETURNING id",
            status=status,
        )
        return thing(job_id=job_id)

    return make


async def a_category(stage: Stage) -> Thing:
    return thing(category="wealth")


async def a_table(stage: Stage) -> Thing:
    return thing(name="rankings")


async def a_closed_period(stage: Stage) -> Thing:
    await stage.sql(
        "INSERT INTO ranking_periods (category, period, period_start, closed_at)"
        " VALUES ('charm', 'daily', '2020-01-02', now()) ON CONFLICT DO NOTHING"
    )
    return Thing()


_days = itertools.count()


async def a_period_to_close(stage: Stage) -> Thing:
    start = date(2021, 1, 1) + timedelta(days=next(_days))
    await stage.sql(
        "INSERT INTO ranking_bands (category, period, period_start, country, band, subjects)"
        " VALUES ('wealth', 'daily', :start, '', 1, 1)",
        start=start,
    )
    period = {"category": "wealth", "period": "daily", "period_start": start.isoformat()}
    return thing(period | REASON)


async def a_rebuild(stage: Stage) -> Thing:
    rebuild_id = await stage.sql(
        "INSERT INTO ranking_rebuilds (started_by, asked_at) VALUES ('command', now()) RETURNING id"
    )
    return thing(rebuild_id=rebuild_id)


async def no_rebuild(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM procrastinate_jobs WHERE task_name = 'rankings.rebuild'")
    return Thing()


async def no_proof(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM procrastinate_jobs WHERE task_name = 'proof.run'")
    return Thing()


async def a_proof(stage: Stage) -> Thing:
    run_id = await stage.sql(
        "INSERT INTO proof_runs (kind, started_by, started_at) VALUES ('full', 'command', now())"
        " RETURNING id"
    )
    return thing(run_id=run_id)


async def a_prize_to_make(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM ranking_prizes")
    prize = {"category": "room", "period": "weekly", "rank_from": 1, "rank_to": 3, "coins": 5}
    return thing(prize | REASON)


async def a_prize(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM ranking_prizes")
    prize_id = await stage.sql(
        "INSERT INTO ranking_prizes (category, period, rank_from, rank_to, coins)"
        " VALUES ('room', 'daily', 1, 1, 5) RETURNING id"
    )
    return thing(prize_id=prize_id)


async def a_phone_to_confirm(stage: Stage) -> Thing:
    enrolment = await stage.database.run(
        lambda tx: totp.begin(tx, stage.settings, stage.caller.id, "somebody")
    )
    return thing({"code": pyotp.TOTP(enrolment.secret).now()})


async def a_recovery_code(stage: Stage) -> Thing:
    return thing({"code": (await _recovery_codes(stage, stage.caller.id))[0]})


async def a_lost_phone(stage: Stage) -> Thing:
    person = await stage.person(Role.SUPPORT)
    await _recovery_codes(stage, person.id)
    return thing(REASON, user_id=person.id)


async def _recovery_codes(stage: Stage, user_id: int) -> list[str]:
    async def work(tx: Transaction) -> list[str]:
        enrolment = await totp.begin(tx, stage.settings, user_id, "somebody")
        return await totp.confirm(tx, stage.settings, user_id, pyotp.TOTP(enrolment.secret).now())

    return await stage.database.run(work)


async def an_announcement(stage: Stage) -> Thing:
    [(announcement_id,)] = stage.world.sql(
        "INSERT INTO announcements (title, content, audience, starts_at, created_by)"
        " VALUES ('New', 'gifts', 'everybody', now() + interval '1 day', %s) RETURNING id",
        stage.owner.id,
    )
    return thing(announcement_id=announcement_id)


ADMIN = [
    Row("GET /v1/admin/totp", staff=EVERYBODY_OF_THE_STAFF),
    Row("POST /v1/admin/totp", json={"password": PASSWORD}, staff=EVERYBODY_OF_THE_STAFF),
    Row("POST /v1/admin/totp/confirm", a_phone_to_confirm, staff=EVERYBODY_OF_THE_STAFF),
    Row("POST /v1/admin/totp/recovery-codes", a_recovery_code, staff=EVERYBODY_OF_THE_STAFF),
    Row("DELETE /v1/admin/totp", a_recovery_code, staff=EVERYBODY_OF_THE_STAFF),
    Row("DELETE /v1/admin/users/{user_id}/totp", a_lost_phone, staff=ADMINS),
    Row("POST /v1/admin/session", a_sign_in, nobody=True),
    Row("GET /v1/admin/session", staff=EVERYBODY_OF_THE_STAFF),
    Row("DELETE /v1/admin/session", staff=EVERYBODY_OF_THE_STAFF),
    Row("GET /v1/admin/sessions", staff=EVERYBODY_OF_THE_STAFF),
    Row(
        "DELETE /v1/admin/sessions/{session_id}",
        a_console_session,
        json=REASON,
        staff=EVERYBODY_OF_THE_STAFF,
    ),
    Row("GET /v1/admin/users", query="?q=somebody", staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}", a_person(), staff=EVERY_VIEWER),
    Row("POST /v1/admin/users/{user_id}/block", a_person(), json=REASON, staff=MODERATORS),
    Row(
        "POST /v1/admin/users/{user_id}/unblock",
        a_person("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = :user_id"),
        json=REASON,
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/users/{user_id}/tokens", a_person(), staff=EVERY_VIEWER),
    Row(
        "DELETE /v1/admin/users/{user_id}/tokens",
        a_person(),
        json=REASON,
        staff=MODERATORS | {Role.SUPPORT},
    ),
    Row(
        "PUT /v1/admin/users/{user_id}/signature",
        a_person(signature=lambda: str(uuid.uuid4().int % 10**15 + 1), **REASON),
        staff=ADMINS,
    ),
    Row(
        "PUT /v1/admin/users/{user_id}/role",
        a_person(),
        json={"role": "support", **REASON},
        staff=ADMINS,
    ),
    Row(
        "DELETE /v1/admin/users/{user_id}/role",
        a_person("INSERT INTO staff_members (user_id, role) VALUES (:user_id, 'support')"),
        json=REASON,
        staff=ADMINS,
    ),
    Row(
        "PATCH /v1/admin/rooms/{room_id}",
        a_room,
        json=REASON | {"is_featured": True},
        staff=MODERATORS,
    ),
    Row(
        "POST /v1/admin/rooms/{room_id}/messages",
        a_room,
        json=REASON | {"content": "hello"},
        staff=MODERATORS,
    ),
    Row("DELETE /v1/admin/messages/{message_id}", a_message, json=REASON, staff=MODERATORS),
    Row("GET /v1/admin/users/{user_id}/timeline", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/notes", a_person(), staff=EVERY_VIEWER),
    Row(
        "POST /v1/admin/users/{user_id}/notes",
        a_person(),
        json=REASON | {"content": "called him back"},
        staff=EVERY_VIEWER - {Role.READ_ONLY},
    ),
    Row("GET /v1/admin/users/{user_id}/gifts", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/rooms", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/stays", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/devices", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/couples", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/levels", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/wardrobe", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/users/{user_id}/agency", a_person(), staff=EVERY_VIEWER),
    Row("GET /v1/admin/rooms", staff=ROOM_VIEWERS),
    Row("GET /v1/admin/rooms/{room_id}", a_room, staff=ROOM_VIEWERS),
    Row("GET /v1/admin/rooms/{room_id}/bans", a_room, staff=ROOM_VIEWERS),
    Row("GET /v1/admin/rooms/{room_id}/live", a_room, staff=MODERATORS),
    Row("GET /v1/admin/rooms/{room_id}/events", a_room, staff=MODERATORS),
    Row("GET /v1/admin/rooms/{room_id}/participants", a_room, staff=MODERATORS),
    Row("GET /v1/admin/rooms/{room_id}/messages", a_room, staff=MODERATORS),
    Row("GET /v1/admin/rooms/{room_id}/gifts", a_room, staff=MODERATORS),
    Row(
        "DELETE /v1/admin/rooms/{room_id}/participants/{user_id}",
        a_room_with_a_guest,
        json=REASON | {"ban_minutes": 10},
        staff=MODERATORS,
    ),
    Row(
        "PATCH /v1/admin/rooms/{room_id}/participants/{user_id}",
        a_room_with_a_guest,
        json=REASON | {"is_muted": True},
        staff=MODERATORS,
    ),
    Row(
        "DELETE /v1/admin/rooms/{room_id}/bans/{user_id}",
        a_room_with_a_ban,
        json=REASON,
        staff=MODERATORS,
    ),
    Row("DELETE /v1/admin/rooms/{room_id}/seats/{number}", a_seat, json=REASON, staff=MODERATORS),
    Row(
        "PATCH /v1/admin/rooms/{room_id}/seats/{number}",
        a_seat,
        json=REASON | {"is_locked": True},
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/announcements", staff=ROOM_VIEWERS),
    Row("GET /v1/admin/announcements/{announcement_id}", an_announcement, staff=ROOM_VIEWERS),
    Row(
        "POST /v1/admin/announcements",
        json=REASON | {"title": "New", "content": "gifts", "audience": "hosts"},
        staff=MODERATORS,
    ),
    Row(
        "POST /v1/admin/announcements/{announcement_id}/cancel",
        an_announcement,
        json=REASON,
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/agencies", staff=EVERY_VIEWER),
    Row("GET /v1/admin/agencies/{agency_id}", an_agency, staff=EVERY_VIEWER),
    Row("GET /v1/admin/agencies/{agency_id}/members", an_agency, staff=EVERY_VIEWER),
    Row("GET /v1/admin/agencies/{agency_id}/requests", an_agency, staff=EVERY_VIEWER),
    Row("GET /v1/admin/agencies/{agency_id}/earnings", an_agency, staff=EVERY_VIEWER),
    Row(
        "PATCH /v1/admin/agencies/{agency_id}",
        an_agency,
        json=REASON | {"member_limit": 70},
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/dashboard", staff=DASHBOARD),
    Row("GET /v1/admin/dashboard/series", staff=DASHBOARD),
    Row("GET /v1/admin/dashboard/countries", staff=DASHBOARD),
    Row("GET /v1/admin/rings", staff=RING_VIEWERS),
    Row("GET /v1/admin/rings/{finding_id}", a_finding(), staff=RING_VIEWERS),
    Row(
        "POST /v1/admin/rings/{finding_id}/dismiss",
        a_finding(),
        json=REASON,
        staff=RING_DECIDERS,
    ),
    Row(
        "POST /v1/admin/rings/{finding_id}/reopen",
        a_finding("dismissed"),
        json=REASON,
        staff=RING_DECIDERS,
    ),
    Row("POST /v1/admin/rings/{finding_id}/hold", a_finding(), json=REASON, staff=RING_DECIDERS),
    Row(
        "POST /v1/admin/rings/{finding_id}/lift",
        a_finding("held"),
        json=REASON,
        staff=RING_DECIDERS,
    ),
    Row("GET /v1/admin/ring-runs", staff=RING_VIEWERS),
    Row("GET /v1/admin/ring-runs/{run_id}", a_look, staff=RING_VIEWERS),
    Row("POST /v1/admin/ring-runs", no_look, json=REASON, staff=RING_DECIDERS),
    Row("GET /v1/admin/wallet-holds", staff=RING_VIEWERS),
    Row(
        "POST /v1/admin/users/{user_id}/wallet-hold",
        a_person(),
        json=REASON,
        staff=RING_DECIDERS,
    ),
    Row(
        "POST /v1/admin/users/{user_id}/wallet-lift",
        a_person(
            "INSERT INTO wallet_holds (user_id, reason, placed_by, placed_at)"
            " VALUES (:user_id, 'a ring', :user_id, now())"
        ),
        json=REASON,
        staff=RING_DECIDERS,
    ),
    Row("GET /v1/admin/transactions", staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/transactions.csv", staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/adjustments", staff=LEDGER_VIEWERS),
    Row(
        "POST /v1/admin/adjustments",
        somebody_to_adjust,
        staff=FINANCE,
    ),
    Row(
        "POST /v1/admin/adjustments/{adjustment_id}/approve",
        an_adjustment,
        json=REASON,
        staff=FINANCE,
    ),
    Row(
        "POST /v1/admin/adjustments/{adjustment_id}/reject",
        an_adjustment,
        json=REASON,
        staff=FINANCE,
    ),
    Row("GET /v1/admin/settings", staff=FINANCE | {Role.READ_ONLY}),
    Row("GET /v1/admin/settings/history", staff=FINANCE | {Role.READ_ONLY}),
    Row(
        "POST /v1/admin/settings/preview",
        json={"changes": {"exchange_rate": "0.40"}},
        staff=FINANCE | {Role.READ_ONLY},
    ),
    Row("PATCH /v1/admin/settings", other_settings, staff=FINANCE),
    Row("GET /v1/admin/gift-reversals", staff=LEDGER_VIEWERS),
    Row(
        "POST /v1/admin/gift-transactions/{gift_transaction_id}/reverse",
        a_gift_given,
        staff=FINANCE,
    ),
    Row(
        "POST /v1/admin/gift-transactions/{gift_transaction_id}/keep",
        a_gift_to_keep,
        staff=FINANCE,
    ),
    Row("GET /v1/admin/orders", staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/orders.csv", staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/orders/{order_id}", a_paid_order, staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/orders/{order_id}/provider", a_paid_order, staff=LEDGER_VIEWERS),
    Row("POST /v1/admin/orders/{order_id}/look", an_order_at_google, json=REASON, staff=FINANCE),
    Row("POST /v1/admin/orders/{order_id}/refund", a_paid_order, json=REASON, staff=FINANCE),
    Row("GET /v1/admin/refunds", staff=LEDGER_VIEWERS),
    Row("POST /v1/admin/refunds/{refund_id}/approve", a_refund, json=REASON, staff=FINANCE),
    Row("POST /v1/admin/refunds/{refund_id}/reject", a_refund, json=REASON, staff=FINANCE),
    Row("GET /v1/admin/packages", staff=CATALOGUE),
    Row("POST /v1/admin/packages", json=A_PACKAGE, staff=CATALOGUE),
    Row("PATCH /v1/admin/packages/{package_id}", a_package_to_edit, staff=CATALOGUE),
    Row("GET /v1/admin/coin-requests", staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/coin-requests/{request_id}", a_coin_request_of_others, staff=LEDGER_VIEWERS),
    Row("GET /v1/admin/resellers", staff=LEDGER_VIEWERS),
    Row("PUT /v1/admin/resellers/{user_id}", somebody_reachable, json=REASON, staff=FINANCE),
    Row("DELETE /v1/admin/resellers/{user_id}", a_reseller_of_ours, json=REASON, staff=FINANCE),
    Row("GET /v1/admin/resellers/{user_id}/statement", a_reseller_of_ours, staff=LEDGER_VIEWERS),
    Row(
        "GET /v1/admin/resellers/{user_id}/statement.csv",
        a_reseller_of_ours,
        staff=LEDGER_VIEWERS,
    ),
    Row("PUT /v1/admin/users/{user_id}/vip", somebody_for_vip, staff=FINANCE),
    Row("DELETE /v1/admin/users/{user_id}/vip", somebody_with_vip, json=REASON, staff=FINANCE),
    Row("GET /v1/admin/message-filter", staff=MODERATORS),
    Row(
        "PUT /v1/admin/message-filter",
        json=REASON | {"words": [], "allows_links": True},
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/reports", staff=EVERY_VIEWER - {Role.FINANCE}),
    Row("GET /v1/admin/reports/{report_id}", a_report, staff=EVERY_VIEWER - {Role.FINANCE}),
    Row("GET /v1/admin/reports/{report_id}/messages", a_report, staff=MODERATORS),
    Row(
        "POST /v1/admin/reports/{report_id}/decide",
        a_report,
        json=REASON | {"status": "dismissed"},
        staff=MODERATORS,
    ),
    Row("GET /v1/admin/game-providers", staff=ADMINS),
    Row(
        "POST /v1/admin/game-providers",
        anybody(name=lambda stage: f"p{uuid.uuid4().hex[:10]}", reason=lambda stage: "new"),
        staff=ADMINS,
    ),
    Row(
        "PATCH /v1/admin/game-providers/{provider_id}",
        a_provider,
        json=REASON | {"is_active": False},
        staff=ADMINS,
    ),
    Row(
        "POST /v1/admin/game-providers/{provider_id}/secret", a_provider, json=REASON, staff=ADMINS
    ),
    Row("GET /v1/admin/games", staff=ADMINS | {Role.CATALOGUE}),
    Row("GET /v1/admin/gifts", staff=CATALOGUE),
    Row("POST /v1/admin/gifts", json=A_GIFT, staff=CATALOGUE),
    Row(
        "PATCH /v1/admin/gifts/{gift_id}",
        a_gift_to_edit,
        staff=CATALOGUE,
    ),
    Row("GET /v1/admin/levels", staff=CATALOGUE),
    Row("POST /v1/admin/levels", a_new_level, staff=CATALOGUE),
    Row("PATCH /v1/admin/levels/{level_id}", a_level, staff=CATALOGUE),
    Row("GET /v1/admin/proposals", staff=FINANCE | CATALOGUE | {Role.READ_ONLY}),
    Row(
        "POST /v1/admin/proposals/{proposal_id}/agree", a_staff_proposal, staff=FINANCE | CATALOGUE
    ),
    Row(
        "POST /v1/admin/proposals/{proposal_id}/decline",
        a_staff_proposal,
        staff=FINANCE | CATALOGUE,
    ),
    Row("GET /v1/admin/catalogue-runs", staff=CATALOGUE),
    Row("GET /v1/admin/catalogue-runs/{run_id}", a_run, staff=CATALOGUE),
    Row("GET /v1/admin/badges", staff=CATALOGUE),
    Row("POST /v1/admin/badges", json=A_BADGE, staff=CATALOGUE),
    Row("PATCH /v1/admin/badges/{badge_id}", a_badge, staff=CATALOGUE),
    Row("POST /v1/admin/badges/{badge_id}/grants", a_badge_to_give, staff=CATALOGUE),
    Row("GET /v1/admin/frames", staff=CATALOGUE),
    Row("POST /v1/admin/frames", json=A_FRAME, staff=CATALOGUE),
    Row("PATCH /v1/admin/frames/{frame_id}", a_frame_to_edit, staff=CATALOGUE),
    Row("GET /v1/admin/themes", staff=CATALOGUE),
    Row("POST /v1/admin/themes", json={"name": "Dusk", **REASON}, staff=CATALOGUE),
    Row("PATCH /v1/admin/themes/{theme_id}", a_theme_to_edit, staff=CATALOGUE),
    Row("POST /v1/admin/games", a_game_to_make, staff=ADMINS | {Role.CATALOGUE}),
    Row(
        "PATCH /v1/admin/games/{game_id}",
        a_game,
        json=REASON | {"is_active": False},
        staff=ADMINS | {Role.CATALOGUE},
    ),
    Row(
        "GET /v1/admin/game-transactions",
        query="?user_id=1",
        staff=ADMINS | {Role.FINANCE, Role.SUPPORT, Role.READ_ONLY},
    ),
    Row("GET /v1/admin/jobs", staff=HELPERS | {Role.READ_ONLY}),
    Row("GET /v1/admin/jobs/summary", staff=HELPERS | {Role.READ_ONLY}),
    Row("GET /v1/admin/jobs/{job_id}", a_job("todo"), staff=HELPERS | {Role.READ_ONLY}),
    Row("POST /v1/admin/jobs/{job_id}/retry", a_job("failed"), json=REASON, staff=HELPERS),
    Row("POST /v1/admin/jobs/{job_id}/give-up", a_job("todo"), json=REASON, staff=HELPERS),
    Row("GET /v1/admin/rankings", staff=frozenset(Role)),
    Row("GET /v1/admin/rankings/boards/{category}", a_category, staff=frozenset(Role)),
    Row("GET /v1/admin/rankings/periods", staff=frozenset(Role)),
    Row(
        "GET /v1/admin/rankings/places",
        a_closed_period,
        query="?category=charm&period=daily&period_start=2020-01-02",
        staff=frozenset(Role),
    ),
    Row("POST /v1/admin/rankings/close", a_period_to_close, staff=ADMINS),
    Row("GET /v1/admin/rankings/rebuilds", staff=frozenset(Role)),
    Row("GET /v1/admin/rankings/rebuilds/{rebuild_id}", a_rebuild, staff=frozenset(Role)),
    Row("POST /v1/admin/rankings/rebuilds", no_rebuild, json=REASON, staff=ADMINS),
    Row("GET /v1/admin/ranking-prizes", staff=frozenset(Role)),
    Row("POST /v1/admin/ranking-prizes", a_prize_to_make, staff=CATALOGUE),
    Row(
        "PATCH /v1/admin/ranking-prizes/{prize_id}",
        a_prize,
        json=REASON | {"coins": 7},
        staff=CATALOGUE,
    ),
    Row("DELETE /v1/admin/ranking-prizes/{prize_id}", a_prize, json=REASON, staff=CATALOGUE),
    Row("GET /v1/admin/proofs", staff=FINANCE | {Role.READ_ONLY}),
    Row("GET /v1/admin/proofs/{run_id}", a_proof, staff=FINANCE | {Role.READ_ONLY}),
    Row("POST /v1/admin/proofs", no_proof, json=REASON, staff=FINANCE),
    Row("GET /v1/admin/seals", staff=FINANCE | {Role.READ_ONLY}),
    Row("GET /v1/admin/partitions", staff=FINANCE | {Role.READ_ONLY}),
    Row("POST /v1/admin/partitions", json=REASON | {"ahead": 3}, staff=ADMINS),
    Row("POST /v1/admin/uploads", a_picture(), staff=CATALOGUE),
    Row(
        "POST /v1/admin/gifts/odds",
        json={"lucky_odds": {"entries": [{"weight": 1, "multiplier": "0.10"}], "total": 1}},
        staff=CATALOGUE,
    ),
    Row("GET /v1/admin/tables", staff=frozenset(Role)),
    Row("GET /v1/admin/tables/{name}", a_table, staff=frozenset(Role)),
    Row("GET /v1/admin/badge-metrics", staff=CATALOGUE),
    Row("GET /v1/admin/audit", staff=ADMINS | {Role.READ_ONLY}),
    Row("GET /v1/admin/audit.csv", staff=ADMINS | {Role.READ_ONLY}),
]

ROWS = [
    *ACCOUNTS,
    *PEOPLE,
    *ROOMS,
    *AGENCIES,
    *RANKINGS,
    *MONEY,
    *GIFTS,
    *COUPLES,
    *GAMES,
    *PROGRESSION,
    *ADMIN,
]
