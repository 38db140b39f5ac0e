"""Id tokens that must not open anything, and the key sets that they are verified with."""

import asyncio
import base64
import gzip
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey
from litestar import Litestar
from pydantic import ValidationError

from flylive import clock
from flylive.accounts.identities import IdTokens, keys
from flylive.config import Settings
from tests.accounts.provider import PlayedProvider, published, rsa_key, segment
from tests.patience import eventually
from tests.world import World

PROFILE = {"name": "Omar", "dob": "1994-03-02", "gender": 1, "country": "EG"}
Answer = tuple[int, str]
INVALID: Answer = (422, "auth.invalid_id_token")
UNAVAILABLE: Answer = (503, "service.unavailable")


@pytest.fixture(autouse=True)
async def fresh(google: PlayedProvider, app: Litestar) -> AsyncIterator[None]:
    """Each test begins with a provider that answers well, and without any key of it."""
    google.reset()
    kept, app.state.id_tokens = app.state.id_tokens, IdTokens(app.state.settings)
    yield
    await app.state.id_tokens.close()
    app.state.id_tokens = kept
    google.asked = 0


async def enter(world: World, token: str) -> httpx.Response:
    return await world.call(
        "POST", "/auth/social", json={"provider": "google", "id_token": token} | PROFILE
    )


async def outcome(world: World, token: str) -> Answer:
    answer = await enter(world, token)
    return answer.status_code, answer.json().get("code", "")


def shifted(**seconds: int) -> dict[str, int]:
    """Claims that many seconds from now."""
    return {name: int(clock.now().timestamp()) + value for name, value in seconds.items()}


def tampered(token: str, **claims: Any) -> str:
    """The token with other claims under the same signature."""
    header, payload, signature = token.split(".")
    old = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{segment(old | claims)}.{signature}"


def later(seconds: float) -> AbstractContextManager[None]:
    """The clock, turned on."""
    return clock.turned_to(clock.now() + timedelta(seconds=seconds))


def public_pem(key: Any) -> bytes:
    return bytes(key.as_pem(private=False))


def bad_tokens(google: PlayedProvider) -> dict[str, str]:
    """What an attacker would send, each by its name."""
    ours, stranger = google.keys[0], rsa_key("stranger")
    good = google.token("victim")
    kid = ours.kid
    embedded = published(stranger)
    confusion = {
        f"HS256 with {name}": google.forged("victim", {"alg": "HS256", "kid": kid}, secret)
        for name, secret in {
            "the public PEM": public_pem(ours),
            "the public DER": bytes(ours.as_der(private=False)),
            "the published JSON": json.dumps(ours.as_dict(private=False)).encode(),
            "nothing": b"",
        }.items()
    }
    unsigned = {
        f"alg {name}": google.forged("victim", {"alg": name, "kid": kid})
        for name in ("none", "None", "NONE", "nOnE", "", "RS256")
    }
    claims = {
        "wrong audience": {"aud": "another-app.google.example"},
        "no audience": {"aud": None},
        "empty audience": {"aud": ""},
        "empty audiences": {"aud": []},
        "a strange audience beside ours": {"aud": [google.audience, "another-app"]},
        "a number as audience": {"aud": 1},
        "wrong issuer": {"iss": "https://accounts.google.com.evil.example"},
        "issuer of another case": {"iss": "HTTPS://ACCOUNTS.GOOGLE.COM"},
        "issuer with a slash": {"iss": "https://accounts.google.com/"},
        "no issuer": {"iss": None},
        "issuers in a list": {"iss": ["https://accounts.google.com"]},
        "Facebook's issuer": {"iss": "https://www.facebook.com"},
        "expired": shifted(exp=-61),
        "no expiry": {"exp": None},
        "expiry as text": {"exp": "9999999999"},
        "expiry true": {"exp": True},
        "not yet valid": shifted(nbf=120),
        "issued in the future": shifted(iat=120),
        "no time of issue": {"iat": None},
        "no sub": {"sub": None},
        "empty sub": {"sub": ""},
        "blank sub": {"sub": " "},
        "a number as sub": {"sub": 12345},
        "a list as sub": {"sub": ["victim"]},
        "long sub": {"sub": "1" * 256},
        "NUL in sub": {"sub": "vic\x00tim"},
        "sub beyond ASCII": {"sub": "víctim"},
    }
    infinite = google.claims("victim")
    headers = {
        "unknown key": {"kid": "nobody's"},
        "no key id": {"kid": ""},
        "critical extension": {"crit": ["exp"], "exp": 9999999999},
        "critical extension that is missing": {"crit": ["exp"]},
        "unencoded payload": {"crit": ["b64"], "b64": False},
    }
    return {
        **confusion,
        **unsigned,
        **{name: google.token(**given) for name, given in claims.items()},
        **{name: google.token("victim", header=given) for name, given in headers.items()},
        "another's key under our key's id": google.token(
            "victim", key=stranger, header={"kid": kid}
        ),
        "another's key, embedded": google.token(
            "victim", key=stranger, header={"kid": kid, "jwk": embedded}
        ),
        "another's key, unknown and embedded": google.token(
            "victim", key=stranger, header={"jwk": embedded}
        ),
        "another's key by address": google.token(
            "victim",
            key=stranger,
            header={"kid": kid, "jku": google.url, "x5u": google.url},
        ),
        "RS512 by our key": google.token("victim", algorithm="RS512"),
        "PS256 by our key": google.token("victim", algorithm="PS256"),
        "tampered sub": tampered(good, sub="somebody"),
        "tampered expiry": tampered(google.token("victim", **shifted(exp=-3600)), exp=9999999999),
        "never expiring": google.signed(
            json.dumps(infinite | {"exp": float("nan")}).encode(), {"kid": kid}
        ),
        "claims in a list": google.signed(json.dumps([infinite]).encode(), {"kid": kid}),
        "claims that are no JSON": google.signed(b"\xff\xfe{", {"kid": kid}),
        "deep claims": google.signed(b"[" * 3000, {"kid": kid}),
        "truncated signature": good[:-10],
        "no signature": good.rsplit(".", 1)[0] + ".",
        "oversize": google.token("victim", padding="x" * 9000),
        "oversize header": google.token("victim", header={"padding": "x" * 2000}),
        "empty": "",
        "not a token": "hello",
        "two parts": "a.b",
        "five parts, as JWE has": "a.b.c.d.e",
        "dots": "..",
        "not base64": "%%%.%%%.%%%",
        "beyond ASCII": "é.é.é",
        "a header that is no object": f"{segment(['alg', 'kid'])}.e30.e30",
        "a header that is a number": f"{segment(5)}.e30.e30",
        "a deep header": f"{segment(b'[' * 400)}.e30.e30",
        "a key id that is no text": google.forged("victim", {"alg": "RS256", "kid": 5}),
    }


