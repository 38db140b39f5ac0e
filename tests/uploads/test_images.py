"""Images through the door: what is taken, what becomes of it, what is refused and why."""

import random
import resource
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from PIL import ImageCms

from flylive.uploads import encoding, images
from flylive.uploads.errors import DamagedFile, NotClean
from flylive.uploads.purposes import MIB, PURPOSES
from tests.uploads import files
from tests.uploads.hands import upload, uploaded
from tests.world import Person, World

HONEST = {
    "jpeg": files.jpeg(),
    "progressive jpeg": files.jpeg(progressive=True),
    "cmyk jpeg": files.encoded(files.photo().convert("CMYK"), "JPEG"),
    "png": files.png(),
    "palette png": files.encoded(files.photo().quantize(16), "PNG"),
    "grey png": files.encoded(files.photo().convert("L"), "PNG"),
    "16-bit png": files.encoded(files.photo().convert("I;16"), "PNG"),
    "gif": files.encoded(files.photo(), "GIF"),
    "webp": files.encoded(files.photo(), "WEBP"),
    "lossless webp": files.encoded(files.photo(), "WEBP", lossless=True),
}


@pytest.mark.parametrize("data", HONEST.values(), ids=HONEST)
async def test_images_become_webp(world: World, data: bytes) -> None:
    person = await world.register()
    for purpose, size in (
        ("avatar", (400, 400)),
        ("room_logo", (640, 400)),
        ("agency_logo", (512, 320)),
        ("message", (640, 400)),
        ("proof", (640, 400)),
    ):
        answer = await upload(world, person, purpose, data)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        assert document["content_type"] == "image/webp"
        served = await world.client.get(document["url"])
        assert (served.status_code, len(served.content)) == (200, document["bytes"])
        image = files.decoded(served.content)
        assert (image.format, image.size) == ("WEBP", size)
        (row,) = world.sql(
            "SELECT purpose, content_type, bytes, width, height, discarded_at FROM uploads"
            " WHERE user_id = %s ORDER BY id DESC LIMIT 1",
            person.id,
        )
        assert row == (purpose, "image/webp", len(served.content), *size, None)


async def test_what_is_seen_stays(world: World) -> None:
    person = await world.register()
    url = await uploaded(world, person, "room_logo", files.png(800, 600))
    image = files.decoded((await world.client.get(url)).content).convert("RGB")
    for place, wanted in (
        ((10, 10), (255, 0, 0)),
        ((790, 10), (0, 255, 0)),
        ((10, 590), (0, 0, 255)),
        ((790, 590), (255, 255, 255)),
    ):
        found = image.getpixel(place)
        assert isinstance(found, tuple)
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 40, place


async def test_transparency_stays(world: World) -> None:
    person = await world.register()
    holed = files.photo(60, 60).convert("RGBA")
    holed.paste((0, 0, 0, 0), (20, 20, 40, 40))
    url = await uploaded(world, person, "agency_logo", files.encoded(holed, "PNG"))
    image = files.decoded((await world.client.get(url)).content).convert("RGBA")
    assert image.getpixel((30, 30))[3] == 0  # type: ignore[index]
    assert image.getpixel((5, 5))[3] == 255  # type: ignore[index]


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_photos_come_upright_and_without_what_they_told(
    world: World, person: Person, orientation: int
) -> None:
    data = files.located_jpeg(orientation)
    before = files.decoded(data)
    assert before.getexif().get_ifd(0x8825)
    assert files.SECRET in data
    url = await uploaded(world, person, "message", data)
    stored = (await world.client.get(url)).content
    assert files.SECRET not in stored
    for word in (b"EXIF", b"Exif", b"XMP ", b"ICCP", b"GPS"):
        assert word not in stored
    after = files.decoded(stored)
    assert not after.getexif()
    # Red was in the corner that this orientation calls upper left.
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)] * 2
    assert after.size == ((640, 400) if orientation < 5 else (400, 640))
    across, down = corners[orientation - 1]
    at = (after.width - 10 if across else 9, after.height - 10 if down else 9)
    red, green, blue = after.convert("RGB").getpixel(at)  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 80


async def test_large_photos_are_scaled_and_wide_ones_keep_their_shape(world: World) -> None:
    person = await world.register()
    for purpose, data, size in (
        ("message", files.jpeg(6000, 4000), (2048, 1365)),
        ("avatar", files.jpeg(6000, 4000), (512, 512)),
        ("room_logo", files.jpeg(40, 30), (40, 30)),
        ("proof", files.png(4000, 2), (2560, 1)),
        ("avatar", files.png(3000, 1), (1, 1)),
    ):
        url = await uploaded(world, person, purpose, data)
        assert files.decoded((await world.client.get(url)).content).size == size


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_animations_move_in_messages_alone(world: World, kind: str) -> None:
    person = await world.register()
    data = files.animation(kind, size=(800, 500))
    moving = files.decoded(
        (await world.client.get(await uploaded(world, person, "message", data))).content
    )
    assert (getattr(moving, "n_frames", 1), moving.size) == (12, (400, 250))
    still = files.decoded(
        (await world.client.get(await uploaded(world, person, "avatar", data))).content
    )
    assert (getattr(still, "n_frames", 1), still.size) == (1, (500, 500))


