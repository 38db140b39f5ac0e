"""Debian's Chromium on the running product, with an eye on what it must never do."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

from flylive.database import Database
from tests.conftest import Addresses
from tests.product import Product
from tests.world import World

CHROMIUM = Path(os.environ.get("FLYLIVE_CHROMIUM", "/usr/bin/chromium"))
HAS_CHROMIUM = CHROMIUM.exists()
PATIENCE_MS = 60_000
"""How long anything in a browser may take: it ends what hangs, and refuses nothing slow."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
async def product(
    addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Product]:
    """The product on this module's database."""
    async with Product(addresses, tmp_path_factory.mktemp("logs")) as product:
        yield product


@pytest.fixture(scope="module")
async def world(product: Product, addresses: Addresses) -> AsyncIterator[World]:
    """Everybody else, through the API."""
    database = Database(addresses.serving, size=2)
    async with httpx.AsyncClient(base_url=product.address, timeout=60) as client:
        yield World(client, database, addresses.owner)
    await database.close()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    if not HAS_CHROMIUM:
        pytest.skip(f"no Chromium at {CHROMIUM}; install it or set FLYLIVE_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        await browser.close()


@dataclass
class Visit:
    """A page in a tab of its own, and what went wrong in it."""

    page: Page
    product: Product
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Regular expressions of faults that the test itself brings about."""

    def watch(self) -> None:
        """Note errors, and requests to anybody but the API and the gateway."""
        ours = {f"127.0.0.1:{port}" for port in (self.product.port, self.product.gateway_port)}

        def asked(address: str) -> None:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in ours:
                self.faults.append(f"a request to {address}")

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                where = message.location.get("url", "")
                self.faults.append(f"{message.type}: {message.text} ({where})")

        def requested(request: Request) -> None:
            asked(request.url)

        self.page.on("request", requested)
        self.page.on("websocket", lambda socket: asked(socket.url))
        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))

    def assert_clean(self) -> None:
        """Nothing went wrong that the test did not bring about."""
        unexpected = [
            fault
            for fault in self.faults
            if not any(re.search(known, fault) for known in self.expected)
        ]
        assert unexpected == []


@pytest.fixture
async def visit(browser: Browser, product: Product) -> AsyncIterator[Visit]:
    """The page at ``/``, opened by somebody who was never here."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-AE")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    visit = Visit(page, product)
    visit.watch()
    await page.goto(f"{product.address}/")
    yield visit
    await context.close()
    visit.assert_clean()
