"""Each request is a line of the log: its id, how it was answered, and nothing secret."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive import logs
from flylive.config import Settings
from tests.patience import eventually
from tests.served import served
from tests.world import World


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    """The file of requests, with logging set up as a process does."""
    path = tmp_path / "requests.log"
    changed = {"log_level": "info", "log_format": "json", "request_log": path}
    logs.configure(settings.model_copy(update=changed))
    return path


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


async def test_a_request_is_one_line(
    world: World, log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    person = await world.register()
    before = len(lines(log))
    answer = await world.call(
        "GET", "/rooms?q=whispered", person, headers={"X-Request-Id": "mine-7"}
    )
    lost = await world.client.get("/nowhere%0Aat%20all?token=whispered")
    assert (answer.status_code, lost.status_code) == (200, 404)
    found, missing = lines(log)[before:]
    assert found.pop("ms") > 0
    assert found.pop("timestamp")
    assert found == {
        "event": "request", "level": "info", "method": "GET", "path": "/v1/rooms", "status": 200,
        "request_id": "mine-7",
    }  # fmt: skip
    assert (missing["path"], missing["status"]) == ("/nowhere%0Aat%20all", 404)
    assert missing["request_id"] == lost.headers["x-request-id"]
    assert "whispered" not in json.dumps(lines(log))
    assert "whispered" not in capfd.readouterr().out


async def test_a_usual_gift_is_none_and_a_refused_one_is(
    world: World, app: Litestar, log: Path
) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("60.00")
    before = len(lines(log))
    body = {"gift_id": gift, "recipient_ids": [recipient.id], "quantity": 1}
    statuses = []
    async with served(app) as port, httpx.AsyncClient() as client:
        for key in ("one", "two"):
            answer = await client.post(
                f"http://127.0.0.1:{port}/v1/gifts/send",
                json=body,
                headers=sender.headers | {"Idempotency-Key": key, "X-Request-Id": key},
            )
            statuses.append(answer.status_code)
    assert statuses == [201, 409]
    [refused] = lines(log)[before:]
    assert refused.pop("ms") > 0
    assert refused.pop("timestamp")
    assert refused == {
        "event": "request", "level": "info", "method": "POST", "path": "/v1/gifts/send",
        "status": 409, "request_id": "two",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/v1/rooms", "application/json"),
        ("/v1/uploads", "multipart/form-data; boundary=b"),
    ],
)
async def test_who_hangs_up_before_the_body_is_whole_is_no_fault_of_ours(
    world: World, app: Litestar, log: Path, path: str, media_type: str
) -> None:
    person = await world.register()
    before = len(lines(log))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\n"
        f"Authorization: {person.headers['Authorization']}\r\n"
        "Content-Length: 99\r\n\r\n"
    )
    async with served(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + b'{"name": "never wh')
        writer.close()
        await eventually(lambda: len(lines(log)) > before)
    [line] = lines(log)[before:]
    assert (line["event"], line["path"], line["status"]) == ("request", path, 400)


async def test_a_full_file_is_put_beside(
    world: World, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_FILE_BYTES", 500)
    for _ in range(12):
        await world.client.get("/healthz")
    full = log.with_name("requests.log.1")
    assert len(lines(full)) + len(lines(log)) <= 12
    assert all(line["path"] == "/healthz" for line in lines(full) + lines(log))
    assert len(lines(log)) < 6
