"""Money while its processes are killed: the API and the worker with -9, again and again.

Buyers recharge (at the sandbox, at a played Stripe, Google Play and App Store), resellers transfer
and approve. Clients ask again under their keys until they are answered, providers send again
until they are heard; of some payments nobody tells, and the worker has to find them. In the end
everybody has what was answered, each purchase was consumed, and the money adds up.
`fly.py test --long` does a thousand of each.
"""

import asyncio
import os
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from flylive.database import Database
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.product import Product
from tests.rooms.crowd import crowd
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.wallet.recharge.fakes.together import as_environment, provider_settings
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
NUMBER = int(os.environ.get("FLYLIVE_TEST_KILL_NUMBER", "1000" if LONG else "15"))
"""Recharges, transfers and approvals: so many of each at least."""
KILLS = 45 if LONG else 3
"""Two of the API for each of the worker."""
SEED = int(os.environ.get("FLYLIVE_TEST_SEED", "5"))
BUYERS, SELLERS, HANDS = 12, 3, 16
COINS, BONUS, STOCK = 60, 7, 1_000_000
TRANSFER, APPROVAL = "3.00", "5.00"


@dataclass
class Street:
    """Buyers, sellers and payment providers, and what everybody has to have in the end."""

    product: Product
    http: httpx.AsyncClient
    stripe: PlayedStripe
    google: PlayedGooglePlay
    apple: PlayedAppStore
    buyers: list[Person]
    sellers: list[Person]
    package: int
    randomness: random.Random
    coins: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    untold: set[int] = field(default_factory=set)
    retries: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_answered(
        self, method: str, path: str, headers: dict[str, str], **options: Any
    ) -> httpx.Response:
        """Ask again until somebody answers, and not with 503."""
        while True:
            try:
                answer = await self.http.request(method, f"/v1{path}", headers=headers, **options)
            except httpx.HTTPError:
                self.retries += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code != 503:
                return answer
            self.retries += 1
            await asyncio.sleep(float(answer.headers["retry-after"]) / 20)

    async def post(self, person: Person, path: str, body: Any, status: int) -> dict[str, Any]:
        """Under a key of its own; now and then again for no reason."""
        headers = person.headers | {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.until_answered("POST", path, headers, json=body)
        assert answer.status_code == status, answer.text
        if self.randomness.random() < 0.2:
            again = await self.until_answered("POST", path, headers, json=body)
            assert (again.status_code, again.text) == (status, answer.text)
        return dict(answer.json())

    async def hear(self, name: str, body: bytes, headers: dict[str, str]) -> None:
        """A provider sends it until it is heard, and now and then once more."""
        for _ in range(self.randomness.choice([1, 1, 2])):
            answer = await self.until_answered("POST", f"/webhooks/{name}", headers, content=body)
            assert answer.status_code == 204, answer.text

    async def recharge(self, buyer: Person) -> None:
        """An order, paid; a fifth of what Stripe and Apple were paid is given back."""
        provider = self.randomness.choice(["sandbox", "stripe", "google_play", "app_store"])
        if not self.untold:
            # One at least, by chance or not, for the worker to find by itself.
            provider = "stripe"
        body = {"package_id": self.package, "provider": provider}
        order = await self.post(buyer, "/recharge/orders", body, 201)
        path = f"/recharge/orders/{order['id']}"
        self.coins[buyer.id] += COINS + BONUS
        is_told = self.randomness.random() < 0.8
        if provider == "sandbox":
            said = {"outcome": "paid"}
            answer = await self.until_answered("POST", f"{path}/sandbox", buyer.headers, json=said)
            assert answer.json()["status"] == "paid", answer.text
            return
        if provider == "stripe":
            session = self.stripe.session_of(order)
            event = self.stripe.event("checkout.session.completed", self.stripe.pay(session))
            if not is_told or not self.untold:
                self.untold.add(order["id"])
                return
            await self.hear("stripe", event, self.stripe.signature(event))
            if self.randomness.random() < 0.2:
                event = self.stripe.event("charge.refunded", self.stripe.refund(session))
                await self.hear("stripe", event, self.stripe.signature(event))
                self.coins[buyer.id] -= COINS + BONUS
            return
        if provider == "app_store":
            number = self.apple.buy(order["checkout"])
            json = {"Content-Type": "application/json"}
            if is_told:
                await self.hear(
                    "app-store", self.apple.notification("ONE_TIME_CHARGE", number), json
                )
            else:
                await self.confirm(buyer, path, signed_transaction=self.apple.signed(number))
            if self.randomness.random() < 0.2:
                self.apple.refund(number)
                await self.hear("app-store", self.apple.notification("REFUND", number), json)
                self.coins[buyer.id] -= COINS + BONUS
            return
        token = self.google.buy(order["checkout"])
        if is_told:
            push = self.google.push(self.google.purchased(token))
            await self.hear("google-play", push, self.google.signature())
        else:
            await self.confirm(buyer, path, purchase_token=token)

    async def confirm(self, buyer: Person, order: str, **proof: str) -> None:
        """The client says that it has paid."""
        answer = await self.until_answered("POST", f"{order}/confirm", buyer.headers, json=proof)
        assert answer.json()["status"] == "paid", answer.text

    async def transfer(self, buyer: Person) -> None:
        """Coins from a reseller, at once."""
        seller = self.randomness.choice(self.sellers)
        body = {"to_user_id": buyer.id, "amount": TRANSFER}
        await self.post(seller, "/wallet/transfers", body, 201)
        self.coins[buyer.id] += int(float(TRANSFER))
        self.coins[seller.id] -= int(float(TRANSFER))

    async def approve(self, buyer: Person) -> None:
        """Coins asked for, and handed out."""
        seller = self.randomness.choice(self.sellers)
        request = await self._ask(buyer, seller)
        await self.post(seller, f"/coin-requests/{request}/approve", {}, 200)
        self.coins[buyer.id] += int(float(APPROVAL))
        self.coins[seller.id] -= int(float(APPROVAL))

    async def _ask(self, buyer: Person, seller: Person) -> int:
        """Asking has no key; who was not answered looks whether he was heard."""
        words = uuid.uuid4().hex
        body = {"requested_from": seller.id, "amount": APPROVAL, "type": "purchase",
                "message": words}  # fmt: skip
        while True:
            try:
                answer = await self.http.post("/v1/coin-requests", headers=buyer.headers, json=body)
                if answer.status_code == 201:
                    return int(answer.json()["id"])
                assert answer.json()["code"] in ("coin_request.too_many_pending", "unavailable")
            except httpx.HTTPError:
                self.retries += 1
            await asyncio.sleep(0.05)
            path = "/coin-requests?box=sent&status=pending&limit=100"
            shown = await self.until_answered("GET", path, buyer.headers)
            for request in shown.json()["data"]:
                if request["message"] == words:
                    return int(request["id"])

    async def trade(self) -> None:
        """One client after the other, until there was enough of everything."""
        works = {"recharge": self.recharge, "transfer": self.transfer, "approve": self.approve}
        while short := [name for name in works if self.done[name] < NUMBER]:
            name = self.randomness.choice(short)
            await works[name](self.randomness.choice(self.buyers))
            self.done[name] += 1
            self.moved.set()

    async def reached(self, total: int) -> None:
        """Wait until so much was done in all."""
        while self.done.total() < total:
            self.moved.clear()
            await self.moved.wait()


@asynccontextmanager
async def street(addresses: Addresses, logs: Path) -> AsyncIterator[tuple[Street, World]]:
    """The product as processes, with three played providers and people who trade."""
    stripe, google, apple = PlayedStripe(), PlayedGooglePlay(), PlayedAppStore()
    for played in (stripe, google, apple):
        await played.start()
    product = Product(addresses, logs, "serve", "worker")
    given = provider_settings(stripe, google, apple, logs / "root.cer")
    product.environment |= as_environment(given)
    database = Database(addresses.serving)
    async with product, httpx.AsyncClient(base_url=product.address, timeout=60) as http:
        world = World(http, database, addresses.owner)
        people = await crowd(world, BUYERS + SELLERS)
        package = world.package(COINS, BONUS)
        world.sql(
            "UPDATE recharge_packages"
            " SET google_product_id = 'coins_67', apple_product_id = 'coins_67'"
        )
        sellers = people[:SELLERS]
        for seller in sellers:
            await world.recharge(seller, STOCK)
            world.sql("INSERT INTO resellers (user_id) VALUES (%s)", seller.id)
        yield (
            Street(product, http, stripe, google, apple, people[SELLERS:], sellers, package,
                   random.Random(SEED)),
            world,
        )  # fmt: skip
    await database.close()
    for played in (stripe, google, apple):
        await played.stop()


async def test_everybody_has_what_was_answered(addresses: Addresses, tmp_path: Path) -> None:
    async with street(addresses, tmp_path) as (trading, world):
        product, randomness = trading.product, random.Random(-SEED - 1)
        # A little after so much was done, when something else is under way.
        moments = sorted(randomness.sample(range(2 * NUMBER), KILLS))
        names = ["serve", "worker", "serve"] * (KILLS // 3)
        async with asyncio.TaskGroup() as group:
            for _ in range(HANDS):
                group.create_task(trading.trade())
            for moment, name in zip(moments, names, strict=True):
                await trading.reached(moment)
                await asyncio.sleep(randomness.uniform(0, 0.2))
                await product.kill(name)
                await product.start(name)
        # The pause is over after which the worker looks at what nobody told, or was killed over.
        await settled(world)
        print(f"{dict(trading.done)}, {trading.retries} retries, {KILLS} kills")
        assert trading.retries > 0
        expected = {person.id: trading.coins[person.id] for person in trading.buyers}
        expected |= {one.id: STOCK + trading.coins[one.id] for one in trading.sellers}
        found = world.sql("SELECT id, coin_balance - coin_debt FROM users WHERE id = ANY(%s)",
                          list(expected))  # fmt: skip
        assert dict(found) == expected
        for kind, name in (("transfer", "transfer"), ("coin_request", "approve")):
            [(count,)] = world.sql("SELECT count(*) FROM transactions WHERE type = %s", kind)
            assert count == trading.done[name]
        [(paid,)] = world.sql(
            "SELECT count(*) FROM transactions WHERE type = 'recharge' AND amount = %s", COINS
        )
        assert paid == trading.done["recharge"]
        states = {purchase["consumptionState"] for purchase in trading.google.purchases.values()}
        assert states == {1}
        assert trading.untold
        # Who has a purchase's token can claim it: it is in the addresses that we ask Google at.
        assert said_in_logs(tmp_path, [token for _, token in trading.google.purchases]) == []
        said: list[str] = []
        assert verify(addresses.owner, said.append) == 0, said


def said_in_logs(folder: Path, secrets: list[str]) -> list[str]:
    """Which of them stand in what the processes wrote."""
    written = "".join(log.read_text() for log in folder.glob("*.log"))
    return [secret for secret in secrets if secret in written]


async def settled(world: World) -> None:
    """Let the worker look at once at whatever it would look at in two minutes, until it has."""
    async with asyncio.timeout(180):
        while True:
            world.sql("UPDATE recharge_orders SET check_at = now() WHERE check_at IS NOT NULL")
            [(left,)] = world.sql("SELECT count(*) FROM recharge_orders WHERE check_at IS NOT NULL")
            if not left:
                return
            await asyncio.sleep(0.3)
