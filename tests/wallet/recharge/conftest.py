"""The platform with three played providers, and hands for orders."""

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.wallet import proof
from flylive.wallet.recharge.providers import Providers
from tests.conftest import Addresses
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.wallet.recharge.fakes.together import provider_settings
from tests.world import Person, World

PRODUCT = "coins_500"


@pytest.fixture(scope="module")
def settings(
    settings: Settings,
    stripe: PlayedStripe,
    google: PlayedGooglePlay,
    apple: PlayedAppStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """The tests' settings with every provider set up."""
    root = Path(tmp_path_factory.mktemp("apple"), "root.cer")
    given = provider_settings(stripe, google, apple, root)
    return Settings.model_validate(settings.model_dump() | given)


@dataclass
class Till:
    """Hands for buying coins."""

    world: World
    database: Database
    providers: Providers
    addresses: Addresses

    def package(self, coins: int = 500, bonus: int = 50, **columns: Any) -> int:
        """A package that is sold everywhere, at 9.99 USD; its id."""
        given = {"google_product_id": PRODUCT, "apple_product_id": PRODUCT} | columns
        number = self.world.package(coins, bonus)
        for name, value in given.items():
            self.world.sql(f"UPDATE recharge_packages SET {name} = %s WHERE id = %s", value, number)
        return number

    async def ask(
        self, person: Person, provider: str, package: int | None = None, key: str | None = None
    ) -> httpx.Response:
        """POST /recharge/orders."""
        body = {"package_id": package or self.package(), "provider": provider}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return await self.world.call("POST", "/recharge/orders", person, json=body, headers=headers)

    async def order(
        self, person: Person, provider: str, package: int | None = None
    ) -> dict[str, Any]:
        """An order that was taken."""
        answer = await self.ask(person, provider, package)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def confirm(self, person: Person, order: dict[str, Any], **proof: Any) -> httpx.Response:
        """POST /recharge/orders/{id}/confirm."""
        path = f"/recharge/orders/{order['id']}/confirm"
        return await self.world.call("POST", path, person, json=proof)

    async def hear(self, name: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """A message to one of the webhooks."""
        return await self.world.client.post(f"/v1/webhooks/{name}", content=body, headers=headers)

    async def status(self, person: Person, order: dict[str, Any]) -> str:
        """The order's status now."""
        answer = await self.world.call("GET", f"/recharge/orders/{order['id']}", person)
        return str(answer.json()["status"])

    async def coins(self, person: Person) -> tuple[str, str]:
        """Coins and debt."""
        wallet = await self.world.wallet(person)
        return wallet["coin_balance"], wallet["debt"]

    def ledger(self, person: Person) -> list[tuple[str, int]]:
        """The person's ledger: type and whole coins, oldest first."""
        return [
            (kind, int(amount))
            for kind, amount in self.world.sql(
                "SELECT type, amount FROM transactions WHERE user_id = %s ORDER BY id", person.id
            )
        ]

    def events(self, order: dict[str, Any]) -> list[tuple[str, str]]:
        """What is kept of what providers said of the order: kind and outcome."""
        return self.world.sql(
            "SELECT kind, outcome FROM provider_events WHERE order_id = %s ORDER BY id",
            order["id"],
        )

    def prove(self) -> None:
        """Every promise of the money holds."""
        lines: list[str] = []
        assert proof.verify(self.addresses.serving, lines.append) == 0, lines


@pytest.fixture(scope="module")
async def providers(settings: Settings) -> AsyncIterator[Providers]:
    """The providers as the worker has them."""
    providers = Providers(settings)
    yield providers
    await providers.close()


@pytest.fixture
def till(
    world: World, database: Database, providers: Providers, addresses: Addresses
) -> Iterator[Till]:
    """Hands for buying coins; afterwards the money is proved."""
    till = Till(world, database, providers, addresses)
    yield till
    till.prove()
