"""Deleting one's account: what goes, what stays, and who may not."""

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.database import Database
from flylive.wallet import proof
from flylive.wallet.recharge import service
from tests.conftest import Addresses
from tests.rooms.fold import fold, state_of
from tests.world import Person, World

PASSWORD = {"password": "a long password"}


async def delete(world: World, person: Person, **body: Any) -> httpx.Response:
    return await world.call("DELETE", "/me", person, json=body or PASSWORD)


def verified(addresses: Addresses) -> list[str]:
    """What `flylive verify` finds wrong."""
    lines: list[str] = []
    return lines if proof.verify(addresses.serving, lines.append) else []


async def test_nothing_of_the_person_is_left(
    world: World, database: Database, addresses: Addresses
) -> None:
    """The profile, what hangs on it, and what is left of the balance; history names nobody."""
    friend, person = (
        await world.register(),
        await world.register(
            name="Somebody Known", email="known@example.com", phone="+971501234567"
        ),
    )
    await world.recharge(friend, 1000)
    await world.recharge(person, 500)
    room = await world.room(friend, person)
    await world.send(friend, world.gift("10.00"), [person], room_id=room)
    await world.call("PUT", f"/users/{friend.id}/follow", person)
    await world.call("PUT", f"/users/{person.id}/follow", friend)
    await world.call("PUT", f"/rooms/{room}/follow", person)
    said = await world.call(
        "POST", f"/rooms/{room}/messages", person, json={"content": "hello", "client_id": "1"}
    )
    assert said.status_code == 201
    await database.run(lambda tx: staff.grant(tx, person.id, Role.SUPPORT))
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, member_count) VALUES ('Host house', %s, 2)"
        " RETURNING id",
        friend.id,
    )[0][0]
    world.sql(
        "UPDATE users SET agency_id = %s, agency_joined_at = now(), avatar_image = '/x.webp',"
        " email_verified_at = now() WHERE id = %s",
        agency,
        person.id,
    )
    world.sql(
        "INSERT INTO coin_requests (user_id, requested_from, amount, type)"
        " VALUES (%s, %s, 5, 'purchase'), (%s, %s, 5, 'purchase')",
        person.id,
        friend.id,
        friend.id,
        person.id,
    )

    world.sql("INSERT INTO resellers (user_id) VALUES (%s)", person.id)
    device = {"token": "a-device", "platform": "ios"}
    assert (await world.call("PUT", "/me/push-tokens", person, json=device)).is_success
    language = {"language": "ar"}
    assert (await world.call("PATCH", "/me/preferences", person, json=language)).is_success

    answer = await delete(world, person)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await world.call("GET", "/me", person)).status_code == 401
    [(row,)] = world.sql("SELECT to_jsonb(u) FROM users u WHERE id = %s", person.id)
    assert row["deleted_at"] is not None
    assert {name: row[name] for name in row if name not in ("created_at", "updated_at")} == {
        "id": person.id, "name": "Deleted user", "email": None, "phone": None,
        "signature": person.user["signature"], "password": "!", "dob": "1900-01-01", "gender": 3,
        "country": "AE", "avatar_image": None, "animated_src": None, "static_src": None,
        "coin_balance": 0, "diamond_balance": 0, "total_spent": 0, "total_received": 5,
        "coin_debt": 0, "wealth_level_id": row["wealth_level_id"],
        "charm_level_id": row["charm_level_id"], "wealth_xp": 0, "charm_xp": 10,
        "wealth_level_paid": 0, "charm_level_paid": 0, "frame_expires_at": None,
        "agency_id": None, "agency_role": "member", "agency_joined_at": None, "vip_level": 0,
        "vip_expires_at": None, "social_provider": None, "social_provider_id": None,
        "is_blocked": False, "blocked_at": None, "block_reason": None, "last_active_at": None,
        "email_verified_at": None, "phone_verified_at": None, "recovery_barred": None,
        "deleted_at": row["deleted_at"],
    }  # fmt: skip
    assert left_over(world, person.id) == set()
    assert world.sql("SELECT member_count FROM agencies WHERE id = %s", agency) == [(1,)]
    assert world.sql(
        "SELECT DISTINCT status FROM coin_requests WHERE %s IN (user_id, requested_from)",
        person.id,
    ) == [("cancelled",)]
    assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room) == [(1,)]
    profile = (await world.call("GET", f"/users/{friend.id}", friend)).json()
    assert (profile["followers_count"], profile["following_count"]) == (0, 0)
    assert (await world.call("GET", f"/users/{person.id}", friend)).status_code == 404
    closure = world.sql(
        "SELECT currency_type, amount, user_balance_after, direction FROM transactions"
        " WHERE user_id = %s AND type = 'account_closure' ORDER BY currency_type",
        person.id,
    )
    assert closure == [(1, Decimal(500), Decimal(0), 1), (2, Decimal(5), Decimal(0), 1)]
    feed = await world.call("GET", f"/rooms/{room}/gifts", friend)
    assert [line["recipient_name"] for line in feed.json()["data"]] == ["Deleted user"]
    messages = await world.call("GET", f"/rooms/{room}/messages", friend)
    assert [(m["content"], m["sender"]["name"]) for m in messages.json()["data"]] == [
        ("hello", "Deleted user")
    ]
    [(audited,)] = world.sql(
        "SELECT to_jsonb(a) FROM audit_log a WHERE subject_id = %s AND action = 'staff.revoke'",
        person.id,
    )
    assert (audited["actor_id"], audited["before"]) == (person.id, {"role": "support"})
    assert verified(addresses) == []