async def test_what_does_not_hold_opens_nothing_and_changes_nothing(
    world: World, google: PlayedProvider, stored: Callable[[], Any], app: Litestar
) -> None:
    assert (await enter(world, google.token("victim"))).status_code in (200, 201)
    before = stored()
    for name, token in bad_tokens(google).items():
        answer = await enter(world, token)
        assert (answer.status_code, answer.json()["code"]) == INVALID, (name, answer.text)
        assert answer.json()["errors"][0]["field"] == "id_token", name
        # Nothing of what was sent comes back, and no word tells what was wrong.
        assert answer.json()["detail"] == "The id token does not hold"
    assert stored() == before
    # What the header offers beside the provider's own key is not looked at.
    small = ECKey.generate_key("P-256").as_dict(private=False)
    address = "https://keys.evil.example"
    extra = {"jwk": small, "jku": address, "x5u": address, "x5c": ["AAAA"], "unheard_of": 1}
    assert (await enter(world, google.token("victim", header=extra))).status_code == 200


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_only_signing_keys_of_the_two_kinds_are_taken_from_a_set(
    world: World, google: PlayedProvider
) -> None:
    shared = OctKey.generate_key(256, {"kid": "shared", "alg": "HS256", "use": "sig"})
    p256 = ECKey.generate_key("P-256", {"kid": "p256"})
    silent = ECKey.generate_key("P-256", {"kid": "silent"})
    p384 = ECKey.generate_key("P-384", {"kid": "p384"})
    weak, sealing, other = rsa_key("weak", 1024), rsa_key("sealing"), rsa_key("other")
    without_algorithm = published(silent)
    del without_algorithm["alg"]
    members = [
        shared.as_dict(private=True),
        published(p256),
        without_algorithm,
        published(p384),
        published(weak),
        published(sealing, use="enc"),
        published(other, alg="RS512"),
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "kid": "short"},
        {"kty": "ML-DSA", "kid": "of tomorrow", "pub": "AAAA"},
        {"kid": 5},
        {},
        rsa_key("google-1").as_dict(private=False),
    ]
    google.body = json.dumps({"keys": members, "more": 1}).encode()
    secret = base64.urlsafe_b64decode(shared.as_dict(private=True)["k"] + "==")
    refused = {
        "shared": google.forged("victim", {"alg": "HS256", "kid": "shared"}, secret),
        "silent": google.token("victim", key=silent),
        "weak": google.token("victim", key=weak),
        "sealing": google.token("victim", key=sealing),
        "other": google.token("victim", key=other),
        "p384": google.token("victim", key=p384, algorithm="ES384"),
        "RS256 under the name of a P-256 key": google.token("victim", header={"kid": "p256"}),
        "ES256 under the name of an RSA key": google.token(
            "victim", key=p256, header={"kid": "google-1"}
        ),
        "broken": google.token("victim", header={"kid": "broken"}),
        "short": google.token("victim", header={"kid": "short"}),
    }
    for name, token in refused.items():
        assert await outcome(world, token) == INVALID, name
    for key in (p256, rsa_key("google-1")):
        assert (await enter(world, google.token("kinds", key=key))).status_code in (200, 201)
    assert google.asked == 1


