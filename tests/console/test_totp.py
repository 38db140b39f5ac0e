"""Codes from the staff's phones: set up, used once, limited, lost; refusals change nothing."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from flylive.accounts import staff, totp
from flylive.accounts.errors import TotpUnreadable
from flylive.accounts.staff import Role
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.console.pages import PAGES
from flylive.database import Database, Transaction
from tests.console.test_sessions import (
    PASSWORD,
    WHY,
    Desk,
    desk,
    kept,
    member,
    refusal,
    sign_in,
)
from tests.world import Person, World


@pytest.fixture(autouse=True)
def at_the_beginning_of_a_half_minute() -> Iterator[None]:
    """A test's half minute does not end between the codes that it reads off a phone."""
    step = int(now().timestamp()) // totp.STEP_SECONDS + 1
    with turned_to(datetime.fromtimestamp(step * totp.STEP_SECONDS, UTC)):
        yield


class Phone:
    """An authenticator app, and the paper with the recovery codes."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)
        self.paper: list[str] = []

    def code(self, steps: int = 1) -> str:
        """What it shows in so many half minutes: the next one is good already, and yet unused."""
        return self.totp.generate_otp(int(now().timestamp()) // totp.STEP_SECONDS + steps)


async def enrol(here: Desk) -> tuple[Phone, Desk]:
    """Set up a phone; it, and the session that goes on."""
    begun = await here.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})
    assert begun.status_code == 200, begun.text
    phone = Phone(begun.json()["secret"])
    confirmed = await here.ask("POST", "/v1/admin/totp/confirm", json={"code": phone.code(0)})
    assert confirmed.status_code == 200, confirmed.text
    phone.paper = confirmed.json()["recovery_codes"]
    return phone, Desk(here.world, confirmed)


async def with_phone(world: World, role: Role = Role.SUPPORT) -> tuple[Person, Phone, Desk]:
    person = await member(world, role)
    phone, here = await enrol(await desk(world, person))
    return person, phone, here


def tries(world: World, person: Person) -> int:
    """How many wrong codes are counted against somebody."""
    return int(
        world.sql(
            "SELECT COALESCE(sum(cardinality(value::bigint[])), 0) FROM cache WHERE key LIKE %s",
            f"limit:login:code:{person.id}:%",
        )[0][0]
    )


async def test_setting_up(world: World) -> None:
    person = await member(world)
    first, other = await desk(world, person), await desk(world, person)
    assert (await first.ask("GET", "/v1/admin/totp")).json() == {
        "is_enrolled": False,
        "is_required": False,
        "recovery_codes": 0,
    }
    begun = (await first.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})).json()
    assert begun["qr"].startswith("data:image/svg+xml")
    read = pyotp.parse_uri(begun["uri"])
    assert (read.issuer, read.name) == ("FlyLive console", person.user["email"])
    assert isinstance(read, pyotp.TOTP)
    assert read.secret == begun["secret"]
    # Not yet: an unconfirmed phone asks nobody for a code, and may be begun anew.
    assert (await sign_in(world, person)).json()["totp"] == "optional"
    again = (await first.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})).json()
    assert again["secret"] != begun["secret"]

    before = kept(world)
    old = pyotp.TOTP(begun["secret"]).now()
    for code in (old, "000000", "abcdef", "1", "９" * 6, "1" * 32):
        answer = await first.ask("POST", "/v1/admin/totp/confirm", json={"code": code})
        if code == "1" * 32:
            assert refusal(answer) == (429, "auth.locked")
        else:
            assert refusal(answer) == (401, "staff.wrong_code"), code
    assert kept(world) == before
    with turned_to(now() + timedelta(minutes=16)):
        right = pyotp.TOTP(again["secret"]).at(now())
        confirmed = await first.ask("POST", "/v1/admin/totp/confirm", json={"code": right})
        assert confirmed.status_code == 200, confirmed.text
        here = Desk(world, confirmed)
        assert here.cookie != first.cookie
        for ended in (first, other):
            assert refusal(await ended.ask("GET", "/v1/admin/session"))[0] == 401
        view = (await here.ask("GET", "/v1/admin/session")).json()
        assert view["totp"] == "enrolled"
        assert view["csrf_token"] == confirmed.json()["csrf_token"]
        codes = confirmed.json()["recovery_codes"]
        assert len(set(codes)) == 10
        everything = str(world.sql("SELECT t::text, c::text FROM staff_totp t, audit_log c"))
        everything += str(world.sql("SELECT c::text FROM staff_recovery_codes c"))
        for secret in (again["secret"], *codes, codes[0].replace("-", "")):
            assert secret not in everything
        before = kept(world)
        answer = await here.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})
        assert refusal(answer) == (409, "staff.totp_enrolled")
        answer = await here.ask("POST", "/v1/admin/totp/confirm", json={"code": right})
        assert refusal(answer) == (409, "staff.totp_enrolled")
        assert kept(world) == before


async def test_setting_up_needs_the_password(world: World) -> None:
    person = await member(world)
    here = await desk(world, person)
    before = kept(world)
    answer = await here.ask("POST", "/v1/admin/totp/confirm", json={"code": "123456"})
    assert refusal(answer) == (409, "staff.totp_not_begun")
    for method, path in (("POST", "/totp/recovery-codes"), ("DELETE", "/totp")):
        answer = await here.ask(method, f"/v1/admin{path}", json={"code": "123456"})
        assert refusal(answer) == (409, "staff.totp_not_begun")
    assert tries(world, person) == 0, "only a wrong code uses up a try"
    for _ in range(5):
        answer = await here.ask("POST", "/v1/admin/totp", json={"password": "wrong"})
        assert refusal(answer) == (403, "auth.wrong_password")
    answer = await here.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})
    assert refusal(answer) == (429, "auth.locked")
    assert kept(world) == before


async def test_signing_in_with_a_code(world: World) -> None:
    person, phone, _ = await with_phone(world)
    before = kept(world)
    assert refusal(await sign_in(world, person)) == (401, "staff.code_needed")
    assert refusal(await sign_in(world, person, code="")) == (401, "staff.code_needed")
    wrong = await sign_in(world, person, password="wrong", code=phone.code())
    assert refusal(wrong) == (401, "auth.wrong_credentials")
    # The code that set the phone up, those of other half minutes, other people's.
    for code in (phone.code(0), phone.code(-3), phone.code(4), pyotp.TOTP("A" * 32).now()):
        assert refusal(await sign_in(world, person, code=code)) == (401, "staff.wrong_code")
    assert refusal(await sign_in(world, person, code="1" * 33)) == (422, "request.invalid")
    assert kept(world) == before
    answer = await sign_in(world, person, code=f" {phone.code()[:3]} {phone.code()[3:]} ")
    assert answer.status_code == 200, answer.text
    [factor] = [
        row[0]
        for row in world.sql(
            "SELECT payload::json ->> 'factor' FROM sessions WHERE user_id = %s"
            " ORDER BY last_activity DESC, payload::json ->> 'started_at' DESC LIMIT 1",
            person.id,
        )
    ]
    assert factor == "totp"
    before = kept(world)
    assert refusal(await sign_in(world, person, code=phone.code())) == (401, "staff.wrong_code")
    assert kept(world) == before


async def test_wrong_codes_lock_it_and_right_ones_cost_nothing(world: World) -> None:
    person, phone, _ = await with_phone(world)
    for minutes in (2, 3, 4, 5, 6, 7):
        with turned_to(now() + timedelta(minutes=minutes)):
            assert (await sign_in(world, person, code=phone.code())).status_code == 200
    assert tries(world, person) == 0
    before = kept(world)
    for _ in range(5):
        assert refusal(await sign_in(world, person, code="000000")) == (401, "staff.wrong_code")
    assert tries(world, person) >= 5
    with turned_to(now() + timedelta(minutes=10)):
        for code in (phone.code(), phone.paper[0]):
            assert refusal(await sign_in(world, person, code=code)) == (429, "auth.locked")
    assert kept(world) == before
    # A lock of the codes is none of the log-in outside the console.
    given = {"login": person.user["email"], "password": PASSWORD}
    assert (await world.call("POST", "/auth/login", json=given)).status_code == 200
    with turned_to(now() + timedelta(minutes=16)):
        assert (await sign_in(world, person, code=phone.code())).status_code == 200


async def test_many_guesses_at_once_gain_nothing(world: World) -> None:
    person, _, _ = await with_phone(world)
    answers = await asyncio.gather(
        *(sign_in(world, person, code=f"{number:06d}") for number in range(20))
    )
    found = sorted(refusal(answer) for answer in answers)
    assert found == [(401, "staff.wrong_code")] * 5 + [(429, "auth.locked")] * 15


@pytest.mark.parametrize("which", ["phone", "paper"])
async def test_one_code_used_by_two_at_once_lets_one_in(world: World, which: str) -> None:
    person, phone, _ = await with_phone(world)
    code = phone.code() if which == "phone" else phone.paper[3]
    sessions = len(world.sql("SELECT 1 FROM sessions WHERE user_id = %s", person.id))
    answers = await asyncio.gather(*(sign_in(world, person, code=code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert {refusal(answer) for answer in answers if answer.status_code != 200} == {
        (401, "staff.wrong_code")
    }
    assert len(world.sql("SELECT 1 FROM sessions WHERE user_id = %s", person.id)) == sessions + 1


async def test_of_two_who_confirm_at_once_one_does(world: World) -> None:
    person = await member(world)
    here, there = await desk(world, person), await desk(world, person)
    begun = await here.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})
    code = pyotp.TOTP(begun.json()["secret"]).at(now())
    answers = await asyncio.gather(
        *(one.ask("POST", "/v1/admin/totp/confirm", json={"code": code}) for one in (here, there))
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    [failed] = [answer for answer in answers if answer.status_code != 200]
    assert refusal(failed) in {(409, "staff.totp_enrolled"), (401, "staff.session_over")}
    assert len(world.sql("SELECT 1 FROM staff_recovery_codes WHERE user_id = %s", person.id)) == 10


async def test_recovery_codes(world: World) -> None:
    person, phone, here = await with_phone(world)
    shouted = phone.paper[0].replace("-", " ").upper()
    assert (await sign_in(world, person, code=shouted)).status_code == 200
    before = kept(world)
    assert refusal(await sign_in(world, person, code=phone.paper[0])) == (401, "staff.wrong_code")
    _, other, _ = await with_phone(world)
    before = kept(world)
    assert refusal(await sign_in(world, person, code=other.paper[1])) == (401, "staff.wrong_code")
    renew = "/v1/admin/totp/recovery-codes"
    assert refusal(await here.ask("POST", renew, json={"code": "000000"})) == (
        401,
        "staff.wrong_code",
    )
    assert kept(world) == before
    renewed = await here.ask("POST", renew, json={"code": phone.paper[1]})
    fresh = renewed.json()["recovery_codes"]
    assert len(set(fresh) - set(phone.paper)) == 10
    assert refusal(await sign_in(world, person, code=phone.paper[2])) == (401, "staff.wrong_code")
    assert (await here.ask("GET", "/v1/admin/totp")).json()["recovery_codes"] == 10
    assert (await sign_in(world, person, code=fresh[9])).status_code == 200
    assert (await here.ask("GET", "/v1/admin/totp")).json()["recovery_codes"] == 9


async def test_taking_the_phone_off(world: World) -> None:
    person, phone, here = await with_phone(world)
    before = kept(world)
    answer = await here.ask("DELETE", "/v1/admin/totp", json={"code": "000000"})
    assert refusal(answer) == (401, "staff.wrong_code")
    assert kept(world) == before
    answer = await here.ask("DELETE", "/v1/admin/totp", json={"code": phone.code()})
    assert answer.status_code == 204
    assert refusal(await here.ask("GET", "/v1/admin/session")) == (401, "staff.session_over")
    assert (await sign_in(world, person)).json()["totp"] == "optional"
    assert world.sql("SELECT 1 FROM staff_recovery_codes WHERE user_id = %s", person.id) == []


async def test_an_admin_takes_off_a_lost_phone(world: World) -> None:
    admin, boss_phone, boss = await with_phone(world, Role.ADMIN)
    person, _, theirs = await with_phone(world)
    path = f"/v1/admin/users/{person.id}/totp"
    before = kept(world)
    support = await desk(world, await member(world))
    before = kept(world)
    assert refusal(await support.ask("DELETE", path, json=WHY)) == (403, "staff.right_missing")
    assert refusal(await boss.ask("DELETE", path, json={})) == (422, "request.invalid")
    own = await boss.ask("DELETE", f"/v1/admin/users/{admin.id}/totp", json=WHY)
    assert refusal(own) == (403, "staff.not_oneself")
    gone = await boss.ask("DELETE", "/v1/admin/users/999999999/totp", json=WHY)
    assert refusal(gone) == (404, "user.not_found")
    assert kept(world) == before
    assert (await boss.ask("DELETE", path, json=WHY)).status_code == 204
    assert refusal(await theirs.ask("GET", "/v1/admin/session"))[0] == 401
    assert (await sign_in(world, person)).status_code == 200
    before = kept(world)
    assert refusal(await boss.ask("DELETE", path, json=WHY)) == (409, "staff.totp_not_begun")
    assert kept(world) == before
    [entry] = world.sql(
        "SELECT actor_id, reason, before, after FROM audit_log"
        " WHERE action = 'staff.totp_reset' AND subject_id = %s",
        person.id,
    )
    assert entry == (admin.id, "because", {"totp": True}, {"totp": False})
    assert boss_phone.paper


async def test_a_phone_goes_with_the_role(world: World, database: Database) -> None:
    person, _, _ = await with_phone(world)
    await database.run(lambda tx: staff.revoke(tx, person.id))
    assert world.sql("SELECT 1 FROM staff_totp WHERE user_id = %s", person.id) == []


@pytest.fixture
async def required(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are required of the staff, as in production."""
    monkeypatch.setattr(settings, "staff_totp", "required")