# What still names a deleted user by right: history, evidence, and what he bought.
STANDS = {
    "audit_log",
    "coin_requests",
    "couple_members",
    "couple_requests",
    "couples",
    "fairness_seeds",
    "frame_user",
    "gift_transactions",
    "gift_walls",
    "idempotency_keys",
    "messages",
    "recharge_orders",
    "room_participants",
    "rooms",
    "transactions",
    "uploads",
    "user_badges",
    "user_levels",
}


def left_over(world: World, user_id: int) -> set[str]:
    """The tables that still name the user: every column with a key to users is looked at."""
    columns = world.sql(
        """
        SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
        JOIN pg_class t ON t.oid = c.conrelid
        WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND NOT t.relispartition
        UNION VALUES ('personal_access_tokens', 'tokenable_id')
        """
    )
    assert len(columns) > 30
    naming = {
        table
        for table, column in columns
        if world.sql(f'SELECT FROM {table} WHERE "{column}" = %s LIMIT 1', user_id)
    }
    [(participating,)] = world.sql(
        "SELECT count(*) FROM room_participants WHERE user_id = %s AND is_active", user_id
    )
    [(owning,)] = world.sql(
        "SELECT count(*) FROM rooms WHERE user_id = %s AND deleted_at IS NULL", user_id
    )
    assert (participating, owning) == (0, 0)
    assert not world.sql(
        "SELECT key FROM cache WHERE key ~ ('(login-address|login:user):' || %s::text || ':')",
        user_id,
    )
    return naming - STANDS


async def test_email_and_phone_register_again_at_once_while_the_ledger_stands(
    world: World, addresses: Addresses
) -> None:
    contact = {"email": "Again@example.com", "phone": "+971507654321"}
    person = await world.register(**contact)
    await world.recharge(person, 700)
    before = world.sql("SELECT id, amount FROM transactions WHERE user_id = %s", person.id)
    assert (await delete(world, person)).status_code == 204
    again = await world.register(**(contact | {"email": "again@EXAMPLE.com"}))
    assert again.id != person.id
    assert again.user["signature"] != person.user["signature"]
    assert (await world.wallet(again))["coin_balance"] == "0.00"
    after = world.sql("SELECT id, amount FROM transactions WHERE user_id = %s", person.id)
    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 1
    entered = await world.call(
        "POST", "/auth/login", json={"login": "again@example.com", **PASSWORD}
    )
    assert entered.json()["user"]["id"] == again.id
    by_signature = await world.call(
        "POST", "/auth/login", json={"login": person.user["signature"], **PASSWORD}
    )
    assert by_signature.status_code == 401
    assert verified(addresses) == []


def told(world: World, room_id: int) -> list[tuple[str, dict[str, Any]]]:
    """What the room's stream tells, in order."""
    return world.sql(
        "SELECT e.type, e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s ORDER BY e.seq",
        f"room:{room_id}",
    )


