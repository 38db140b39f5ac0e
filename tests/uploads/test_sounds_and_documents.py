"""Sounds and documents: stored as they were given, once they are what they begin as."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from flylive.uploads import audio, documents
from flylive.uploads.errors import DamagedFile, NotClean
from flylive.uploads.purposes import MIB
from tests.uploads import files
from tests.uploads.hands import upload
from tests.world import Person, World

SOUNDS = {
    "audio/mpeg": files.mp3(),
    "audio/aac": files.aac(),
    "audio/mp4": files.m4a(),
    "audio/ogg": files.ogg(),
    "audio/wav": files.wav(),
}


@pytest.mark.parametrize("purpose", ["room_music", "message"])
@pytest.mark.parametrize("content_type", SOUNDS)
async def test_sounds_are_kept_as_they_are(world: World, purpose: str, content_type: str) -> None:
    person = await world.register()
    data = SOUNDS[content_type]
    answer = await upload(world, person, purpose, data, content_type="text/html")
    assert (answer.status_code, answer.json()["content_type"]) == (201, content_type)
    served = await world.client.get(answer.json()["url"])
    assert served.content == data
    assert served.headers["content-type"] == content_type
    assert served.headers["content-disposition"] == "inline"


@pytest.mark.parametrize("purpose", ["proof", "message"])
async def test_documents_are_kept_and_only_downloaded(world: World, purpose: str) -> None:
    person = await world.register()
    answer = await upload(world, person, purpose, files.pdf())
    assert (answer.status_code, answer.json()["content_type"]) == (201, "application/pdf")
    served = await world.client.get(answer.json()["url"])
    assert served.content == files.pdf()
    assert served.headers["content-type"] == "application/pdf"
    assert served.headers["content-disposition"].startswith('attachment; filename="')


MUSIC_REFUSED = {
    "mp3 and zip": (files.mp3()[:-128] + files.archive(), 422, "upload.not_clean"),
    "wav and zip": (files.wav() + files.archive(), 422, "upload.not_clean"),
    "ogg and zip": (files.ogg() + files.archive(), 422, "upload.not_clean"),
    "m4a and zip": (files.m4a() + files.archive(), 422, "upload.damaged"),
    "aac and html": (files.aac() + files.HTML, 422, "upload.not_clean"),
    "a film": (files.m4a(b"vide"), 422, "upload.damaged"),
    "no sound in it": (files.box(b"ftyp", b"M4A isom"), 422, "upload.damaged"),
    "a film in ogg": (files.ogg(b"\x80theora"), 422, "upload.damaged"),
    "half an ogg": (files.ogg()[:-50], 422, "upload.damaged"),
    "half a wav": (files.wav()[:-50], 422, "upload.damaged"),
    "a wav of nothing": (b"RIFF\x04\x00\x00\x00WAVE", 422, "upload.damaged"),
    "two frames": (files.mp3(2), 422, "upload.damaged"),
    "a tag alone": (files.mp3(0), 422, "upload.damaged"),
    "a tag and html": (files.mp3(0)[:138] + files.HTML, 422, "upload.damaged"),
    "an image": (files.jpeg(), 415, "upload.type_not_taken"),
    "a document": (files.pdf(), 415, "upload.type_not_taken"),
    "html": (files.HTML, 415, "upload.type_not_taken"),
    "empty": (b"", 422, "upload.empty"),
    "too much": (files.mp3() + b"\x00" * (20 * MIB), 413, "upload.too_large"),
}


@pytest.mark.parametrize("said", MUSIC_REFUSED)
async def test_what_is_no_clean_sound_is_refused(
    world: World, person: Person, kept: Callable[[], Any], said: str
) -> None:
    data, status, code = MUSIC_REFUSED[said]
    before = kept()
    answer = await upload(world, person, "room_music", data, content_type="audio/mpeg")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert kept() == before


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (files.pdf() + files.archive(), "upload.not_clean"),
        (files.pdf()[:-8], "upload.damaged"),
        (files.HTML + files.pdf(), "upload.type_not_taken"),
        (files.SVG, "upload.type_not_taken"),
        (b"words", "upload.type_not_taken"),
        (files.archive(), "upload.type_not_taken"),
    ],
)
async def test_what_is_no_clean_document_is_refused(
    world: World, kept: Callable[[], Any], data: bytes, code: str
) -> None:
    person = await world.register()
    before = kept()
    for purpose in ("proof", "message"):
        answer = await upload(world, person, purpose, data, content_type="application/pdf")
        assert answer.json()["code"] == code
    assert kept() == before


def test_tags_at_either_end_of_an_mp3_belong_to_it() -> None:
    frames = files.mp3()[138:-128]
    ape = b"APETAGEX" + (2000).to_bytes(4, "little") + (40).to_bytes(4, "little") + b"\x00" * 16
    for data in (
        frames,
        files.mp3(),
        frames[:-100],
        frames + b"\x00" * 50,
        frames + ape + b"item" * 10,
        frames + ape + b"item" * 10 + files.mp3()[-128:],
    ):
        assert audio.identify(data) == "audio/mpeg"


def test_nested_and_countless_parts_end_soon() -> None:
    deep = b""
    for _ in range(3000):
        deep = files.box(b"trak", deep)
    with pytest.raises(DamagedFile):
        audio.identify(files.box(b"ftyp", b"M4A ") + files.box(b"moov", deep))
    for data in (
        files.box(b"ftyp", b"M4A ") + files.box(b"free", b"") * MIB,
        (b"OggS\x00" + b"\x00" * 22) * (MIB // 2),
    ):
        with pytest.raises(DamagedFile):
            audio.identify(data)


def test_what_is_cut_or_changed_never_surprises() -> None:
    chance = random.Random(20_261_123)
    for whole in (*SOUNDS.values(), files.pdf()):
        for _ in range(300):
            data = bytearray(whole)
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                del data[at : at + chance.randrange(1, 60)]
            for identify in (audio.identify, documents.identify):
                try:
                    found = identify(bytes(data))
                except (DamagedFile, NotClean):
                    continue
                assert found is None or found in SOUNDS or found == "application/pdf"