async def test_where_codes_are_required_one_may_only_set_up(world: World, required: None) -> None:
    admin = await member(world, Role.ADMIN)
    victim = await world.register()
    here = await desk(world, admin)
    assert here.view["totp"] == "required"
    before = kept(world)
    allowed = {"GET /session", "DELETE /session", "GET /totp", "POST /totp", "POST /totp/confirm"}
    for page in PAGES:
        for action in page.actions.keys() - allowed:
            method, _, path = action.partition(" ")
            for name in ("user_id", "session_id"):
                path = path.replace("{" + name + "}", str(victim.id))
            path = path.replace("{", "").replace("}", "") if "_id}" not in path else _ones(path)
            answer = await here.ask(method, f"/v1/admin{path}", json=WHY)
            assert refusal(answer) == (403, "staff.totp_required"), action
    assert kept(world) == before
    phone, there = await enrol(here)
    assert (await there.ask("GET", "/v1/admin/users")).status_code == 200
    assert refusal(await sign_in(world, admin)) == (401, "staff.code_needed")
    back = await desk(world, admin, code=phone.code())
    assert (await back.ask("GET", "/v1/admin/users")).status_code == 200
    left = await desk(world, await member(world))
    assert (await left.ask("DELETE", "/v1/admin/session")).status_code == 204


