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
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from flylive.accounts import codes
from flylive.accounts.staff import Role
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
    Row("DELETE /v1/messages/{message_id}", a_message, other=(404, "message.not_found")),
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
    Row(
        "GET /v1/fairness/draws/{gift_transaction_id}",
        a_draw,
        other=(404, "fairness.draw_not_found"),
    ),
]

# --- staff ----------------------------------------------------------------------------------

EVERY_VIEWER = frozenset(Role) - {Role.CATALOGUE}
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


MODERATORS = frozenset({Role.ADMIN, Role.MODERATOR})
ADMINS = frozenset({Role.ADMIN})

ADMIN = [
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
    Row("GET /v1/admin/audit", staff=ADMINS | {Role.READ_ONLY}),
]

ROWS = [*ACCOUNTS, *PEOPLE, *ROOMS, *MONEY, *GIFTS, *ADMIN]