async def test_his_room_closes_and_everybody_is_out(world: World) -> None:
    owner, guest, elsewhere = await world.people(3)
    room = await world.room(owner, guest)
    other = await world.room(elsewhere, owner)
    seated = await world.call(
        "PUT", f"/rooms/{other}/seats/2", elsewhere, json={"user_id": owner.id}
    )
    assert seated.status_code == 200
    first = (await world.call("POST", f"/rooms/{other}/join", elsewhere)).json()
    assert (await delete(world, owner)).status_code == 204

    assert told(world, room)[-1][0] == "room.closed"
    assert (await world.call("GET", f"/rooms/{room}", guest)).status_code == 404
    assert world.sql("SELECT participant_count, status FROM rooms WHERE id = %s", room) == [
        (0, "inactive")
    ]
    assert world.sql(
        "SELECT count(*) FROM room_participants WHERE room_id = %s AND is_active", room
    ) == [(0,)]
    seq = first["stream"]["seq"]
    events = (await world.call("GET", f"/rooms/{other}/events?after={seq}", elsewhere)).json()
    assert [event["type"] for event in events["data"]] == ["seat.updated", "participant.left"]
    fresh = (await world.call("POST", f"/rooms/{other}/join", elsewhere)).json()
    assert fold(state_of(first), events["data"]) == state_of(fresh)
    assert fresh["room"]["participant_count"] == 1
    assert fresh["seats"][1]["user"] is None


