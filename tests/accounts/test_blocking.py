"""Blocking by staff: after it nothing of the person's is open, whatever he was doing."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.database import Database
from flylive.wallet import proof
from flylive.wallet.recharge import service
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.patience import once_within
from tests.product import Product
from tests.rooms.fold import fold, state_of
from tests.world import Person, World

WHY = {"reason": "insults in room 9"}


@pytest.fixture(scope="module")
async def moderator(world: World, database: Database) -> Person:
    """A member of the staff who may block."""
    person = await world.register()
    await database.run(lambda tx: staff.grant(tx, person.id, Role.MODERATOR))
    return person


async def block(world: World, moderator: Person, person: Person) -> httpx.Response:
    return await world.call("POST", f"/admin/users/{person.id}/block", moderator, json=WHY)


def open_things(world: World, person: Person) -> list[tuple[int, ...]]:
    """How many tokens, console sessions, tickets and stays the person has."""
    return world.sql(
        """
        SELECT (SELECT count(*) FROM personal_access_tokens WHERE tokenable_id = u.id),
               (SELECT count(*) FROM sessions WHERE user_id = u.id),
               (SELECT count(*) FROM realtime_tickets WHERE user_id = u.id),
               (SELECT count(*) FROM room_participants WHERE user_id = u.id AND is_active)
        FROM users u WHERE id = %s
        """,
        person.id,
    )


async def test_everything_of_his_ends_and_nothing_comes_back(
    world: World, moderator: Person
) -> None:
    person, owner = await world.people(2)
    own_room = await world.room(person)
    room = await world.room(owner, person)
    await world.call("PUT", f"/rooms/{room}/follow", person)
    seated = await world.call("PUT", f"/rooms/{room}/seats/1", owner, json={"user_id": person.id})
    assert seated.status_code == 200
    first = (await world.call("POST", f"/rooms/{room}/join", owner)).json()
    assert (await world.call("POST", "/realtime/tickets", person)).is_success
    world.sql(
        "INSERT INTO sessions (id, user_id, payload, last_activity) VALUES (%s, %s, '{}', 1)",
        uuid.uuid4().hex,
        person.id,
    )
    answer = await block(world, moderator, person)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["is_blocked"], shown["block_reason"]) == (True, WHY["reason"])
    assert (shown["tokens_count"], shown["room_id"]) == (0, None)
    assert open_things(world, person) == [(0, 0, 0, 0)]
    assert (await world.call("GET", "/me", person)).status_code == 401

    seq = first["stream"]["seq"]
    events = (await world.call("GET", f"/rooms/{room}/events?after={seq}", owner)).json()["data"]
    assert [event["type"] for event in events] == ["seat.updated", "participant.left"]
    assert events[1]["data"]["reason"] == "removed"
    fresh = (await world.call("POST", f"/rooms/{room}/join", owner)).json()
    assert fold(state_of(first), events) == state_of(fresh)
    assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room) == [(1,)]
    # The room that he owns is other people's too.
    assert (await world.call("POST", f"/rooms/{own_room}/join", owner)).status_code == 200

    login = {"login": person.user["email"], "password": "a long password"}
    refused = await world.call("POST", "/auth/login", json=login)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.blocked")
    wrong = await world.call("POST", "/auth/login", json=login | {"password": "some other"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.wrong_credentials")
    unblocked = await world.call("POST", f"/admin/users/{person.id}/unblock", moderator, json=WHY)
    assert unblocked.status_code == 200
    assert (unblocked.json()["is_blocked"], unblocked.json()["block_reason"]) == (False, None)
    assert open_things(world, person) == [(0, 0, 0, 0)]
    entered = await world.call("POST", "/auth/login", json=login)
    assert entered.status_code == 200
    # What was done is kept; to read it is a right that a moderator does not have.
    assert unblocked.json()["audit"] == []
    assert world.sql(
        "SELECT action FROM audit_log WHERE subject_type = 'user' AND subject_id = %s ORDER BY id",
        person.id,
    ) == [("user.block",), ("user.unblock",)]


async def test_twice_is_told_and_the_first_reason_stays(world: World, moderator: Person) -> None:
    person = await world.register()
    answers = await asyncio.gather(*(block(world, moderator, person) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    count = "SELECT count(*) FROM audit_log WHERE subject_id = %s"
    assert world.sql(count, person.id) == [(1,)]
    path = f"/admin/users/{person.id}/unblock"
    answers = await asyncio.gather(
        *(world.call("POST", path, moderator, json=WHY) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert world.sql(count, person.id) == [(2,)]


async def test_a_block_against_what_he_does_at_that_moment(world: World, moderator: Person) -> None:
    for _ in range(6):
        person, owner = await world.people(2)
        room = await world.room(owner)
        await world.call("PUT", f"/rooms/{room}/follow", person)
        await world.call("POST", f"/rooms/{room}/join", person, json={})
        login = {"login": person.user["email"], "password": "a long password"}
        answers = await asyncio.gather(
            world.call("POST", "/auth/login", json=login),
            world.call("PUT", f"/rooms/{room}/seats/1", person, json={}),
            world.call("POST", f"/rooms/{room}/join", person, json={}),
            block(world, moderator, person),
            world.call("POST", f"/rooms/{room}/join", person, json={}),
            world.call("PUT", f"/rooms/{room}/seats/2", person, json={}),
            world.call("POST", "/rooms", person, json={"name": f"R {uuid.uuid4().hex[:8]}"}),
            world.call("POST", "/auth/login", json=login),
        )
        assert answers[3].status_code == 200
        assert {answer.status_code for answer in answers} <= {200, 201, 401, 403, 409}
        [(tokens, sessions, _, stays)] = open_things(world, person)
        assert (tokens, sessions, stays) == (0, 0, 0)
        assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room) == [(1,)]
        for answer in answers:
            if answer.status_code == 200 and "token" in answer.json():
                header = {"Authorization": f"Bearer {answer.json()['token']}"}
                assert (await world.call("GET", "/me", headers=header)).status_code == 401


async def test_a_block_against_his_gifts(
    world: World, moderator: Person, addresses: Addresses
) -> None:
    """Each gift is whole before the block, or refused and charges nothing."""
    gift = world.gift("10.00")
    for _ in range(4):
        person, friend = await world.people(2)
        await world.recharge(person, 1000)
        room = await world.room(friend, person)

        async def give(
            person: Person = person, friend: Person = friend, room: int = room
        ) -> httpx.Response:
            return await world.send(person, gift, [friend], room_id=room)

        answers = await asyncio.gather(
            *(give() for _ in range(6)),
            block(world, moderator, person),
            *(give() for _ in range(6)),
        )
        assert answers[6].status_code == 200
        gifts = [*answers[:6], *answers[7:]]
        assert {answer.status_code for answer in gifts} <= {201, 401, 409}
        given = sum(answer.status_code == 201 for answer in gifts)
        assert world.sql(
            "SELECT (SELECT count(*) FROM gift_transactions WHERE sender_id = u.id),"
            " coin_balance FROM users u WHERE id = %s",
            person.id,
        ) == [(given, 1000 - 10 * given)]
        late = await world.send(friend, gift, [person])
        assert (late.status_code, late.json()["code"]) == (404, "user.not_found")
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_what_a_blocked_buyer_paid_for_is_his(
    world: World, moderator: Person, addresses: Addresses
) -> None:
    person = await world.register()
    order = await world.call(
        "POST",
        "/recharge/orders",
        person,
        json={"package_id": world.package(70), "provider": "sandbox"},
        headers={"Idempotency-Key": "paid-while-blocked"},
    )
    await block(world, moderator, person)
    await world.database.run(
        lambda tx: service.settle_sandbox(tx, person.id, order.json()["id"], "paid")
    )
    assert world.sql("SELECT coin_balance FROM users WHERE id = %s", person.id) == [(70,)]
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


class TwoApis:
    """Two API processes and a gateway over one database, and hands through the first one."""

    def __init__(self, one: Product, other: Product, world: World) -> None:
        self.one, self.other, self.world = one, other, world

    async def status(self, product: Product, person: Person) -> int:
        """What this process answers to the person."""
        async with httpx.AsyncClient(base_url=product.address, timeout=60) as client:
            return (await client.get("/v1/me", headers=person.headers)).status_code


@pytest.fixture(scope="module")
async def processes(
    addresses: Addresses, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwoApis]:
    """Real processes, each with a memory of its own."""
    folders: list[Path] = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    async with (
        Product(addresses, folders[0], "serve", "gateway") as one,
        Product(addresses, folders[1], "serve") as other,
        httpx.AsyncClient(base_url=one.address, timeout=60) as client,
    ):
        yield TwoApis(one, other, World(client, database, addresses.owner))


Act = Callable[[World, Person, Person], Awaitable[httpx.Response]]
PASSWORD = {"password": "a long password"}
# What ends somebody's sockets, with which code, and whether it takes him out of his room.
ACTS: dict[str, tuple[int, bool, Act]] = {
    "block": (4202, True, lambda world, admin, person: block(world, admin, person)),
    "delete": (
        4201,
        True,
        lambda world, admin, person: world.call("DELETE", "/me", person, json=PASSWORD),
    ),
    "end sessions": (
        4201,
        False,
        lambda world, admin, person: world.call(
            "DELETE", f"/admin/users/{person.id}/tokens", admin, json=WHY
        ),
    ),
    "log out": (
        4201,
        False,
        lambda world, admin, person: world.call("POST", "/auth/logout", person),
    ),
}
# Less than a process remembers a token for (five seconds), and than the gateway's own look at
# every token (three): so it was the word that went round, at once.
AT_ONCE_SECONDS = 2.5


@pytest.mark.parametrize("act", ACTS)
async def test_every_process_refuses_and_the_sockets_close(
    processes: TwoApis, database: Database, act: str
) -> None:
    """Every memory is warm; the act goes through one process and is known to all."""

    async def known(turn: int) -> float:
        return await until_it_is_known(processes, database, act)

    await once_within(AT_ONCE_SECONDS, known)


async def until_it_is_known(processes: TwoApis, database: Database, act: str) -> float:
    """Do the act to somebody new; how long it takes until nothing of his is open any more."""
    world = processes.world
    admin, person, owner = await world.people(3)
    await database.run(lambda tx: staff.grant(tx, admin.id, Role.ADMIN))
    room = await world.room(owner, person)
    for product in (processes.one, processes.other):
        assert await processes.status(product, person) == 200
    code, leaves, do = ACTS[act]
    port = processes.one.gateway_port
    async with (
        Client(port, bearer=person.token) as one,
        Client(port, bearer=person.token) as other,
        Client(port, bearer=owner.token) as watching,
    ):
        for client in (one, other, watching):
            await client.next("hello")
        assert (await watching.subscribe(f"room:{room}"))["ok"]
        answer = await do(world, admin, person)
        assert answer.is_success, answer.text
        begun = time.monotonic()
        assert [await one.closed(), await other.closed()] == [code, code]
        for product in (processes.one, processes.other):
            while await processes.status(product, person) != 401:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        if leaves:
            (left,) = await watching.events(f"room:{room}", 1)
            assert (left["type"], left["data"]["user_id"]) == ("participant.left", person.id)
        took = time.monotonic() - begun
        with pytest.raises(InvalidStatus) as refused:
            await Client(port, bearer=person.token).__aenter__()
        assert refused.value.response.status_code == 401
    return took


async def test_a_ticket_taken_before_the_block_opens_nothing(
    processes: TwoApis, database: Database
) -> None:
    world = processes.world
    admin, person = await world.people(2)
    await database.run(lambda tx: staff.grant(tx, admin.id, Role.ADMIN))
    ticket = (await world.call("POST", "/realtime/tickets", person)).json()["ticket"]
    assert (await block(world, admin, person)).status_code == 200
    with pytest.raises(InvalidStatus) as refused:
        await Client(processes.one.gateway_port, ticket=ticket).__aenter__()
    assert refused.value.response.status_code == 401
