"""The form around a file: what it must hold, how large it may be, how many at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from litestar import Litestar

from flylive.uploads import encoding, intake
from flylive.uploads.purposes import MIB
from tests.uploads import files
from tests.uploads.hands import upload
from tests.world import Person, World

BOUNDARY = "a-line-between"


def part(name: str, content: bytes, *, filename: str | None = None, extra: str = "") -> bytes:
    told = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{told}\r\n{extra}\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FILE = part("file", files.png(20, 20), filename="a.png")
PURPOSE = part("purpose", b"avatar")

WRONG: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "upload.broken_form"),
    "no part": (END, 422, "request.invalid"),
    "no file": (PURPOSE + END, 422, "request.invalid"),
    "no purpose": (FILE + END, 422, "request.invalid"),
    "two files": (PURPOSE + FILE + FILE + END, 422, "request.invalid"),
    "two purposes": (PURPOSE + PURPOSE + FILE + END, 422, "request.invalid"),
    "unknown purpose": (part("purpose", b"virus") + FILE + END, 422, "request.invalid"),
    "purpose of bytes": (part("purpose", b"\xff\x00") + FILE + END, 422, "request.invalid"),
    "long purpose": (part("purpose", b"x" * 5000) + FILE + END, 422, "request.invalid"),
    "unknown field": (PURPOSE + part("more", b"1") + FILE + END, 422, "request.invalid"),
    "many fields": (PURPOSE * 50 + END, 422, "request.invalid"),
    "no end": (PURPOSE + FILE, 400, "upload.broken_form"),
    "cut off": ((PURPOSE + FILE)[:-40], 400, "upload.broken_form"),
    "no boundary": (b"x" * 100, 400, "upload.broken_form"),
    "a part without a name": (
        f"--{BOUNDARY}\r\nContent-Type: image/png\r\n\r\nx\r\n".encode() + END,
        400, "upload.broken_form",
    ),
    "endless headers": (
        f"--{BOUNDARY}\r\nX: ".encode() + b"y" * 100_000, 400, "upload.broken_form",
    ),
    "a wrong charset": (
        PURPOSE + part("file", b"x", filename="a", extra="Content-Type: a/b; charset=x\r\n") + END,
        415, "upload.type_not_taken",
    ),
    "empty file": (PURPOSE + part("file", b"", filename="a") + END, 422, "upload.empty"),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
async def test_wrong_forms_are_refused(
    world: World, person: Person, kept: Callable[[], Any], said: str
) -> None:
    content, status, code = WRONG[said]
    before = kept()
    answer = await world.call(
        "POST",
        "/uploads",
        person,
        content=content,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert kept() == before


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "",
        "image/png",
    ],
)
async def test_what_is_no_form_is_refused(
    world: World, person: Person, kept: Callable[[], Any], content_type: str
) -> None:
    before = kept()
    for method, path in (("POST", "/uploads"), ("PUT", "/me/avatar")):
        answer = await world.call(
            method, path, person, content=PURPOSE, headers={"Content-Type": content_type}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "upload.not_a_form")
    assert kept() == before


async def test_the_purpose_may_come_before_or_behind_the_file(world: World) -> None:
    person = await world.register()
    for content in (PURPOSE + FILE + END, FILE + PURPOSE + END):
        answer = await world.call(
            "POST",
            "/uploads",
            person,
            content=content,
            headers={"Content-Type": f'multipart/form-data; boundary="{BOUNDARY}"'},
        )
        assert answer.status_code == 201, answer.text
    # The avatar's own address knows its purpose.
    answer = await world.call(
        "PUT",
        "/me/avatar",
        person,
        content=PURPOSE + FILE + END,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert [error["field"] for error in answer.json()["errors"]] == ["purpose"]


async def test_size_ends_by_purpose_before_or_behind_the_file(
    world: World, kept: Callable[[], Any]
) -> None:
    person = await world.register()
    before = kept()
    large = part("file", b"\xff\xd8\xff" + b"\x00" * (8 * MIB), filename="a")
    huge = part("file", b"\xff\xd8\xff" + b"\x00" * (21 * MIB), filename="a")
    for content, code in (
        (PURPOSE + large + END, "upload.too_large"),
        (large + PURPOSE + END, "upload.too_large"),
        (huge + PURPOSE + END, "request.too_large"),
    ):
        answer = await world.call(
            "POST",
            "/uploads",
            person,
            content=content,
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, code)
    assert kept() == before


async def test_a_body_that_grows_without_end_is_ended(
    world: World, kept: Callable[[], Any]
) -> None:
    person = await world.register()
    before = kept()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield PURPOSE + part("file", b"\xff\xd8\xff", filename="a")[:-2]
        while True:
            sent += MIB
            yield b"\x00" * MIB

    answer = await world.call(
        "POST",
        "/uploads",
        person,
        content=endless(),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_large")
    assert sent <= 10 * MIB
    assert kept() == before


class Slow:
    """A form that has begun to arrive and waits for a word to go on."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def content(self) -> AsyncIterator[bytes]:
        yield PURPOSE
        self.begun.set()
        await self.go_on.wait()
        yield FILE + END