def fingerprint(world: World, person: Person) -> list[Any]:
    """The person's row, and how much there is of what a refused deletion must not touch."""
    return [
        world.sql("SELECT to_jsonb(u) - 'last_active_at' FROM users u WHERE id = %s", person.id),
        *(
            world.sql(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
            for table in (
                "agencies", "audit_log", "coin_requests", "room_participants", "rooms",
                "staff_members", "stream_events", "transactions", "user_followers",
            )
        ),
        world.sql("SELECT id FROM personal_access_tokens ORDER BY id"),
    ]  # fmt: skip


async def refused(world: World, person: Person, status: int, code: str, **body: Any) -> Any:
    before = fingerprint(world, person)
    answer = await delete(world, person, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert fingerprint(world, person) == before
    return answer.json()


async def test_debt_refuses(world: World, addresses: Addresses) -> None:
    person, friend = await world.people(2)
    room = await world.room(person, friend)
    await world.recharge(person, 100)
    assert (await world.send(person, world.gift("60.00"), [friend], room_id=room)).is_success
    await refund(world, person)
    document = await refused(world, person, 409, "account.debt")
    assert document["debt"] == "60.00"
    await world.recharge(person, 60)
    assert (await delete(world, person)).status_code == 204
    assert verified(addresses) == []


async def refund(world: World, person: Person) -> None:
    [(order,)] = world.sql(
        "SELECT max(id) FROM recharge_orders WHERE user_id = %s AND status = 'paid'", person.id
    )
    path = f"/recharge/orders/{order}/sandbox"
    answer = await world.call("POST", path, person, json={"outcome": "refunded"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("side", ["user_id", "requested_from"])
async def test_open_credit_refuses_on_either_side(world: World, side: str) -> None:
    person, other = await world.people(2)
    sides = {"user_id": other.id, "requested_from": other.id} | {side: person.id}
    [(request,)] = world.sql(
        "INSERT INTO coin_requests (user_id, requested_from, amount, type, credit_days, status,"
        " due_at) VALUES (%s, %s, 5, 'credit', 7, 'approved', now()) RETURNING id",
        sides["user_id"],
        sides["requested_from"],
    )
    document = await refused(world, person, 409, "account.open_credit")
    assert document["coin_request_ids"] == [request]
    world.sql("UPDATE coin_requests SET settled_at = now() WHERE id = %s", request)
    assert (await delete(world, person)).status_code == 204
    assert world.sql("SELECT status FROM coin_requests WHERE id = %s", request) == [("approved",)]
    # It came past the ledger, and the proof would say so in the tests that follow.
    world.sql("DELETE FROM coin_requests WHERE id = %s", request)


@pytest.mark.parametrize("status", ["active", "suspended"])
async def test_an_owned_agency_refuses_until_it_is_closed(world: World, status: str) -> None:
    person = await world.register()
    [(agency,)] = world.sql(
        "INSERT INTO agencies (name, owner_id, member_count, status) VALUES (%s, %s, 1, %s)"
        " RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        person.id,
        status,
    )
    document = await refused(world, person, 409, "account.owns_agency")
    assert document["agency_id"] == agency
    world.sql("UPDATE agencies SET status = 'inactive' WHERE id = %s", agency)
    assert (await delete(world, person)).status_code == 204


async def test_the_last_admin_stays(world: World, database: Database) -> None:
    one, other = await world.people(2)
    await database.run(lambda tx: staff.grant(tx, one.id, Role.ADMIN))
    await refused(world, one, 409, "staff.last_admin")
    await database.run(lambda tx: staff.grant(tx, other.id, Role.ADMIN))
    answers = await asyncio.gather(delete(world, one), delete(world, other))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert world.sql("SELECT count(*) FROM staff_members WHERE role = 'admin'") == [(1,)]
    world.sql("DELETE FROM staff_members")


async def test_only_who_proves_himself(world: World) -> None:
    person = await world.register()
    await refused(world, person, 403, "auth.wrong_password", password="another password")
    for body in (
        {"provider": "google"},
        {"id_token": "x"},
        {"password": "a long password", "provider": "google", "id_token": "x"},
    ):
        await refused(world, person, 422, "request.invalid", **body)
    assert (await world.call("DELETE", "/me", json=PASSWORD)).status_code == 401


async def test_of_many_deletions_at_once_one_does_it(world: World, addresses: Addresses) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    answers = await asyncio.gather(*(delete(world, person) for _ in range(4)))
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], {*statuses[1:]} <= {401, 403}) == (204, True), statuses
    assert world.sql(
        "SELECT count(*) FROM transactions WHERE user_id = %s AND type = 'account_closure'",
        person.id,
    ) == [(1,)]
    assert verified(addresses) == []


async def test_gifts_to_and_from_him_at_that_moment(world: World, addresses: Addresses) -> None:
    """Each gift is whole before, or refused; the balances are exact either way."""
    gift = world.gift("10.00")
    for _ in range(4):
        person, *friends = await world.people(5)
        for one in (person, *friends):
            await world.recharge(one, 100)
        room = await world.room(friends[0], person, *friends[1:])

        async def from_him(person: Person = person, friends: Any = friends) -> httpx.Response:
            return await world.send(person, gift, [friends[0]], room_id=room)  # noqa: B023

        answers = await asyncio.gather(
            *(world.send(friend, gift, [person], room_id=room) for friend in friends),
            from_him(),
            delete(world, person),
            *(world.send(friend, gift, [person], room_id=room) for friend in friends),
            from_him(),
        )
        deleted = answers[5]
        assert deleted.status_code == 204
        sent = [answer for answer in answers if answer is not deleted]
        assert {answer.status_code for answer in sent} <= {201, 401, 404, 409}
        given = sum(answer.status_code == 201 for answer in sent)
        assert world.sql("SELECT count(*) FROM gift_transactions WHERE room_id = %s", room) == [
            (given,)
        ]
        assert world.sql(
            "SELECT coin_balance, diamond_balance FROM users WHERE id = %s", person.id
        ) == [(0, 0)]
        # Afterwards nothing moves to or from him.
        late = await world.send(friends[0], gift, [person])
        assert (late.status_code, late.json()["code"]) == (404, "user.not_found")
    assert verified(addresses) == []


async def test_joins_follows_and_log_ins_at_that_moment(world: World) -> None:
    """Whatever came first counts; afterwards nothing of his is there."""
    for _ in range(6):
        person, owner = await world.people(2)
        room = await world.room(owner)
        login = {"login": person.user["email"], **PASSWORD}
        answers = await asyncio.gather(
            world.call("POST", f"/rooms/{room}/join", person, json={}),
            world.call("POST", "/auth/login", json=login),
            world.call("PUT", f"/users/{person.id}/follow", owner),
            delete(world, person),
            world.call("POST", f"/rooms/{room}/join", person, json={}),
            world.call("PUT", f"/users/{owner.id}/follow", person),
            world.call("PUT", f"/rooms/{room}/follow", person),
            world.call("POST", "/rooms", person, json={"name": f"R {uuid.uuid4().hex[:8]}"}),
            world.call("POST", "/realtime/tickets", person),
        )
        assert answers[3].status_code == 204
        assert all(answer.status_code < 500 for answer in answers)
        assert left_over(world, person.id) <= {"realtime_tickets"}
        assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room) == [(1,)]
        late = await world.call("POST", "/auth/login", json=login)
        assert late.json()["code"] == "auth.wrong_credentials"


async def test_what_the_provider_reports_later(world: World, addresses: Addresses) -> None:
    """A late payment is credited and destroyed; a late refund is a debt on record."""
    person = await world.register()
    await world.recharge(person, 100)
    [(paid,)] = world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", person.id)
    order = await world.call(
        "POST",
        "/recharge/orders",
        person,
        json={"package_id": world.package(50), "provider": "sandbox"},
        headers={"Idempotency-Key": "late"},
    )
    pending = order.json()["id"]
    assert (await delete(world, person)).status_code == 204
    for order_id, outcome in ((pending, "paid"), (paid, "refunded"), (pending, "refunded")):
        await world.database.run(
            lambda tx, o=order_id, s=outcome: service.settle_sandbox(tx, person.id, o, s)
        )
        assert verified(addresses) == []
    assert world.sql("SELECT coin_balance, coin_debt FROM users WHERE id = %s", person.id) == [
        (0, 150)
    ]