async def test_the_colours_of_a_profile_are_kept_without_it(world: World) -> None:
    person = await world.register()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for given in (profile, b"no profile at all"):
        data = files.encoded(files.photo(), "PNG", icc_profile=given)
        url = await uploaded(world, person, "room_logo", data)
        stored = (await world.client.get(url)).content
        assert "icc_profile" not in files.decoded(stored).info
        assert files.decoded(stored).convert("RGB").getpixel((5, 5))[0] > 220  # type: ignore[index]


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "svg": (files.SVG, 415, "upload.type_not_taken"),
    "html": (files.HTML, 415, "upload.type_not_taken"),
    "text": (b"just words", 415, "upload.type_not_taken"),
    "script": (b"#!/bin/sh\nrm -rf /\n", 415, "upload.type_not_taken"),
    "zip": (files.archive(), 415, "upload.type_not_taken"),
    "bmp": (files.encoded(files.photo(), "BMP"), 415, "upload.type_not_taken"),
    "tiff": (files.encoded(files.photo(), "TIFF"), 415, "upload.type_not_taken"),
    "ico": (files.encoded(files.photo(32, 32), "ICO"), 415, "upload.type_not_taken"),
    "eps": (files.encoded(files.photo(), "EPS"), 415, "upload.type_not_taken"),
    "svg behind a byte order mark": (b"\xef\xbb\xbf" + files.SVG, 415, "upload.type_not_taken"),
    "html before a jpeg": (files.HTML + files.jpeg(), 415, "upload.type_not_taken"),
    "empty": (b"", 422, "upload.empty"),
    "jpeg and zip": (files.jpeg() + files.archive(), 422, "upload.not_clean"),
    "jpeg and php": (files.jpeg() + b"<?php system($_GET[0]);", 422, "upload.not_clean"),
    "jpeg and pdf": (files.jpeg() + files.pdf(), 422, "upload.not_clean"),
    "png and zip": (files.png() + files.archive(), 422, "upload.not_clean"),
    "png and one byte": (files.png() + b"\x00", 422, "upload.not_clean"),
    "png and html": (files.png() + files.HTML, 422, "upload.not_clean"),
    "gif and zip": (files.animation() + files.archive(), 422, "upload.not_clean"),
    "webp and zip": (
        files.encoded(files.photo(), "WEBP") + files.archive(), 422, "upload.not_clean",
    ),
    "gif and script": (files.gif_js(), 422, "upload.damaged"),
    "half a jpeg": (files.jpeg()[:-2000], 422, "upload.damaged"),
    "half a png": (files.png()[:-2000], 422, "upload.damaged"),
    "half a gif": (files.animation()[:-2000], 422, "upload.damaged"),
    "half a webp": (files.encoded(files.photo(), "WEBP")[:-300], 422, "upload.damaged"),
    "a jpeg's first bytes": (b"\xff\xd8\xff", 422, "upload.damaged"),
    "a png's first bytes": (b"\x89PNG\r\n\x1a\n", 422, "upload.damaged"),
    "a gif's first bytes": (b"GIF89a", 422, "upload.damaged"),
    "a webp's first bytes": (b"RIFF\x04\x00\x00\x00WEBP", 422, "upload.damaged"),
    "a png with other bytes inside": (
        files.png()[:60] + b"\xaa" * 40 + files.png()[100:], 422, "upload.damaged",
    ),
    "declared png": (files.declared_png(20_000, 20_000), 413, "upload.too_many_pixels"),
    "declared png, 2³¹": (files.declared_png(2**31 - 1, 2**31 - 1), 413, "upload.too_many_pixels"),
    "declared gif": (files.declared_gif(20_000, 20_000), 413, "upload.too_many_pixels"),
    "declared jpeg": (files.declared_jpeg(20_000, 20_000), 413, "upload.too_many_pixels"),
    "declared webp": (files.declared_webp(16_383, 16_383), 413, "upload.too_many_pixels"),
    "png without a width": (files.declared_png(0, 10), 422, "upload.damaged"),
    "jpeg without a height": (files.declared_jpeg(10, 0), 422, "upload.damaged"),
    "real bomb": (files.bomb_png(), 413, "upload.too_many_pixels"),
    "zip bomb of text": (files.zip_bomb_text(), 422, "upload.damaged"),
    "zip bomb of a colour profile": (files.zip_bomb_text(b"iCCP"), 422, "upload.damaged"),
    "too many bytes": (b"\xff\xd8\xff" + b"\x00" * (8 * MIB), 413, "upload.too_large"),
    "sound": (files.mp3(), 415, "upload.type_not_taken"),
    "document": (files.pdf(), 415, "upload.type_not_taken"),
}  # fmt: skip


