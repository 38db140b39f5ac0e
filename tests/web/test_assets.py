"""The page's files and the artwork as they are served."""

import re

import pytest

from flylive.http.assets import ARTWORK, WEB
from tests.world import World


async def test_the_page_may_load_from_here_alone(world: World) -> None:
    answer = await world.client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_every_file_that_the_page_names_is_there(world: World) -> None:
    names = {"/"}
    for path in (*WEB.glob("*.html"), *WEB.glob("*.js"), *WEB.glob("*.css")):
        text = path.read_text()
        names |= set(re.findall(r'["(](/web/[^"\')]+)', text))
        assert not re.search(r"https?://|//cdn|@import|innerHTML|insertAdjacentHTML|eval\(", text)
    assert len(names) > 10
    for name in names:
        assert (await world.client.get(name)).status_code == 200, name


async def test_artwork_can_do_nothing_and_is_kept(world: World) -> None:
    answer = await world.client.get("/assets/gifts/rose.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age=" in answer.headers["cache-control"]
    assert answer.headers["content-security-policy"].endswith("sandbox")
    again = await world.client.get(
        "/assets/gifts/rose.svg", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""


async def test_every_picture_is_served_and_holds_no_script(world: World) -> None:
    pictures = sorted(ARTWORK.rglob("*.svg"))
    assert pictures
    for path in pictures:
        name = path.relative_to(ARTWORK).as_posix()
        assert (await world.client.get(f"/assets/{name}")).status_code == 200, name
        text = path.read_text().lower()
        assert not re.search(r"<script|\son\w+=|javascript:|<foreignobject", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/gifts",
        "/assets/%2e%2e/__init__.py",
        "/assets/gifts/%2e%2e/%2e%2e/talk.py",
        "/assets/gifts/..%2f..%2ftalk.py",
        "/assets/%2fetc%2fpasswd",
        "/assets/gifts/rose.svg%00",
        "/assets/gifts/rose.svg%0a",
        "/assets/gifts%5crose.svg",
        "/web/.hidden.js",
        "/web/nothing.js",
        "/web/" + "a" * 250 + ".js",
        "/web/" + "a/" * 90 + "x.js",
    ],
)
async def test_there_is_no_way_out_of_the_folder(world: World, path: str) -> None:
    answer = await world.client.get(path)
    assert answer.status_code == 404, path
    assert answer.json()["code"] == "request.not_found"