async def test_keys_are_fetched_once_for_all_who_wait_and_kept(
    world: World, google: PlayedProvider
) -> None:
    google.gate = asyncio.Event()
    waiting = [asyncio.create_task(enter(world, google.token(f"w-{n}"))) for n in range(8)]
    await eventually(lambda: google.asked == 1)
    # One gives up; the fetch goes on for the others.
    waiting.pop(0).cancel()
    google.gate.set()
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {201}
    assert (await enter(world, google.token("w-1"))).status_code == 200
    assert google.asked == 1


async def test_a_rotated_key_is_found_and_the_old_one_ends_with_the_old_set(
    world: World, google: PlayedProvider
) -> None:
    old, new = google.keys[0], rsa_key("google-2")
    assert (await enter(world, google.token("rotation", key=old))).status_code == 201
    google.rotate(old, new)
    with later(keys.REFETCH_SECONDS + 1):
        assert (await enter(world, google.token("rotation", key=new))).status_code == 200
        assert (await enter(world, google.token("rotation", key=old))).status_code == 200
        assert google.asked == 2
        google.rotate(new)
    with later(3 * 3600):
        assert await outcome(world, google.token("rotation", key=old)) == INVALID
        assert (await enter(world, google.token("rotation", key=new))).status_code == 200
        assert google.asked == 3


async def test_made_up_key_ids_do_not_make_us_hammer_the_provider(
    world: World, google: PlayedProvider
) -> None:
    assert (await enter(world, google.token("hammer"))).status_code == 201
    with later(keys.REFETCH_SECONDS + 1):
        made_up = [google.token("hammer", header={"kid": secrets.token_hex(8)}) for _ in range(20)]
        answers = await asyncio.gather(*(outcome(world, token) for token in made_up))
        assert set(answers) == {INVALID}
        assert google.asked == 2
        assert (await enter(world, google.token("hammer"))).status_code == 200
    with later(2 * keys.REFETCH_SECONDS + 2):
        assert await outcome(world, made_up[0]) == INVALID
        assert google.asked == 3


@pytest.mark.parametrize(
    ("cache_control", "kept_seconds"),
    [
        ("public, max-age=600, must-revalidate", 600),
        ("Max-Age = 700", 700),
        ("max-age=0", keys.MIN_FRESH_SECONDS),
        ("s-maxage=5, max-age=800", 800),
        ("max-age=99999999", keys.MAX_FRESH_SECONDS),
        ("max-age=-1", keys.DEFAULT_FRESH_SECONDS),
        ("no-store", keys.DEFAULT_FRESH_SECONDS),
        ("", keys.DEFAULT_FRESH_SECONDS),
    ],
)
async def test_the_set_is_kept_as_long_as_it_says_within_bounds(
    world: World, google: PlayedProvider, cache_control: str, kept_seconds: int
) -> None:
    google.headers = {"Cache-Control": cache_control}
    start = clock.now()
    await enter(world, google.token("kept"))
    with clock.turned_to(start + timedelta(seconds=kept_seconds - 20)):
        await enter(world, google.token("kept"))
        assert google.asked == 1
    with clock.turned_to(start + timedelta(seconds=kept_seconds + 20)):
        await enter(world, google.token("kept"))
        assert google.asked == 2


