"""What people do with money, each act with the answer that it must have and what it changes."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from hypothesis.stateful import RuleBasedStateMachine

from flylive import clock
from flylive.money import render
from tests.wallet.machine.faults import Kind
from tests.wallet.machine.model import MAX_PENDING, Model, Order, Request
from tests.wallet.machine.stage import BONUS, COINS, PRICES, WINS, Stage
from tests.world import Person

PEOPLE = 7
MEMBERS, OWNER, SELLERS = {2, 6}, 6, {4, 5}
"""People 0 and 1 buy, 2 and 3 are hosts, 4 and 5 resellers, 6 owns the agency of 2 and himself."""


@dataclass
class Act:
    """A request, what refuses it by the model, and what it does to the model."""

    person: int
    method: str
    path: str
    body: Any
    refusal: str | None
    apply: Callable[[dict[str, Any]], None]
    key: str | None = None
    done: tuple[str, str] | None = None
    """Of a request without a key: the refusal that says that its first try was carried out."""


def keyed() -> str:
    """A new key."""
    return uuid.uuid4().hex


class Hands(RuleBasedStateMachine):
    """Seven people and the model of their money; acts are made here and carried out."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Person] = []
        self.model = Model(PEOPLE, members=MEMBERS, owner=OWNER, sellers=SELLERS)
        self.answered: list[tuple[Act, httpx.Response]] = []

    def orders(self, *providers: str) -> list[Order]:
        return [order for order in self.model.orders if order.provider in providers]

    # --- carrying acts out -------------------------------------------------------------------

    def perform(
        self, acts: list[Act], crash: tuple[Kind, int] | None = None, copies: int = 1
    ) -> None:
        """All of them at once, each so many times; alone, the model says what is answered."""
        acts = [act for act in acts if not self.model.accounts[act.person].is_deleted]
        stage = self.stage
        stage.steps += 1
        stage.arm(crash)
        try:
            answers = stage.wait(self._gather(acts, copies))
        finally:
            stage.disarm()
        for act, told in zip(acts, answers, strict=True):
            self._settle(act, told, is_alone=len(acts) == 1)

    async def _gather(
        self, acts: list[Act], copies: int
    ) -> list[list[tuple[httpx.Response, bool]]]:
        async def one(act: Act) -> list[tuple[httpx.Response, bool]]:
            ask = self.stage.ask
            person = self.people[act.person]
            return await asyncio.gather(
                *(ask(person, act.method, act.path, act.body, act.key) for _ in range(copies))
            )

        return await asyncio.gather(*(one(act) for act in acts))

    def _settle(self, act: Act, told: list[tuple[httpx.Response, bool]], *, is_alone: bool) -> None:
        answers = [answer for answer, _ in told]
        successes = [answer for answer in answers if answer.is_success]
        is_repeated = len(told) > 1 or any(again for _, again in told)
        if act.key is not None:
            assert len({(answer.status_code, answer.text) for answer in answers}) == 1, answers
            self.answered.append((act, answers[0]))
        for answer in answers:
            if not answer.is_success:
                problem = answer.json()
                self.stage.refusals.add(problem["code"])
                state = problem.get("request_status", "")
                # What was refused before it began was not carried out by its own first try.
                is_open = act.refusal is None or not is_alone
                if is_repeated and is_open and act.done == (problem["code"], state):
                    successes.append(answer)
        if successes:
            if is_alone:
                assert act.refusal is None, (act, successes[0].text)
            act.apply(successes[0].json() if successes[0].content else {})
        elif is_alone:
            assert act.refusal == answers[0].json()["code"], (act, answers[0].text)

    def alive(self, person: int) -> int:
        """This one, or the next who is not gone."""
        there = [n for n in range(PEOPLE) if not self.model.accounts[n].is_deleted]
        return person if person in there else there[person % len(there)]

    # --- acts ------------------------------------------------------------------------------------

    def buying(self, person: int, provider: str) -> Act:
        def apply(answer: dict[str, Any]) -> None:
            order = Order(answer["id"], person, provider, COINS + BONUS, answer=answer)
            self.model.orders.append(order)
            if provider == "stripe":
                order.payment = self.stage.played.stripe.session_of(answer)
            elif provider == "google_play":
                order.payment = self.stage.played.google.buy(answer["checkout"])
            elif provider == "app_store":
                order.payment = self.stage.played.apple.buy(answer["checkout"])

        body = {"package_id": self.stage.package, "provider": provider}
        return Act(person, "POST", "/recharge/orders", body, None, apply, keyed())

    def playing(self, order: Order, outcome: str) -> Act:
        def apply(_: dict[str, Any]) -> None:
            if outcome == "failed":
                order.status = "failed"
            elif order.status != outcome:
                self.model.stand(order, order.coins if outcome == "refunded" else 0)

        allowed = {"paid": "pending", "failed": "pending", "refunded": "paid"}
        may = order.status in (outcome, allowed[outcome])
        path = f"/recharge/orders/{order.id}/sandbox"
        refusal = None if may else "recharge.order_state"
        return Act(order.buyer, "POST", path, {"outcome": outcome}, refusal, apply)

    def giving(self, sender: int, recipients: list[int], gift: int, quantity: int) -> Act:
        cost = PRICES[gift] * quantity

        def apply(answer: dict[str, Any]) -> None:
            draws = answer["lucky"]["draws"] if answer["lucky"] else []
            assert len(draws) == (len(recipients) if gift == len(PRICES) - 1 else 0)
            won = []
            for draw in draws:
                assert draw["multiplier"] in {f"{float(win):.2f}" for win in WINS}
                won.append(cost * 133 // 100 if draw["multiplier"] == "1.33" else 0)
                assert draw["payout"] == render(won[-1])
            self.model.gift(sender, recipients, cost, won)

        body = {
            "gift_id": self.stage.gifts[gift],
            "recipient_ids": [self.people[one].id for one in recipients],
            "quantity": quantity,
        }
        refusal = self.model.refuses_gift(sender, recipients, cost)
        return Act(sender, "POST", "/gifts/send", body, refusal, apply, keyed())

    def transferring(self, seller: int, to: int, amount: int) -> Act:
        refusal = self.model.refuses_move(seller, to, amount)
        if not self.model.accounts[seller].is_reseller:
            refusal = "reseller.required"
        if seller == to:
            refusal = "reseller.not_oneself"
        body = {"to_user_id": self.people[to].id, "amount": render(amount)}
        return Act(seller, "POST", "/wallet/transfers", body, refusal,
                   lambda _: self.model.move(seller, to, amount), keyed())  # fmt: skip

    def exchanging(self, person: int, diamonds: int) -> Act:
        refusal = "request.invalid" if diamonds < 2 else None
        if refusal is None and self.model.accounts[person].diamonds < diamonds:
            refusal = "wallet.insufficient_diamonds"

        def apply(answer: dict[str, Any]) -> None:
            assert answer["coins"] == render(self.model.exchange(person, diamonds))

        body = {"diamonds": render(diamonds)}
        return Act(person, "POST", "/wallet/exchange", body, refusal, apply, keyed())

    def asking(self, asker: int, seller: int, amount: int, days: int | None) -> Act:
        asker = self.alive(asker)
        kind = "purchase" if days is None else "credit"
        model = self.model
        waiting = [one for one in model.requests if (one.asker, one.seller) == (asker, seller)
                   and one.status == "pending"]  # fmt: skip
        refusal = None
        if days is not None and model.overdue(asker, seller, clock.now()):
            refusal = "coin_request.credit_overdue"
        if len(waiting) >= MAX_PENDING:
            refusal = "coin_request.too_many_pending"
        if model.is_blocked(asker, seller):
            refusal = "user.not_available"
        if not model.accounts[seller].is_reseller:
            refusal = "reseller.not_found"
        if asker == seller:
            refusal = "reseller.not_oneself"
        # Asking has no key: a client that was not answered may ask twice, so it looks first.
        body = {"requested_from": self.people[seller].id, "amount": render(amount), "type": kind}
        body |= {} if days is None else {"credit_days": days}
        before = {one.id for one in model.requests}

        def apply(_: dict[str, Any]) -> None:
            pages = self.stage.wait(
                self.stage.ask(self.people[asker], "GET", "/coin-requests?box=sent&limit=100")
            )[0].json()["data"]
            for shown in pages:
                if shown["id"] not in before:
                    model.requests.append(Request(shown["id"], asker, seller, amount, kind, days))

        return Act(asker, "POST", "/coin-requests", body, refusal, apply)

    def deciding(self, request: Request, verb: str) -> Act:
        model = self.model
        refusal = None if request.status == "pending" else "coin_request.state"
        if verb == "approve" and refusal is None:
            refusal = model.refuses_move(request.seller, request.asker, request.amount)
            is_overdue = model.overdue(request.asker, request.seller, clock.now())
            if (request.type == "credit" and is_overdue
                    and refusal in (None, "wallet.insufficient_coins")):  # fmt: skip
                refusal = "coin_request.credit_overdue"
        if verb == "settle":
            refusal = None if request.is_open() else "coin_request.state"

        def apply(answer: dict[str, Any]) -> None:
            if verb == "settle":
                request.is_settled = True
                return
            request.status = {"approve": "approved", "reject": "rejected"}.get(verb, "cancelled")
            if verb == "approve":
                model.move(request.seller, request.asker, request.amount)
                if request.days is not None:
                    request.due_at = clock.now() + timedelta(days=request.days)
                    assert answer["due_at"] is not None

        status = {"reject": "rejected", "cancel": "cancelled", "settle": "settled"}.get(verb)
        return Act(
            request.asker if verb == "cancel" else request.seller,
            "POST",
            f"/coin-requests/{request.id}/{verb}",
            {} if verb in ("approve", "reject") else None,
            refusal,
            apply,
            keyed() if verb == "approve" else None,
            None if status is None else ("coin_request.state", status),
        )

    def leaving(self, person: int) -> Act:
        return Act(
            person,
            "DELETE",
            "/me",
            {"password": "a long password"},
            self.model.refuses_deletion(person),
            lambda _: self.model.delete(person),
            done=("auth.unauthenticated", ""),
        )
