"""``/docs/errors``: where the `type` of each problem leads."""

import re
from html import unescape
from pathlib import Path

from tests.world import World

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
ROW = re.compile(r'<tr id="([^"]+)">.*?<td>(\d+)</td><td>(.*?)</td></tr>')


async def test_every_code_has_its_place_and_says_what_the_reference_says(world: World) -> None:
    answer = await world.client.get("/docs/errors")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    shown = [
        (code, status, re.sub(r"</?code>", "", unescape(words)))
        for code, status, words in ROW.findall(answer.text)
    ]
    written = re.findall(r"^\| `([^`]+)` \| (\d+) \| (.*) \|$", REFERENCE.read_text(), re.MULTILINE)
    assert shown == [(code, status, words.replace("`", "")) for code, status, words in written]
    assert len({code for code, _, _ in shown}) == len(shown) > 200


async def test_a_problem_leads_to_its_row(world: World) -> None:
    page = (await world.client.get("/docs/errors")).text
    for method, path in (("GET", "/v1/nowhere"), ("GET", "/v1/me"), ("PUT", "/v1/rooms")):
        problem = (await world.client.request(method, path)).json()
        address, _, anchor = problem["type"].partition("#")
        assert (address, anchor) == ("/docs/errors", problem["code"])
        assert f'id="{anchor}"' in page


async def test_it_runs_nothing_and_is_sent_once(world: World) -> None:
    answer = await world.client.get("/docs/errors")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    again = await world.client.get(
        "/docs/errors", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
