"""The same in a bucket: written, read, read in part and deleted over S3's own protocol."""

import pytest
from litestar import Litestar
from pydantic import SecretStr

from flylive.config import Settings
from flylive.uploads.storage import Storage
from tests.uploads import files
from tests.uploads.bucket import bucket
from tests.uploads.hands import upload
from tests.world import World


def in_bucket(settings: Settings, port: int) -> Settings:
    return settings.model_copy(
        update={
            "uploads_url": "s3://voices/live",
            "s3_endpoint": f"http://127.0.0.1:{port}",
            "s3_region": "here",
            "s3_access_key_id": "AKIATEST",
            "s3_secret_access_key": SecretStr("a secret of this test"),
        }
    )


async def test_uploads_lie_in_the_bucket(
    world: World, app: Litestar, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    async with bucket() as there:
        storage = Storage(in_bucket(settings, there.port))
        monkeypatch.setattr(app.state, "storage", storage)
        data = files.mp3(50)
        answer = await upload(world, person, "room_music", data)
        assert answer.status_code == 201, answer.text
        url = answer.json()["url"]
        key = "/voices/live/" + url.removeprefix("/uploads/")
        assert there.objects == {key: data}
        method, _, headers = there.asked[-1]
        assert method == "PUT"
        assert "Credential=AKIATEST/" in headers["authorization"]
        assert "/here/s3/aws4_request" in headers["authorization"]
        assert (await world.client.get(url)).content == data
        part = await world.client.get(url, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, data[10:20])
        private = await upload(world, person, "proof", files.pdf())
        assert (await world.client.get(private.json()["url"])).content == files.pdf()
        name = private.json()["url"].partition("?")[0].removeprefix("/uploads/")
        assert f"/voices/live/{name}" in there.objects
        await storage.delete(name)
        await storage.delete(name)
        assert list(there.objects) == [key]
        assert (await world.client.get(private.json()["url"])).status_code == 404
    assert not (settings.data / "uploads").exists()


async def test_a_bucket_that_refuses_is_503(
    world: World, app: Litestar, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    async with bucket() as there:
        monkeypatch.setattr(there, "answer", lambda *_: b"HTTP/1.1 403 Forbidden\r\n"
                            b"Content-Length: 0\r\n\r\n")  # fmt: skip
        monkeypatch.setattr(app.state, "storage", Storage(in_bucket(settings, there.port)))
        answer = await upload(world, person, "avatar", files.png())
        assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
    assert world.sql("SELECT count(*) FROM uploads WHERE user_id = %s", person.id) == [(0,)]
