"""How uploads are served: as what they are and nothing else, private ones by signature alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from pydantic import SecretStr

from flylive import clock
from flylive.config import Settings
from flylive.database import Database
from flylive.uploads import service, signing
from flylive.uploads.storage import Storage
from tests.uploads import files
from tests.uploads.hands import change_avatar, upload, uploaded
from tests.world import World


async def test_public_files_are_served_for_ever_and_without_a_token(world: World) -> None:
    person = await world.register()
    url = await uploaded(world, person, "avatar", files.jpeg())
    answer = await world.client.get(url)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == "image/webp"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-disposition"] == "inline"
    assert headers["referrer-policy"] == "no-referrer"
    assert int(headers["content-length"]) == len(answer.content)
    assert "set-cookie" not in headers
    again = await world.client.get(url, headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await world.client.get(url, headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "0" * 32 + ".webp",
        "0" * 32 + ".html",
        "0" * 32 + ".svg",
        "0" * 32,
        "A" * 32 + ".webp",
        "../secret_key",
        "..%2fsecret_key",
        "%2e%2e/secret_key",
        "....//secret_key",
        ".hidden",
        "private",
        "private/" + "0" * 32 + ".pdf",
        "private%2f" + "0" * 32 + ".pdf",
        "a" * 5000 + ".webp",
        "%00.webp",
    ],
)
async def test_nothing_else_is_found(world: World, name: str) -> None:
    answer = await world.client.get(f"/uploads/{name}")
    assert answer.status_code in (403, 404), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_parts_of_a_sound_are_served(world: World) -> None:
    person = await world.register()
    data = files.mp3(100)
    url = await uploaded(world, person, "room_music", data)
    size = len(data)
    for asked, span in (
        ("bytes=0-99", (0, 100)),
        ("bytes=100-199", (100, 200)),
        ("bytes=1000-", (1000, size)),
        (f"bytes={size - 1}-{size + 100}", (size - 1, size)),
    ):
        answer = await world.client.get(url, headers={"Range": asked})
        start, end = span
        assert (answer.status_code, answer.content) == (206, data[start:end])
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert int(answer.headers["content-length"]) == end - start
    behind = await world.client.get(url, headers={"Range": f"bytes={size}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")
    for asked in ("bytes=-5", "bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=", "x" * 1000):
        answer = await world.client.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, data)


def other_digit(text: str) -> str:
    return text[:-1] + ("1" if text.endswith("0") else "0")


async def test_a_private_file_needs_our_signature(world: World) -> None:
    person = await world.register()
    data = files.pdf()
    url = await uploaded(world, person, "proof", data)
    other = await uploaded(world, person, "proof", data)
    answer = await world.client.get(url)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert answer.headers["cross-origin-resource-policy"] == "same-site"
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    expires, signature = query["expires"][0], query["signature"][0]
    stranger = parse_qs(urlsplit(other).query)
    for wrong in (
        path,
        f"{path}?expires={expires}",
        f"{path}?signature={signature}",
        f"{path}?expires={int(expires) + 1}&signature={signature}",
        f"{path}?expires={expires}&signature={other_digit(signature)}",
        f"{path}?expires={expires}&signature={signature.upper()}",
        f"{path}?expires={stranger['expires'][0]}&signature={stranger['signature'][0]}",
        f"{other_digit(path[:-4])}.pdf?expires={expires}&signature={signature}",
        f"{path}?expires={expires}&signature=%C3%A9",
    ):
        answer = await world.client.get(wrong)
        assert (answer.status_code, answer.json()["code"]) == (403, "upload.address_not_signed")
    for wrong in (f"{path}?expires=x&signature=y", f"{path}?expires={2**70}&signature=y"):
        assert (await world.client.get(wrong)).status_code == 422
    assert (await world.client.get(path.replace("/private", ""))).status_code == 404


async def test_a_signed_address_expires(world: World) -> None:
    person = await world.register()
    url = await uploaded(world, person, "message", files.png())
    with clock.turned_to(clock.now() + timedelta(minutes=59)):
        assert (await world.client.get(url)).status_code == 200
    with clock.turned_to(clock.now() + timedelta(minutes=61)):
        answer = await world.client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (403, "upload.address_expired")


def keyed(secret: str = "a secret of this test, of no other use") -> Settings:
    return Settings(database_url=SecretStr("dbname=none"), secret_key=SecretStr(secret))


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
URL = f"/uploads/private/{'0' * 32}.webp"


@given(since=MOMENTS, age=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_a_steady_address_holds_a_week_at_least_and_stays_for_weeks(
    since: datetime, age: timedelta
) -> None:
    settings = keyed()

    def at(moment: datetime) -> tuple[str, datetime]:
        with clock.turned_to(moment):
            url = signing.steady(settings, URL, since)
        return url, datetime.fromtimestamp(int(parse_qs(urlsplit(url).query)["expires"][0]), UTC)

    url, expires = at(since + age)
    left = expires - (since + age)
    assert signing.LEAST_LEFT - timedelta(seconds=1) <= left
    assert left <= signing.LEAST_LEFT + signing.LIFETIME
    assert at(since)[0] == at(since + timedelta(days=22))[0]
    with clock.turned_to(since + age):
        signing.check(
            settings, URL, int(expires.timestamp()), parse_qs(urlsplit(url).query)["signature"][0]
        )


def test_another_secret_signs_otherwise_and_public_addresses_are_not_signed() -> None:
    moment = clock.now()
    one = signing.sign(keyed(), URL, moment)
    assert one == signing.sign(keyed(), URL, moment)
    assert one != signing.sign(keyed("another secret of this test, for nothing"), URL, moment)
    assert signing.plain(one) == URL
    public = f"/uploads/{'0' * 32}.webp"
    assert signing.sign(keyed(), public, moment) == public == signing.plain(public)


async def test_what_is_discarded_goes_some_weeks_later(
    world: World, app: Litestar, database: Database, settings: Settings
) -> None:
    person = await world.register()
    first = (await change_avatar(world, person, files.jpeg()))["avatar_image"]
    second = (await change_avatar(world, person, files.png()))["avatar_image"]
    assert first != second
    storage = Storage(settings)
    assert await service.delete_discarded(database, storage) == 0
    assert (await world.client.get(first)).status_code == 200
    later = clock.now() + service.KEPT_AFTER_DISCARD + timedelta(minutes=1)
    with clock.turned_to(later):
        assert await service.delete_discarded(database, storage) == 1
        assert await service.delete_discarded(database, storage) == 0
    answer = await world.client.get(first)
    assert (answer.status_code, answer.json()["code"]) == (404, "upload.not_found")
    assert (await world.client.get(second)).status_code == 200
    urls = world.sql("SELECT url FROM uploads WHERE user_id = %s", person.id)
    assert urls == [(second,)]


async def test_a_file_that_went_before_its_row_is_no_hindrance(
    world: World, database: Database, settings: Settings
) -> None:
    person = await world.register()
    first = (await change_avatar(world, person, files.jpeg()))["avatar_image"]
    await change_avatar(world, person, files.jpeg())
    (settings.data / first.lstrip("/")).unlink()
    with clock.turned_to(clock.now() + service.KEPT_AFTER_DISCARD + timedelta(minutes=1)):
        assert await service.delete_discarded(database, Storage(settings)) == 1


@pytest.fixture
def broken(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage whose folder cannot be written: a file stands where it should be."""
    settings: Settings = app.state.settings
    (settings.data / "in-the-way").write_text("")
    away = settings.model_copy(update={"data": settings.data / "in-the-way"})
    monkeypatch.setattr(app.state, "storage", Storage(away))


async def test_storage_that_fails_is_503_and_leaves_no_row(
    world: World, kept: Callable[[], Any], broken: None
) -> None:
    person = await world.register()
    before = kept()
    answer = await upload(world, person, "avatar", files.png())
    assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
    assert answer.headers["retry-after"] == "5"
    answer = await world.client.get(f"/uploads/{'0' * 32}.webp")
    assert answer.status_code in (404, 503)
    assert kept() == before


@pytest.mark.parametrize("purpose", ["avatar", "message"])
async def test_what_comes_as_its_owner_deletes_his_account_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    """His pictures are let go with the account; what was still being encoded came behind that."""
    person = await world.register()
    put = Storage.put

    async def deleted_meanwhile(storage: Storage, name: str, data: bytes) -> None:
        await put(storage, name, data)
        gone = await world.call("DELETE", "/me", person, json={"password": "a long password"})
        assert gone.status_code == 204, gone.text

    monkeypatch.setattr(Storage, "put", deleted_meanwhile)
    answer = await upload(world, person, purpose, files.jpeg())
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    assert world.sql("SELECT url FROM uploads WHERE user_id = %s", person.id) == []
