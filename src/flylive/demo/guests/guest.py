"""One guest: what he can do in a room, and where he believes he is.

He believes what the platform answers: where it says that he is not in the room, he is not.
"""

import asyncio
import time
import uuid
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import httpx

from flylive.demo.guests.api import Answer, Api
from flylive.demo.talk import Tongue, tongue

PURSES = ((20, 0.80), (100, 0.95), (1_000, 0.995), (10_000, 1.0))
"""The dearest gift, in coins, that he looks at, and up to which throw of the dice."""
MOST_ROUNDS = 3
STAKES = ("1", "2", "5", "5", "10", "10", "20", "50")
"""Coins that he stakes on one round."""
USUAL_PACKAGE = (500, 5_000)
"""Coins of the packages that he buys when he is broke, if there are such."""


class Pass(NamedTuple):
    """Who somebody is, and the access token that proves it."""

    user_id: int
    name: str
    country: str
    token: str


class OnSale(NamedTuple):
    """A gift that this guest may send; price in coins."""

    id: int
    price: Decimal


class Guest:
    """A demo user with a token. One thing at a time: `doing` is held meanwhile."""

    def __init__(self, api: Api, identity: Pass, random: Random) -> None:
        self.api = api
        self.id = identity.user_id
        self.name = identity.name
        self.country = identity.country
        self.token = identity.token
        self.random = random
        self.doing = asyncio.Lock()
        self.room_id: int | None = None
        self.seat: int | None = None
        self.heard_at = 0.0
        self.is_welcome = True
        self._gifts: list[OnSale] | None = None

    @property
    def tongue(self) -> Tongue:
        """What he speaks this time."""
        return tongue(self.country, self.random)

    async def join(self, room_id: int) -> dict[str, Any] | None:
        """Come into a room, out of any other; its screen, or None where he may not."""
        # Set before: whoever ends meanwhile knows where to look for him.
        self.room_id, self.seat = room_id, None
        answer = await self._ask("POST", f"/rooms/{room_id}/join", {})
        if not answer.is_ok:
            self.room_id = None
            return None
        return answer.document

    async def leave(self) -> None:
        """Go out of the room."""
        if self.room_id is not None:
            await self._ask("POST", f"/rooms/{self.room_id}/leave")
            self.room_id = self.seat = None

    async def sit(self, seats: int) -> None:
        """Take a seat of `seats`; where it is taken, one that is free, if there is."""
        wanted = self.random.randint(1, seats)
        answer = await self._ask("PUT", f"/rooms/{self.room_id}/seats/{wanted}")
        free = answer.document.get("free_seats")
        if not answer.is_ok and free:
            wanted = self.random.choice(free)
            answer = await self._ask("PUT", f"/rooms/{self.room_id}/seats/{wanted}")
        if answer.is_ok:
            self.seat = wanted

    async def stand(self) -> None:
        """Leave the seat."""
        if self.seat is not None:
            await self._ask("DELETE", f"/rooms/{self.room_id}/seats/{self.seat}")
            self.seat = None

    async def say(self, lines: tuple[str, ...], name: str) -> None:
        """Say one of the lines to somebody of that name."""
        words = self.random.choice(lines).format(name=name.split()[0])
        body = {"content": words, "client_id": f"guest-{uuid.uuid4().hex}"}
        await self._ask("POST", f"/rooms/{self.room_id}/messages", body)

    async def give(self, recipient_ids: list[int], quantity: int) -> Answer:
        """Send a gift in the room; when he is broke, he buys coins and sends it then."""
        gift = await self._choose_gift()
        if gift is None:
            return Answer(404, {})
        body = {
            "gift_id": gift.id,
            "recipient_ids": recipient_ids,
            "quantity": quantity if gift.price * quantity <= 1_000 else 1,
            "room_id": self.room_id,
        }
        answer = await self._ask("POST", "/gifts/send", body, key=f"guest-{uuid.uuid4().hex}")
        if answer.code == "wallet.insufficient_coins" and await self._recharge():
            # That the first key was answered is kept; this is another try and another key.
            answer = await self._ask("POST", "/gifts/send", body, key=f"guest-{uuid.uuid4().hex}")
        return answer

    async def play(self) -> None:
        """A few rounds of a game, as the page of its provider would play them."""
        answer = await self._ask("GET", "/games")
        if not answer.is_ok or not answer.document["data"]:
            return
        game = self.random.choice(answer.document["data"])["code"]
        begun = await self._ask("POST", f"/games/{game}/sessions")
        if not begun.is_ok:
            return
        session = begun.document["session_token"]
        page = httpx.URL(begun.document["launch_url"]).copy_with(query=None)
        for _ in range(self.random.randint(1, MOST_ROUNDS)):
            if not await self._play_round(page, session):
                break
        await self._ask("DELETE", f"/games/{game}/sessions")

    async def _play_round(self, page: httpx.URL, session: str) -> bool:
        """Whether it was played; somebody who is broke buys coins first."""
        opened = await self.api.visit(f"{page}/rounds", {"session": session})
        if not opened.is_ok:
            return False
        choice = self.random.choice(opened.document["choices"])
        body = {
            "session": session,
            "client_seed": uuid.uuid4().hex,
            "stakes": {choice: self.random.choice(STAKES)},
        }
        round_url = page.copy_with(path=f"/rounds/{opened.document['round_id']}/play")
        played = await self.api.visit(str(round_url), body)
        if played.code == "wallet.insufficient_coins":
            await self._recharge()
        return played.is_ok

    async def beat(self) -> None:
        """Show that he is still there."""
        await self._ask("POST", f"/rooms/{self.room_id}/heartbeat")

    async def _choose_gift(self) -> OnSale | None:
        if self._gifts is None:
            answer = await self._ask("GET", "/gifts?limit=100&sort=price")
            if not answer.is_ok:
                return None
            self._gifts = [
                OnSale(gift["id"], Decimal(gift["price"]))
                for gift in answer.document["data"]
                # Guests come and go: they propose to nobody.
                if gift["can_send"] and gift["category"] != "cp"
            ]
        throw = self.random.random()
        dearest = next(coins for coins, upto in PURSES if throw <= upto)
        within = [gift for gift in self._gifts if gift.price <= dearest]
        return self.random.choice(within) if within else None

    async def _recharge(self) -> bool:
        """Buy a package at the sandbox provider; False where there is none, as in production."""
        answer = await self._ask("GET", "/recharge/packages?limit=100")
        if not answer.is_ok or not answer.document["data"]:
            return False
        least, most = USUAL_PACKAGE
        packages = answer.document["data"]
        usual = [package for package in packages if least <= package["coin_amount"] <= most]
        order = await self._ask(
            "POST",
            "/recharge/orders",
            {"package_id": self.random.choice(usual or packages)["id"], "provider": "sandbox"},
            key=f"guest-{uuid.uuid4().hex}",
        )
        if not order.is_ok:
            return False
        path = f"/recharge/orders/{order.document['id']}/sandbox"
        return (await self._ask("POST", path, {"outcome": "paid"})).is_ok

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> Answer:
        answer = await self.api.call(method, path, self.token, body, key=key)
        if path.startswith("/rooms/"):
            # Only requests about the room count as a sign of life in it.
            self.heard_at = time.monotonic()
        if answer.code in ("room.not_in_room", "gift.sender_not_in_room", "room.not_found"):
            self.room_id = self.seat = None
        elif answer.status == 401:
            self.is_welcome = False
            self.room_id = self.seat = None
        return answer
