"""Uploads to a server that runs as a process: real sockets, real memory, clients that go away."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from flylive.uploads.intake import UPLOADS_PER_USER
from flylive.uploads.purposes import MIB
from tests.conftest import Addresses
from tests.product import Product
from tests.uploads import files

PERSON = {
    "name": "Uploader",
    "email": "uploader@flylive.example",
    "password": "a long password",
    "dob": "1990-05-17",
    "gender": 1,
    "country": "AE",
}


@pytest.fixture
async def product(addresses: Addresses, tmp_path: Path) -> AsyncIterator[Product]:
    async with Product(addresses, tmp_path, "serve") as running:
        yield running


def most_memory(product: Product) -> int:
    """The most bytes that the server's process ever held."""
    status = Path(f"/proc/{product.processes['serve'].pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


async def abandon(product: Product, token: str) -> None:
    """Begin an upload, and go away in the middle of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port)
    writer.write(
        b"POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\navatar\r\n'
    )
    await writer.drain()
    writer.transport.abort()
    await reader.read()


async def test_a_server_takes_photos_refuses_bombs_and_outlives_clients(product: Product) -> None:
    async with httpx.AsyncClient(base_url=product.address, timeout=60) as client:
        registered = (await client.post("/v1/auth/register", json=PERSON)).json()
        client.headers["Authorization"] = f"Bearer {registered['token']}"

        async def upload(purpose: str, data: bytes) -> httpx.Response:
            return await client.post(
                "/v1/uploads", data={"purpose": purpose}, files={"file": ("a", data)}
            )

        taken = await upload("avatar", files.jpeg(4000, 3000))
        assert taken.status_code == 201, taken.text
        assert files.decoded((await client.get(taken.json()["url"])).content).size == (512, 512)
        music = await upload("room_music", files.mp3(40_000))
        assert music.status_code == 201, music.text
        part = await client.get(music.json()["url"], headers={"Range": "bytes=5-14"})
        assert (part.status_code, len(part.content)) == (206, 10)
        before = most_memory(product)
        for bomb in (
            files.declared_png(20_000, 20_000),
            files.declared_jpeg(20_000, 20_000),
            files.declared_webp(16_383, 16_383),
            files.bomb_png(),
        ):
            refused = await upload("message", bomb)
            assert refused.json()["code"] == "upload.too_many_pixels"
        assert most_memory(product) - before < 64 * MIB
        large = await upload("avatar", b"\xff\xd8\xff" + b"\x00" * (9 * MIB))
        assert (large.status_code, large.json()["code"]) == (413, "upload.too_large")
        for _ in range(2 * UPLOADS_PER_USER):
            await abandon(product, registered["token"])
        async with asyncio.timeout(60):
            while (await upload("avatar", files.png(20, 20))).status_code == 429:
                pass
        assert (await upload("avatar", files.png(20, 20))).status_code == 201
    assert "Traceback" not in (product.logs / "serve.log").read_text()