BROKEN: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "a redirect": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "no JSON": {"body": b"<html>"},
    "not UTF-8": {"body": b'{"keys": ["\xff"]}'},
    "too deep": {"body": b"[" * 100_000},
    "another shape": {"body": b'{"keys": {"a": 1}}'},
    "a list": {"body": b"[]"},
    "no keys": {"body": b'{"keys": []}'},
    "too many bytes": {"body": b'{"keys": []' + b" " * keys.MAX_BYTES + b"}"},
    "too many keys": {"body": json.dumps({"keys": [{}] * 65}).encode()},
    "packed": {"headers": {"Content-Encoding": "gzip"}, "body": gzip.compress(b'{"keys": []}')},
}


@pytest.mark.parametrize("how", list(BROKEN))
async def test_without_any_key_the_answer_is_to_come_back(
    world: World, google: PlayedProvider, stored: Callable[[], Any], how: str
) -> None:
    before = stored()
    for name, value in BROKEN[how].items():
        setattr(google, name, value)
    answer = await enter(world, google.token("nobody"))
    assert (answer.status_code, answer.json()["code"]) == UNAVAILABLE, answer.text
    assert 1 <= int(answer.headers["retry-after"]) <= keys.RETRY_SECONDS
    # Whoever insists does not make us ask again at once; later it is well again.
    assert await outcome(world, google.token("nobody")) == UNAVAILABLE
    assert google.asked == 1
    assert stored() == before
    google.reset()
    with later(keys.RETRY_SECONDS + 1):
        assert (await enter(world, google.token(f"after-{len(how)}"))).status_code in (200, 201)
        assert google.asked == 2


async def test_a_provider_that_cannot_be_reached_or_hangs_is_unavailable(
    world: World, google: PlayedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await google.stop()
    assert await outcome(world, google.token("nobody")) == UNAVAILABLE
    await google.start()
    google.gate = asyncio.Event()
    monkeypatch.setattr(keys, "FETCH_SECONDS", 1)
    with later(keys.RETRY_SECONDS + 1):
        assert await outcome(world, google.token("nobody")) == UNAVAILABLE
        assert google.asked == 1
    google.gate.set()


async def test_an_old_set_goes_on_for_hours_but_not_for_ever(
    world: World, google: PlayedProvider
) -> None:
    assert (await enter(world, google.token("outage"))).status_code == 201
    google.status = 500
    with later(3600 + keys.FORGIVEN_SECONDS - 60):
        assert (await enter(world, google.token("outage"))).status_code == 200
        # A key that the old set lacks may well be one of the new set.
        assert await outcome(world, google.token("outage", key=rsa_key("google-2"))) == UNAVAILABLE
        assert google.asked == 2
    with later(3600 + keys.FORGIVEN_SECONDS + 60):
        assert await outcome(world, google.token("outage")) == UNAVAILABLE
        assert google.asked == 3


async def test_a_clock_that_was_set_back_does_not_stop_fetching(
    world: World, google: PlayedProvider
) -> None:
    with later(7 * 24 * 3600):
        assert (await enter(world, google.token("clock"))).status_code == 201
    assert (await enter(world, google.token("clock"))).status_code == 200
    assert google.asked == 2


async def test_id_tokens_appear_in_no_log_and_no_answer(
    world: World, google: PlayedProvider, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    good, bad = google.token("quiet"), google.token("quiet", aud="elsewhere")
    google.status = 500
    answers = [await enter(world, good)]
    google.reset()
    with later(keys.RETRY_SECONDS + 1):
        answers += [await enter(world, good), await enter(world, bad)]
    assert [answer.status_code for answer in answers] == [503, 201, 422]
    written = "".join(capfd.readouterr()) + caplog.text
    assert "keys.not_fetched" in written
    for text in (written, *(answer.text for answer in answers)):
        for token in (good, bad):
            assert not any(part in text for part in token.split(".")[1:])


def test_ids_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYLIVE_GOOGLE_CLIENT_IDS", "one.example, two.example,,")
    monkeypatch.setenv("FLYLIVE_FACEBOOK_APP_IDS", " ")
    settings = Settings()
    assert settings.google_client_ids == ("one.example", "two.example")
    assert settings.facebook_app_ids == ()


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://keys.example/set", True),
        ("http://127.0.0.1:8080/set", True),
        ("http://keys.example/set", False),
        ("http://127.0.0.1.keys.example/set", False),
        ("file:///etc/keys", False),
        ("https:///set", False),
        ("", False),
    ],
)
def test_keys_come_by_https_or_from_this_machine(url: str, is_taken: bool) -> None:
    if is_taken:
        assert Settings(google_keys_url=url).google_keys_url == url
    else:
        with pytest.raises(ValidationError):
            Settings(google_keys_url=url)