async def test_where_codes_are_required_a_token_of_the_api_opens_nothing(
    world: World, required: None
) -> None:
    """A password alone gives one: it would be a way around the code."""
    admin = await member(world, Role.ADMIN)
    victim = await world.register()
    phone, _ = await enrol(await desk(world, admin))
    before = kept(world)
    for method, path in (
        ("GET", "/admin/users"),
        ("GET", "/admin/session"),
        ("POST", f"/admin/users/{victim.id}/block"),
        ("PUT", f"/admin/users/{victim.id}/role"),
        ("DELETE", "/admin/totp"),
    ):
        body = {"json": WHY | {"role": "admin"}} if method != "GET" else {}
        answer = await world.call(method, path, admin, **body)
        assert refusal(answer) == (403, "staff.totp_required"), path
    assert kept(world) == before
    # Signing in looks at neither cookie nor token.
    answer = await sign_in(world, admin, code=phone.code(), headers=admin.headers)
    assert answer.status_code == 200, answer.text


def _ones(path: str) -> str:
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


async def test_a_session_of_before_they_were_required_may_only_set_up(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await desk(world, await member(world))
    assert (await here.ask("GET", "/v1/admin/users")).status_code == 200
    monkeypatch.setattr(settings, "staff_totp", "required")
    assert refusal(await here.ask("GET", "/v1/admin/users")) == (403, "staff.totp_required")


async def test_another_key_opens_nothing(
    world: World, database: Database, settings: Settings
) -> None:
    person, phone, _ = await with_phone(world)
    other = Settings(
        env="development",
        data=settings.data,
        database_url=settings.database_url,
        secret_key="another secret of the tests, just as useless",
    )

    async def use(tx: Transaction) -> str:
        return await totp.use(tx, other, person.id, phone.code())

    with pytest.raises(TotpUnreadable):
        await database.run(use)
    # A row that is moved to somebody else opens nothing for him either.
    thief = await member(world)
    world.sql(
        "INSERT INTO staff_totp (user_id, secret, confirmed_at)"
        " SELECT %s, secret, now() FROM staff_totp WHERE user_id = %s",
        thief.id,
        person.id,
    )
    before = kept(world)
    assert refusal(await sign_in(world, thief, code=phone.code())) == (
        409,
        "staff.totp_unreadable",
    )
    assert kept(world) == before


async def test_no_secret_is_logged(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    person = await member(world)
    here = await desk(world, person)
    begun = await here.ask("POST", "/v1/admin/totp", json={"password": PASSWORD})
    phone = Phone(begun.json()["secret"])
    code = phone.code()
    confirmed = await here.ask("POST", "/v1/admin/totp/confirm", json={"code": code})
    there = Desk(world, confirmed)
    await sign_in(world, person, code=confirmed.json()["recovery_codes"][0])
    await sign_in(world, person, password="wrong-password", code=code)
    out, err = capfd.readouterr()
    said = out + err + caplog.text
    secrets = (begun.json()["secret"], here.cookie, there.cookie, PASSWORD, "wrong-password")
    for secret in (*secrets, *confirmed.json()["recovery_codes"], there.view["csrf_token"]):
        assert secret not in said
