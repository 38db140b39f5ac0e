"""Signing in to the console, and what its cookie is good for: every refusal changes nothing."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.accounts.staff_sessions import csrf_token, delete_expired
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.console import cookies
from flylive.database import Database
from tests.world import Person, World

PASSWORD = "a long password"
ORIGIN = "http://flylive.test"
WHY = {"reason": "because"}


class Desk:
    """Somebody with the cookie of a console session."""

    def __init__(self, world: World, answer: httpx.Response) -> None:
        self.world = world
        self.view = answer.json()
        self.set_cookie = answer.headers["set-cookie"]
        self.cookie = re.match(rf"{cookies.NAME}=([^;]+)", self.set_cookie)[1]  # type: ignore[index]

    async def ask(
        self, method: str, path: str, *, csrf: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {
            "Cookie": f"{cookies.NAME}={self.cookie}",
            "Origin": ORIGIN,
            "X-CSRF-Token": csrf_token(self.cookie) if csrf is None else csrf,
        } | options.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return await self.world.client.request(method, path, headers=headers, **options)


async def sign_in(world: World, person: Person, **body: Any) -> httpx.Response:
    given = {"login": person.user["email"], "password": PASSWORD} | body
    headers = body.pop("headers", {})
    given.pop("headers", None)
    return await world.client.post("/v1/admin/session", json=given, headers=headers)


async def desk(world: World, person: Person, **body: Any) -> Desk:
    answer = await sign_in(world, person, **body)
    assert answer.status_code == 200, answer.text
    return Desk(world, answer)


async def member(world: World, role: Role = Role.SUPPORT) -> Person:
    person = await world.register()
    await world.database.run(lambda tx: staff.grant(tx, person.id, role))
    return person


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def kept(world: World) -> list[Any]:
    """Everything that signing in or an act could have changed."""
    return world.sql(
        "SELECT 'session', to_jsonb(s) FROM sessions s UNION ALL"
        " SELECT 'audit', to_jsonb(a) FROM audit_log a UNION ALL"
        " SELECT 'totp', to_jsonb(t) FROM staff_totp t UNION ALL"
        " SELECT 'code', to_jsonb(c) FROM staff_recovery_codes c UNION ALL"
        " SELECT 'user', to_jsonb(u) - 'last_active_at' FROM users u ORDER BY 1, 2"
    )


@pytest.fixture
async def support(world: World) -> Person:
    return await member(world)


async def test_what_the_answer_and_the_database_hold(world: World, support: Person) -> None:
    answer = await sign_in(world, support, headers={"User-Agent": "a test"})
    here = Desk(world, answer)
    assert here.view["user"]["id"] == support.id
    assert here.view["role"] == "support"
    assert "people.view" in here.view["rights"]
    assert "ledger.adjust" not in here.view["rights"]
    assert here.view["totp"] == "optional"
    assert here.view["csrf_token"] == csrf_token(here.cookie)
    attributes = here.set_cookie.lower()
    for needed in ("httponly", "samesite=strict", "path=/"):
        assert needed in attributes
    assert "expires" not in attributes
    assert "max-age" not in attributes
    [row] = world.sql("SELECT to_jsonb(s)::text FROM sessions s WHERE user_id = %s", support.id)
    assert here.cookie not in row[0]
    assert here.view["csrf_token"] not in row[0]
    assert "a test" in row[0]
    assert here.cookie not in answer.text
    for name, value in {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert answer.headers[name] == value
    again = await here.ask("GET", "/v1/admin/session")
    assert again.json() == here.view


async def test_the_page_carries_a_strict_policy(world: World) -> None:
    answer = await world.client.get("/admin")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"\son\w+=", answer.text)


async def test_production_sends_the_cookie_over_tls_alone(settings: Settings) -> None:
    production = settings.model_copy(update={"env": "production"})
    assert cookies.make(production, "x").secure
    assert not cookies.make(settings, "x").secure
    assert production.needs_totp
    assert not settings.needs_totp
    assert not production.model_copy(update={"staff_totp": "optional"}).needs_totp


async def test_who_may_not_sign_in(world: World, support: Person) -> None:
    guest = await world.register()
    blocked = await member(world)
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", blocked.id)
    before = kept(world)
    wrong = await sign_in(world, support, password="something else")
    unknown = await sign_in(world, support, login="nobody@flylive.example")
    assert refusal(wrong) == refusal(unknown) == (401, "auth.wrong_credentials")
    assert {**wrong.json()} == {**unknown.json()}
    assert refusal(await sign_in(world, guest)) == (403, "staff.required")
    assert refusal(await sign_in(world, blocked)) == (403, "auth.blocked")
    assert refusal(await sign_in(world, support, surprise=1)) == (422, "request.invalid")
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example"):
        answer = await sign_in(world, support, headers={"Origin": origin})
        assert refusal(answer) == (403, "staff.csrf")
    assert refusal(await sign_in(world, support, headers={"Sec-Fetch-Site": "cross-site"})) == (
        403,
        "staff.csrf",
    )
    assert all("set-cookie" not in answer.headers for answer in (wrong, unknown))
    assert kept(world) == before


async def test_wrong_passwords_lock_it_as_they_lock_the_log_in(world: World) -> None:
    person = await member(world)
    before = kept(world)
    for _ in range(5):
        answer = await sign_in(world, person, password="wrong")
        assert refusal(answer) == (401, "auth.wrong_credentials")
    locked = await sign_in(world, person)
    assert refusal(locked) == (429, "auth.locked")
    assert int(locked.headers["retry-after"]) > 0
    given = {"login": person.user["email"], "password": PASSWORD}
    assert refusal(await world.call("POST", "/auth/login", json=given)) == (429, "auth.locked")
    assert kept(world) == before


async def test_the_cookie_is_good_for_the_console_alone(world: World, support: Person) -> None:
    here = await desk(world, support)
    assert (await here.ask("GET", "/v1/admin/users")).status_code == 200
    for method, path in (
        ("GET", "/v1/me"),
        ("PATCH", "/v1/me"),
        ("GET", "/v1/wallet"),
        ("GET", "/v1/auth/tokens"),
        ("POST", "/v1/auth/logout"),
        ("POST", "/v1/realtime/tickets"),
        ("POST", "/v1/gifts/send"),
    ):
        answer = await here.ask(method, path, json={} if method != "GET" else None)
        assert refusal(answer) == (401, "auth.unauthenticated"), path


async def test_an_act_by_cookie_needs_the_page_s_own_token_and_origin(world: World) -> None:
    admin, person = await member(world, Role.ADMIN), await world.register()
    here, other = await desk(world, admin), await desk(world, admin)
    before = kept(world)
    path = f"/v1/admin/users/{person.id}/block"
    wrong: list[dict[str, Any]] = [
        {"csrf": ""},
        {"csrf": "0" * 64},
        {"csrf": csrf_token(other.cookie)},
        {"csrf": here.cookie},
        {"headers": {"X-CSRF-Token": None}},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Origin": f"{ORIGIN}:81"}},
        {"headers": {"Origin": None}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"headers": {"Sec-Fetch-Site": "none", "Origin": None}},
    ]
    for one in wrong:
        answer = await here.ask("POST", path, json=WHY, **one)
        assert refusal(answer) == (403, "staff.csrf"), one
    assert kept(world) == before
    right = {"Sec-Fetch-Site": "same-origin", "Origin": None}
    assert (await here.ask("POST", path, json=WHY, headers=right)).status_code == 200
    assert (await here.ask("POST", f"{path[:-5]}unblock", json=WHY)).status_code == 200


async def test_a_planted_cookie_is_worth_nothing(world: World, support: Person) -> None:
    planted = "x" * 43
    headers = {"Cookie": f"{cookies.NAME}={planted}"}
    assert refusal(await world.client.get("/v1/admin/session", headers=headers)) == (
        401,
        "staff.session_over",
    )
    here = await desk(world, support, headers=headers)
    assert here.cookie != planted
    assert refusal(await world.client.get("/v1/admin/session", headers=headers))[0] == 401
    # Signing in again in the same browser ends what was there, and gives another cookie.
    there = await desk(world, support, headers={"Cookie": f"{cookies.NAME}={here.cookie}"})
    assert there.cookie != here.cookie
    assert refusal(await here.ask("GET", "/v1/admin/session")) == (401, "staff.session_over")
    for garbage in ("", "=", "x=;;;", f"{cookies.NAME}=", f"{cookies.NAME}={'x' * 5000}", "\xff=1"):
        answer = await world.client.get(
            "/v1/admin/session", headers={"Cookie": garbage.encode("latin-1")}
        )
        assert answer.status_code == 401, garbage[:20]


async def test_a_token_goes_before_the_cookie(world: World, support: Person) -> None:
    here = await desk(world, support)
    admin = await member(world, Role.ADMIN)
    answer = await here.ask("GET", "/v1/admin/session", headers=admin.headers)
    assert answer.json()["user"]["id"] == admin.id
    assert answer.json()["csrf_token"] is None
    wrong = await here.ask("GET", "/v1/admin/session", headers={"Authorization": "Bearer 1|x"})
    assert refusal(wrong) == (401, "auth.unauthenticated")


async def test_sessions_end(world: World, database: Database, settings: Settings) -> None:
    admin = await member(world, Role.ADMIN)

    async def over(ended: Desk) -> None:
        for method, path in (("GET", "/v1/admin/session"), ("DELETE", "/v1/admin/session")):
            assert refusal(await ended.ask(method, path)) == (401, "staff.session_over")

    person = await member(world)
    here = await desk(world, person)
    gone = await here.ask("DELETE", "/v1/admin/session")
    assert gone.status_code == 204
    assert "max-age=0" in gone.headers["set-cookie"].lower()
    await over(here)

    # Blocked, then let in again: what was open stays ended.
    here = await desk(world, person)
    path = f"/admin/users/{person.id}"
    assert (await world.call("POST", f"{path}/block", admin, json=WHY)).status_code == 200
    await over(here)
    assert (await world.call("POST", f"{path}/unblock", admin, json=WHY)).status_code == 200
    await over(here)

    here = await desk(world, person)
    assert (await world.call("DELETE", f"{path}/tokens", admin, json=WHY)).status_code == 204
    await over(here)

    here = await desk(world, person)
    assert (await world.call("DELETE", f"{path}/role", admin, json=WHY)).status_code == 204
    await over(here)
    await database.run(lambda tx: staff.grant(tx, person.id, Role.SUPPORT))
    await over(here)

    here = await desk(world, person)
    login = await world.call(
        "POST", "/auth/login", json={"login": person.user["email"], "password": PASSWORD}
    )
    changed = await world.call(
        "POST",
        "/auth/password/change",
        headers={"Authorization": f"Bearer {login.json()['token']}"},
        json={"current_password": PASSWORD, "password": "another long password"},
    )
    assert changed.status_code == 204
    await over(here)

    here = await desk(world, person, password="another long password")
    with turned_to(now() + timedelta(minutes=29)):
        assert (await here.ask("GET", "/v1/admin/session")).status_code == 200
    with turned_to(now() + timedelta(minutes=58)):
        assert (await here.ask("GET", "/v1/admin/session")).status_code == 200
    with turned_to(now() + timedelta(minutes=89)):
        await over(here)
        assert await database.run(lambda tx: delete_expired(tx, settings)) >= 1
    await over(here)

    # Used all the time, it ends all the same.
    here = await desk(world, person, password="another long password")
    for quarter in range(1, 48):
        with turned_to(now() + timedelta(minutes=15 * quarter)):
            assert (await here.ask("GET", "/v1/admin/session")).status_code == 200
    with turned_to(now() + timedelta(hours=12, seconds=1)):
        await over(here)


async def test_a_role_that_changes_counts_at_the_next_request(
    world: World, database: Database
) -> None:
    person = await member(world, Role.FINANCE)
    here = await desk(world, person)
    assert (await here.ask("GET", "/v1/admin/adjustments")).status_code == 200
    await database.run(lambda tx: staff.grant(tx, person.id, Role.CATALOGUE))
    answer = await here.ask("GET", "/v1/admin/adjustments")
    assert refusal(answer) == (403, "staff.right_missing")
    assert (await here.ask("GET", "/v1/admin/session")).json()["role"] == "catalogue"


async def test_listing_and_ending_sessions(world: World) -> None:
    admin, one, two = [await member(world, role) for role in (Role.ADMIN, *[Role.SUPPORT] * 2)]
    boss, mine, theirs = [await desk(world, person) for person in (admin, one, two)]
    other = await desk(world, one)

    async def listed(who: Desk, query: str = "") -> list[dict[str, Any]]:
        answer = await who.ask("GET", f"/v1/admin/sessions{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    own = await listed(mine)
    assert [row["user_id"] for row in own] == [one.id, one.id]
    assert sorted(row["is_current"] for row in own) == [False, True]
    assert own[0].keys() >= {"id", "user_id", "ip_address", "user_agent", "last_activity"}
    assert await listed(mine, f"?user_id={two.id}") == []
    assert {admin.id, one.id, two.id} <= {row["user_id"] for row in await listed(boss)}
    [its] = await listed(boss, f"?user_id={two.id}")
    first = await boss.ask("GET", "/v1/admin/sessions?limit=1")
    second = await boss.ask(
        "GET", f"/v1/admin/sessions?limit=1&cursor={first.json()['next_cursor']}"
    )
    assert first.json()["data"][0]["id"] != second.json()["data"][0]["id"]

    before = kept(world)
    path = f"/v1/admin/sessions/{its['id']}"
    assert refusal(await mine.ask("DELETE", path, json=WHY)) == (404, "staff.session_not_found")
    for body in ({}, {"reason": " "}):
        assert refusal(await boss.ask("DELETE", path, json=body)) == (422, "request.invalid")
    unknown = await boss.ask("DELETE", "/v1/admin/sessions/" + "0" * 64, json=WHY)
    assert refusal(unknown) == (404, "staff.session_not_found")
    assert kept(world) == before

    ended = await asyncio.gather(*(boss.ask("DELETE", path, json=WHY) for _ in range(4)))
    assert sorted(answer.status_code for answer in ended) == [204, 404, 404, 404]
    assert refusal(await theirs.ask("GET", "/v1/admin/session"))[0] == 401
    [entry] = world.sql(
        "SELECT actor_id, subject_id, reason FROM audit_log WHERE action = 'staff.end_session'"
    )
    assert entry == (admin.id, two.id, "because")
    [id_of_other] = [row["id"] for row in own if not row["is_current"]]
    assert (await mine.ask("DELETE", f"/v1/admin/sessions/{id_of_other}", json=WHY)).is_success
    assert refusal(await other.ask("GET", "/v1/admin/session"))[0] == 401
    assert (await mine.ask("GET", "/v1/admin/session")).status_code == 200
