"""The same in a bucket: written, read, read in part, listed and deleted over S3's own protocol."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar

from flylive import clock
from flylive.config import Settings
from flylive.database import Database
from flylive.uploads.service import sweep_orphans
from flylive.uploads.storage import Storage
from tests.uploads import files
from tests.uploads.bucket import PREFIX, Bucket, bucket
from tests.uploads.hands import upload
from tests.world import World


@pytest.fixture(scope="module")
def there() -> Iterator[Bucket]:
    """A server of S3's shape, without a bucket."""
    with bucket() as made:
        yield made


async def test_a_bucket_that_is_not_there_is_503(
    world: World,
    app: Litestar,
    settings: Settings,
    there: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = await world.register()
    monkeypatch.setattr(app.state, "storage", Storage(there.settings(settings)))
    answer = await upload(world, person, "avatar", files.png())
    assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
    assert world.sql("SELECT count(*) FROM uploads WHERE user_id = %s", person.id) == [(0,)]


async def test_uploads_lie_in_the_bucket(
    world: World,
    app: Litestar,
    settings: Settings,
    there: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there.make()
    person = await world.register()
    storage = Storage(there.settings(settings))
    monkeypatch.setattr(app.state, "storage", storage)
    data = files.mp3(50)
    answer = await upload(world, person, "room_music", data)
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    key = f"{PREFIX}/" + url.removeprefix("/uploads/")
    assert there.objects == {key: data}
    assert (await world.client.get(url)).content == data
    part = await world.client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    private = await upload(world, person, "proof", files.pdf())
    assert (await world.client.get(private.json()["url"])).content == files.pdf()
    name = private.json()["url"].partition("?")[0].removeprefix("/uploads/")
    assert f"{PREFIX}/{name}" in there.objects
    await storage.delete(name)
    await storage.delete(name)
    assert list(there.objects) == [key]
    assert (await world.client.get(private.json()["url"])).status_code == 404
    assert not (settings.data / "uploads").exists()


@pytest.mark.parametrize("where", ["bucket", "folder"])
async def test_what_nothing_names_is_swept(
    world: World,
    app: Litestar,
    settings: Settings,
    database: Database,
    there: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    storage = Storage(there.settings(settings) if where == "bucket" else settings)
    monkeypatch.setattr(app.state, "storage", storage)
    person = await world.register()
    kept = (await upload(world, person, "room_music", files.mp3(50))).json()["url"]
    private = (await upload(world, person, "proof", files.pdf())).json()["url"]
    orphans = [f"{number:032x}.webp" for number in range(3)]
    for orphan in orphans:
        await storage.put(orphan, b"nobody's")
    await storage.put(f"private/{orphans[0]}", b"nobody's either")
    await storage.put("not-ours.txt", b"somebody else's")
    # What is young may be an upload whose row is still to come.
    assert await sweep_orphans(database, storage) == 0
    with clock.turned_to(clock.now() + timedelta(hours=25)):
        assert await sweep_orphans(database, storage) == 4
        assert await sweep_orphans(database, storage) == 0
    for url in (kept, private):
        assert (await world.client.get(url)).status_code == 200
    for orphan in orphans:
        assert (await world.client.get(f"/uploads/{orphan}")).status_code == 404
    assert [one async for one in storage.walk()] != []
    await storage.delete("not-ours.txt")
