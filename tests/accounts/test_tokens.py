"""Access tokens: what opens, what is listed, and how they end."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import text

from flylive import clock
from flylive.accounts import Caller
from flylive.accounts.activity import Activity
from flylive.accounts.authentication import Authenticator
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.realtime import bus, control
from tests.patience import eventually
from tests.standing import standing_at
from tests.world import Person, World


async def second_token(world: World, person: Person) -> Person:
    answer = await world.call(
        "POST",
        "/auth/login",
        json={"login": person.user["email"], "password": "a long password"},
    )
    assert answer.status_code == 200
    return Person(person.id, answer.json()["token"], person.user)


async def test_what_is_no_token_is_refused_in_the_same_words(world: World) -> None:
    person = await world.register()
    token_id, secret = person.token.split("|")
    answers = []
    for value in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer |",
        f"Bearer {secret}",
        f"Bearer {token_id}|",
        f"Bearer {token_id}|{secret[:-1]}",
        f"Bearer {token_id}|{secret}x",
        f"Bearer {int(token_id) + 1000}|{secret}",
        f"Bearer -{token_id}|{secret}",
        f"Bearer {'9' * 30}|{secret}",
        f"Bearer ²|{secret}".encode("latin-1"),
        b"Bearer \xff\xfe|\xff",
        f"Basic {person.token}",
    ):
        headers = {} if value is None else {"Authorization": value}
        answer = await world.client.get("/v1/me", headers=headers)
        assert answer.status_code == 401, value
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"]
        answers.append(answer.json()["code"])
    assert set(answers) == {"auth.unauthenticated"}
    assert (await world.call("GET", "/me", person)).status_code == 200


async def test_scheme_is_read_without_case(world: World) -> None:
    person = await world.register()
    answer = await world.client.get("/v1/me", headers={"Authorization": f"bearer {person.token}"})
    assert answer.status_code == 200


async def test_own_tokens_are_listed_newest_first_without_secrets(world: World) -> None:
    person = await world.register(device_name="first")
    for _ in range(2):
        await second_token(world, person)
    answer = await world.call("GET", "/auth/tokens", person, params={"limit": 2})
    page = answer.json()
    assert [token["is_current"] for token in page["data"]] == [False, False]
    rest = await world.call("GET", "/auth/tokens", person, params={"cursor": page["next_cursor"]})
    (first,) = rest.json()["data"]
    assert rest.json()["next_cursor"] is None
    assert set(first) == {
        "id", "tokenable_type", "tokenable_id", "name", "abilities", "ip_address", "user_agent",
        "last_used_at", "expires_at", "created_at", "updated_at", "is_current",
    }  # fmt: skip
    assert (first["name"], first["is_current"]) == ("first", True)
    assert person.token.split("|")[1] not in answer.text + rest.text


async def test_log_out_ends_this_token_at_once(world: World) -> None:
    person = await world.register()
    other = await second_token(world, person)
    assert (await world.call("GET", "/me", person)).status_code == 200
    assert (await world.call("POST", "/auth/logout", person)).status_code == 204
    assert (await world.call("GET", "/me", person)).status_code == 401
    assert (await world.call("GET", "/me", other)).status_code == 200


async def test_one_token_is_ended_and_others_people_are_not_found(
    world: World, stored: Callable[[], Any]
) -> None:
    person, stranger = await world.people(2)
    other = await second_token(world, person)
    other_id = other.token.split("|")[0]
    before = stored()
    for token_id in (stranger.token.split("|")[0], "0", "999999", "9" * 25, "-1"):
        answer = await world.call("DELETE", f"/auth/tokens/{token_id}", person)
        assert answer.status_code == 404, token_id
    assert stored() == before
    assert (await world.call("DELETE", f"/auth/tokens/{other_id}", person)).status_code == 204
    assert (await world.call("GET", "/me", other)).status_code == 401
    again = await world.call("DELETE", f"/auth/tokens/{other_id}", person)
    assert (again.status_code, again.json()["code"]) == (404, "auth.token_not_found")
    assert (await world.call("GET", "/me", stranger)).status_code == 200


async def test_all_others_are_ended(world: World) -> None:
    person, stranger = await world.people(2)
    others = [await second_token(world, person) for _ in range(3)]
    for token in (person, *others):
        assert (await world.call("GET", "/me", token)).status_code == 200
    assert (await world.call("DELETE", "/auth/tokens", person)).status_code == 204
    assert (await world.call("GET", "/me", person)).status_code == 200
    assert (await world.call("GET", "/me", stranger)).status_code == 200
    for token in others:
        assert (await world.call("GET", "/me", token)).status_code == 401


async def test_the_other_devices_are_told(world: World) -> None:
    person = await world.register()
    others = [await second_token(world, person) for _ in range(3)]
    ids = [int(token.token.split("|")[0]) for token in others]
    await world.call("DELETE", f"/auth/tokens/{ids[1]}", person)
    await world.call("DELETE", "/auth/tokens", person)
    await world.call("DELETE", "/auth/tokens", person)
    told = world.sql(
        "SELECT e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND e.type = 'session.revoked' ORDER BY e.seq",
        f"user:{person.id}",
    )
    assert told == [({"token_ids": [ids[1]]},), ({"token_ids": [ids[0], ids[2]]},)]


async def test_every_process_hears_of_a_revocation(
    world: World, app: Litestar, database: Database
) -> None:
    heard: list[int] = []
    listener = control.listener(database, on_revoked=heard.append, on_blocked=lambda _: None)
    await listener.start()
    try:
        await eventually(lambda: listener.is_connected)
        person = await world.register()
        await world.call("POST", "/auth/logout", person)
        await eventually(lambda: int(person.token.split("|")[0]) in heard)
    finally:
        await listener.stop()


async def test_a_revocation_over_the_bus_empties_the_memory(world: World, app: Litestar) -> None:
    person = await world.register()
    assert (await world.call("GET", "/me", person)).status_code == 200
    token_id = int(person.token.split("|")[0])
    # As another process would: the row goes, then the bus tells.
    world.sql("DELETE FROM personal_access_tokens WHERE id = %s", token_id)
    bus.publish(bus.CHANNEL_CONTROL, f"revoked|{token_id}")
    authenticator: Authenticator = app.state.authenticator
    await eventually(lambda: token_id not in authenticator._known)
    assert (await world.call("GET", "/me", person)).status_code == 401


async def test_a_token_read_while_it_was_revoked_is_not_remembered(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    token_id = int(person.token.split("|")[0])
    authenticator = Authenticator(database)
    look_up = database.look_up

    async def read_then_revoke(call: Any) -> Any:
        rows = await look_up(call)
        world.sql("DELETE FROM personal_access_tokens WHERE id = %s", token_id)
        authenticator.forget(token_id=token_id)
        return rows

    monkeypatch.setattr(database, "look_up", read_then_revoke)
    await authenticator.authenticate(person.token)
    monkeypatch.undo()
    with pytest.raises(Exception, match="valid access token"):
        await authenticator.authenticate(person.token)


async def test_a_setting_says_how_long_a_token_holds(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for_good = await world.register()
    monkeypatch.setattr(settings, "token_days", 30)
    person = await world.register()
    body = {"login": person.user["email"], "password": "a long password"}
    entered = (await world.call("POST", "/auth/login", json=body)).json()
    tokens = [for_good, person, Person(person.id, entered["token"], entered["user"])]
    shown = [
        next(
            token["expires_at"]
            for token in (await world.call("GET", "/auth/tokens", one)).json()["data"]
            if token["is_current"]
        )
        for one in tokens
    ]
    assert [at is None for at in shown] == [True, False, False]
    for days, statuses in ((29, [200, 200, 200]), (31, [200, 401, 401])):
        with clock.turned_to(clock.now() + timedelta(days=days)):
            answers = [(await world.call("GET", "/me", one)).status_code for one in tokens]
        assert answers == statuses


async def test_a_token_does_not_outlive_its_expiry_in_memory(world: World) -> None:
    person = await world.register()
    ends = clock.now() + timedelta(minutes=1)
    world.sql(
        "UPDATE personal_access_tokens SET expires_at = %s WHERE tokenable_id = %s",
        ends,
        person.id,
    )
    # Sooner than a process asks again about a token that it knows.
    with standing_at(ends - timedelta(seconds=1)):
        assert (await world.call("GET", "/me", person)).status_code == 200
    with standing_at(ends):
        assert (await world.call("GET", "/me", person)).status_code == 401


async def test_blocked_and_deleted_users_tokens_open_nothing(world: World, app: Litestar) -> None:
    for change in ("is_blocked = true, blocked_at = now()", "deleted_at = now()"):
        person = await world.register()
        world.sql(f"UPDATE users SET {change} WHERE id = %s", person.id)
        assert (await world.call("GET", "/me", person)).status_code == 401


async def test_being_here_is_written_at_most_once_in_five_minutes(
    world: World, app: Litestar
) -> None:
    person = await world.register()
    authenticator: Authenticator = app.state.authenticator

    async def seen() -> tuple[Any, Any]:
        authenticator.forget(user_id=person.id)
        assert (await world.call("GET", "/me", person)).status_code == 200
        await authenticator.activity.flush()
        return tuple(
            world.sql(
                "SELECT t.last_used_at, u.last_active_at FROM users u"
                " JOIN personal_access_tokens t ON t.tokenable_id = u.id WHERE u.id = %s",
                person.id,
            )[0]
        )

    first = await seen()
    assert None not in first
    assert await seen() == first
    with clock.turned_to(clock.now() + timedelta(minutes=4)):
        assert await seen() == first
    with clock.turned_to(clock.now() + timedelta(minutes=6)):
        later = await seen()
        assert later[0] > first[0]
        assert later[1] > first[1]


async def test_a_wrong_secret_shows_nobody_as_having_been_here(world: World, app: Litestar) -> None:
    person = await world.register()
    token_id, _ = person.token.split("|")
    authenticator: Authenticator = app.state.authenticator

    async def seen() -> list[Any]:
        await authenticator.activity.flush()
        return world.sql(
            "SELECT t.last_used_at IS NOT NULL, u.last_active_at IS NOT NULL FROM users u"
            " JOIN personal_access_tokens t ON t.tokenable_id = u.id WHERE u.id = %s",
            person.id,
        )

    guess = Person(person.id, f"{token_id}|{'a' * 40}", person.user)
    assert (await world.call("GET", "/me", guess)).status_code == 401
    assert await seen() == [(False, False)]
    # The guess left the token in this process's memory; its owner is noted all the same.
    assert (await world.call("GET", "/me", person)).status_code == 200
    assert await seen() == [(True, True)]


async def test_a_locked_user_is_noted_later_and_nobody_waits(
    world: World, database: Database
) -> None:
    person = await world.register()
    caller = Caller(person.id, int(person.token.split("|")[0]))
    activity = Activity(database)

    async def flush() -> list[Any]:
        activity.note(caller, None, None)
        async with asyncio.timeout(60):
            await activity.flush()
        return world.sql("SELECT last_active_at FROM users WHERE id = %s", person.id)

    async def hold(tx: Transaction) -> None:
        await tx.execute(text("SELECT 1 FROM users FOR NO KEY UPDATE"))
        assert await flush() == [(None,)]

    await database.run(hold)
    assert await flush() != [(None,)]