@pytest.mark.parametrize("said", REFUSED)
async def test_what_is_no_clean_image_is_refused_with_a_reason(
    world: World, person: Person, kept: Callable[[], Any], said: str
) -> None:
    data, status, code = REFUSED[said]
    before = kept()
    answers = [
        await upload(world, person, "avatar", data, name="me.png", content_type="image/png"),
        await world.call(
            "PUT", "/me/avatar", person, files={"file": ("me.png", data, "image/png")}
        ),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["detail"]
    assert kept() == before
    assert (await world.call("GET", "/me", person)).json()["avatar_image"] is None


async def test_a_content_type_is_not_believed(world: World, kept: Callable[[], Any]) -> None:
    person = await world.register()
    for name, said in (("x.svg", "image/svg+xml"), ("x.html", "text/html"), ("x.exe", "a/b")):
        answer = await upload(world, person, "avatar", files.png(), name=name, content_type=said)
        assert answer.json()["content_type"] == "image/webp"
    before = kept()
    for data in (files.SVG, files.HTML):
        answer = await upload(
            world, person, "message", data, name="x.jpg", content_type="image/jpeg"
        )
        assert answer.json()["code"] == "upload.type_not_taken"
        assert "image/png" in answer.json()["accepts"]
    assert kept() == before


async def test_animations_are_bounded(world: World, kept: Callable[[], Any]) -> None:
    person = await world.register()
    before = kept()
    many = files.animation(frames=2, size=(16, 16))
    frame = many[many.rindex(b"\x21\xf9") : -1]
    many = many[:-1] + frame * 400 + b"\x3b"
    answer = await upload(world, person, "message", many)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_many_frames")
    assert answer.json()["frames"] == 402
    large = files.animation(frames=2, size=(16, 16))
    wide = (4000).to_bytes(2, "little")
    large = large[:6] + wide + wide + large[10:-1] + frame * 100 + b"\x3b"
    answer = await upload(world, person, "message", large)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_many_pixels")
    assert kept() == before


def test_a_bomb_costs_no_memory() -> None:
    """None of these is decoded: 400 million pixels would be 400 MB at the least."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in (
        files.declared_png(20_000, 20_000),
        files.declared_gif(20_000, 20_000),
        files.declared_jpeg(20_000, 20_000),
        files.declared_webp(16_383, 16_383),
    ):
        measured = images.measure(data)
        assert measured is not None
        with pytest.raises(encoding.TooManyPixels):
            encoding.encode(data, measured, PURPOSES["message"])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000 * (1024 if sys.platform == "darwin" else 1)


def test_cameras_may_append_what_they_do() -> None:
    """A smaller JPEG, and Samsung's notes; dropped with everything else."""
    photo = files.jpeg()
    measured = images.measure(photo)
    assert images.measure(photo + files.jpeg(64, 40)) == measured
    note = b"\x00\x00\x01\x0a\x0e\x00\x00\x00Image_UTC_Data1700000000000"
    entry = b"\x00\x00\x01\x0a" + len(note).to_bytes(4, "little") * 2
    directory = b"SEFH" + (106).to_bytes(4, "little") + (1).to_bytes(4, "little") + entry
    trailer = note + directory + len(directory).to_bytes(4, "little") + b"SEFT"
    assert images.measure(photo + trailer) == measured
    for hidden in (b"PK\x03\x04" + trailer, trailer + b"PK", files.archive() + b"SEFT" * 8):
        with pytest.raises(NotClean):
            images.measure(photo + hidden)


def test_many_tiny_parts_end_soon() -> None:
    for data in (
        b"\xff\xd8" + b"\xff\xfe\x00\x02" * (4 * MIB),
        b"\xff\xd8" + b"\xff" * (16 * MIB),
        b"GIF89a" + b"\x01\x00" * 2 + b"\x00" * 3 + b"\x21\xfe" + b"\x01x" * (8 * MIB),
        files.png(8, 8)[:33] + files.chunk(b"tEXt", b"") * MIB,
    ):
        with pytest.raises(DamagedFile):
            images.measure(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_damage_anywhere_is_a_refusal_or_an_image(kind: str) -> None:
    """A byte changed, a span cut out, at many places: never anything else than those two."""
    chance = random.Random(20_261_123)
    whole = files.encoded(files.photo(64, 48), kind)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        at = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[at] = chance.randrange(256)
        else:
            del data[at : at + chance.randrange(1, 40)]
        try:
            measured = images.measure(bytes(data))
            if measured is not None:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    encoding.encode(bytes(data), measured, PURPOSES["message"])
        except (DamagedFile, NotClean, encoding.TooManyPixels, encoding.TooManyFrames):
            refused += 1
    assert refused > 50
