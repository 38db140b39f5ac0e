"""Pictures of the catalogue: the audit log says who brought which."""

import hashlib
import io

from PIL import Image

from flylive.accounts.staff import Role
from tests.console.hands import audited, refusal, staffed
from tests.world import World


async def test_a_picture_of_the_catalogue_is_audited(world: World) -> None:
    keeper, moderator = await staffed(world, Role.CATALOGUE), await staffed(world, Role.MODERATOR)
    png = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(png, "PNG")

    def files(content: bytes) -> dict[str, tuple[str, bytes, str]]:
        return {"file": ("rose.png", content, "image/png")}

    made = await world.call("POST", "/admin/uploads", keeper, files=files(png.getvalue()))
    assert made.status_code == 201, made.text
    [(upload, url, digest)] = world.sql("SELECT id, url, sha256 FROM uploads")
    assert made.json()["url"] == url
    assert len(digest) == len(hashlib.sha256().hexdigest())
    [(action, kind, subject, reason, before, after)] = audited(world, keeper)
    assert (action, kind, subject) == ("upload.create", "upload", upload)
    assert reason
    assert (before, after["url"], after["sha256"]) == ({}, url, digest)
    for person, content, expected in (
        (keeper, b"no picture", 415),
        (moderator, png.getvalue(), 403),
    ):
        refused = await world.call("POST", "/admin/uploads", person, files=files(content))
        assert refusal(refused)[0] == expected
    assert world.sql("SELECT count(*) FROM uploads") == [(1,)]
    assert world.sql("SELECT count(*) FROM audit_log WHERE actor_id > 0") == [(1,)]