async def test_one_user_has_few_uploads_at_once(world: World) -> None:
    person, other = await world.people(2)
    slow = [Slow() for _ in range(intake.UPLOADS_PER_USER)]
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    waiting = [
        asyncio.create_task(
            world.call("POST", "/uploads", person, content=one.content(), headers=headers)
        )
        for one in slow
    ]
    for one in slow:
        await one.begun.wait()
    refused = await upload(world, person, "avatar", files.png(9, 9))
    assert (refused.status_code, refused.json()["code"]) == (429, "upload.too_many")
    assert refused.headers["retry-after"] == "5"
    assert (await upload(world, other, "avatar", files.png(9, 9))).status_code == 201
    for one in slow:
        one.go_on.set()
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {201}
    assert (await upload(world, person, "avatar", files.png(9, 9))).status_code == 201


async def test_too_much_at_once_is_503(
    world: World, kept: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    before = kept()
    monkeypatch.setattr(intake, "BYTES_AT_ONCE", 1000)
    refused = await upload(world, person, "avatar", files.png())
    assert (refused.status_code, refused.json()["code"]) == (503, "service.unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    monkeypatch.undo()
    monkeypatch.setattr(encoding, "MAX_WAITING", 0)
    refused = await upload(world, person, "avatar", files.png())
    assert (refused.status_code, refused.json()["code"]) == (503, "service.unavailable")
    monkeypatch.undo()
    assert kept() == before
    assert (await upload(world, person, "avatar", files.png())).status_code == 201
    assert intake._reserved == 0
    assert not intake._by_user


async def test_what_never_arrives_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    monkeypatch.setattr(intake, "SECONDS", 0.05)
    answer = await world.call(
        "POST",
        "/uploads",
        person,
        content=Slow().content(),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (408, "upload.too_slow")
    assert intake._reserved == 0


async def test_uploads_a_day_are_counted_also_at_once(
    world: World, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    limited = app.state.settings.model_copy(update={"uploads_per_day": 5})
    monkeypatch.setattr(app.state, "settings", limited)
    answers = []
    for _ in range(2):
        answers += await asyncio.gather(
            *(upload(world, person, "avatar", files.png(9, 9)) for _ in range(4))
        )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 5 + [429] * 3
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "upload.too_many"
    assert 86_000 < int(refused.headers["retry-after"]) <= 86_400
    ((rows,),) = world.sql("SELECT count(*) FROM uploads WHERE user_id = %s", person.id)
    assert rows == 5


async def test_bytes_of_a_day_are_counted_too(
    world: World, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    limited = app.state.settings.model_copy(update={"upload_megabytes_per_day": 1})
    monkeypatch.setattr(app.state, "settings", limited)
    assert (await upload(world, person, "avatar", files.png(9, 9))).status_code == 201
    world.sql("UPDATE uploads SET bytes = 1048577 WHERE user_id = %s", person.id)
    refused = await upload(world, person, "avatar", files.png(9, 9))
    assert (refused.status_code, refused.json()["code"]) == (429, "upload.too_many")
    assert 86_000 < int(refused.headers["retry-after"]) <= 86_400
    world.sql(
        "UPDATE uploads SET created_at = now() - interval '25 h' WHERE user_id = %s", person.id
    )
    assert (await upload(world, person, "avatar", files.png(9, 9))).status_code == 201


async def test_a_place_is_given_back_whatever_happens(world: World) -> None:
    person = await world.register()
    for data in (files.SVG, b"", files.jpeg()[:100]):
        assert (await upload(world, person, "avatar", data)).status_code >= 400
    assert (intake._reserved, dict(intake._by_user)) == (0, {})
