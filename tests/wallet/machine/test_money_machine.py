"""Money, whatever people and machines do: random acts, random doubles, random crashes.

Hypothesis makes up sequences of what buyers, hosts and resellers do over the public addresses,
and what payment providers report. A connection breaks between any two statements, or as its
commit is answered; clients ask again under their keys until they are answered, providers send
again until they are heard, and both do so now and then for no reason. After each step every
promise of the money holds, and a slow model, which knows nothing of the platform's code, agrees
with every account. `fly.py test --long` runs 2,000 sequences.
"""

import asyncio
import logging
import os
from typing import Any

import structlog
from hypothesis import HealthCheck, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from flylive.config import Settings
from flylive.database import Database
from flylive.errors import Unavailable
from flylive.wallet.recharge import checking
from flylive.wallet.recharge.providers import Providers
from tests.conftest import Addresses
from tests.wallet.machine import payments
from tests.wallet.machine.acts import MEMBERS, OWNER, PEOPLE, SELLERS, Hands
from tests.wallet.machine.faults import Fault, Kind
from tests.wallet.machine.model import Order
from tests.wallet.machine.payments import Said
from tests.wallet.machine.stage import PRICES, TRIES, Played, Stage
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
SEQUENCES = int(os.environ.get("FLYLIVE_TEST_SEQUENCES", "2000" if LONG else "12"))
SEED = os.environ.get("FLYLIVE_TEST_SEED")
STEPS = 20

PERSON = st.integers(0, PEOPLE - 1)
SELLER = st.sampled_from([4, 5, 4, 5, 4, 0])
PLACE = st.integers(0, 3)
AMOUNT = st.sampled_from([1, 100, 333, 2000, 6700, 999_999])
KINDS: list[Kind] = ["before", "after", "killed"]
CRASH = st.none() | st.tuples(st.sampled_from(KINDS), st.integers(0, 15))
COPIES = st.sampled_from([1, 1, 1, 2, 3])
MOVES = ["transfer", "gift", "exchange", "gift", "approve", "approve", "play", "delete"]
MOVE = st.tuples(st.sampled_from(MOVES), PERSON, PERSON, AMOUNT)


class Money(Hands):
    """Seven people, their money, and what may go wrong."""

    @initialize()
    def begin(self) -> None:
        self.people = self.stage.people(PEOPLE, members=MEMBERS, owner=OWNER, sellers=SELLERS)
        self.stage.sequences += 1
        for person in (0, 1, 4, 5):
            self.perform([self.buying(person, "sandbox")])
            order = self.model.orders[-1]
            self.perform([self.playing(order, "paid")])

    # --- recharge --------------------------------------------------------------------------------

    @rule(person=PERSON, provider=st.sampled_from(["sandbox", "sandbox", "stripe", "google_play",
                                                        "app_store"]),
          crash=CRASH, copies=COPIES)  # fmt: skip
    def order(self, person: int, provider: str, crash: Any, copies: int) -> None:
        self.perform([self.buying(self.alive(person), provider)], crash, copies)

    @rule(place=PLACE, outcome=st.sampled_from(["paid", "paid", "refunded", "refunded", "failed"]),
          crash=CRASH, copies=COPIES)  # fmt: skip
    def play(self, place: int, outcome: str, crash: Any, copies: int) -> None:
        orders = self.orders("sandbox")[::-1]
        self.perform([self.playing(orders[place % len(orders)], outcome)], crash, copies)

    @rule(place=PLACE, what=st.sampled_from(["pay", "pay", "part", "refund", "fails", "dispute",
                                             "win"]),
          is_told=st.booleans(), crash=CRASH, copies=COPIES)  # fmt: skip
    def stripe(self, place: int, what: str, is_told: bool, crash: Any, copies: int) -> None:
        self.report("stripe", place, what, is_told, crash, copies)

    @rule(place=PLACE, what=st.sampled_from(["pay", "pay", "void"]), is_told=st.booleans(),
          crash=CRASH, copies=COPIES)  # fmt: skip
    def google(self, place: int, what: str, is_told: bool, crash: Any, copies: int) -> None:
        self.report("google_play", place, what, is_told, crash, copies)

    @rule(place=PLACE, what=st.sampled_from(["pay", "pay", "part", "refund", "reverse", "asks"]),
          is_told=st.booleans(), crash=CRASH, copies=COPIES)  # fmt: skip
    def apple(self, place: int, what: str, is_told: bool, crash: Any, copies: int) -> None:
        self.report("app_store", place, what, is_told, crash, copies)

    def report(
        self, provider: str, place: int, what: str, is_told: bool, crash: Any, copies: int
    ) -> None:
        orders = self.orders(provider)
        if not orders:
            return
        order = orders[place % len(orders)]
        said = payments.HAPPENINGS[provider](self.stage, order, what)
        self.tell(order, said, is_told, crash, copies)
        if said.taken_back is None:
            order.status = "failed"
        else:
            self.model.stand(order, said.taken_back)

    def tell(self, order: Order, said: Said, is_told: bool, crash: Any, copies: int) -> None:
        """A provider tells us, or the buyer does, or both at once."""
        stage = self.stage
        stage.steps += 1

        async def everybody() -> None:
            works: list[Any] = [
                stage.hear(said.name, said.body, said.headers) for _ in range(copies)
            ]
            if is_told and not self.model.accounts[order.buyer].is_deleted:
                path = f"/recharge/orders/{order.id}/confirm"
                mine = stage.ask(self.people[order.buyer], "POST", path, said.proof)
                if copies == 1:
                    [unheard] = works
                    unheard.close()
                    works = []
                works.append(mine)
            for done in await asyncio.gather(*works):
                assert done is None or done[0].status_code == 200, done

        stage.arm(crash)
        try:
            stage.wait(everybody())
        finally:
            stage.disarm()

    @rule(crash=CRASH)
    def work(self, crash: Any) -> None:
        """The worker looks at open orders, and tells Google what was delivered."""

        async def look() -> None:
            for _ in range(TRIES):
                try:
                    await checking.check_due(self.stage.database, self.stage.providers)
                except Unavailable:
                    continue
                return

        self.stage.steps += 1
        self.stage.arm(crash)
        try:
            self.stage.wait(look())
        finally:
            self.stage.disarm()
        for order in self.orders("google_play"):
            # It found by itself what nobody told us: nothing, as the token is the client's.
            assert order.status != "pending" or not order.taken_back

    # --- spending --------------------------------------------------------------------------------

    @rule(sender=PERSON, recipients=st.lists(PERSON, min_size=1, max_size=3, unique=True),
          gift=st.integers(0, len(PRICES) - 1), quantity=st.sampled_from([1, 1, 2, 5]),
          crash=CRASH, copies=COPIES)  # fmt: skip
    def give(self, sender: int, recipients: list[int], gift: int, quantity: int, crash: Any,
             copies: int) -> None:  # fmt: skip
        act = self.giving(self.alive(sender), recipients, gift, quantity)
        self.perform([act], crash, copies)

    @rule(seller=SELLER, to=PERSON, amount=AMOUNT, crash=CRASH, copies=COPIES)
    def transfer(self, seller: int, to: int, amount: int, crash: Any, copies: int) -> None:
        self.perform([self.transferring(self.alive(seller), to, amount)], crash, copies)

    @rule(person=PERSON, share=st.sampled_from([1, 2, 3, 0]), crash=CRASH, copies=COPIES)
    def exchange(self, person: int, share: int, crash: Any, copies: int) -> None:
        person = self.alive(person)
        held = self.model.accounts[person].diamonds
        self.perform([self.exchanging(person, held // share if share else held + 100)], crash,
                     copies)  # fmt: skip

    @rule(moves=st.lists(MOVE, min_size=2, max_size=5), crash=CRASH)
    def at_once(self, moves: list[tuple[str, int, int, int]], crash: Any) -> None:
        """Several acts at the same moment: some are refused, and the model does not know which."""
        acts, leaving = [], []
        played = False
        for kind, person, other, amount in moves:
            person = self.alive(person)
            if kind == "transfer":
                acts.append(self.transferring(self.alive(4 + other % 2), other, amount))
            elif kind == "exchange":
                acts.append(self.exchanging(person, min(amount, 500)))
            elif kind == "approve" and self.model.requests:
                acts.append(self.deciding(self.model.requests[-1], "approve"))
            elif kind == "play" and not played:
                played = True
                order = self.orders("sandbox")[-1 - (other % 3)]
                acts.append(self.playing(order, "refunded" if order.status == "paid" else "paid"))
            elif kind == "delete" and person in (1, 3, 5) and not leaving:
                leaving.append(self.leaving(person))
            elif kind == "gift" and person != other:
                acts.append(self.giving(person, [other], amount % len(PRICES), 1))
        # Whatever succeeded for him, succeeded before he was gone; but for what his provider says,
        # which holds afterwards too, and comes out otherwise then.
        gone = {act.person for act in leaving}
        acts = [act for act in acts if not (act.person in gone and act.path.endswith("/sandbox"))]
        self.perform([*acts, *leaving], crash)

    # --- coin requests ---------------------------------------------------------------------------

    @rule(asker=PERSON, seller=st.sampled_from([4, 5]), amount=AMOUNT,
          days=st.sampled_from([None, None, 1, 7]), crash=CRASH)  # fmt: skip
    def ask(self, asker: int, seller: int, amount: int, days: int | None, crash: Any) -> None:
        self.perform([self.asking(asker, seller, amount, days)], crash)

    @rule(asker=PERSON, seller=st.sampled_from([4, 5]), days=st.sampled_from([1, 1, 7]),
          crash=CRASH)  # fmt: skip
    def lend(self, asker: int, seller: int, days: int, crash: Any) -> None:
        known = len(self.model.requests)
        self.perform([self.asking(asker, seller, 700, days)])
        for request in self.model.requests[known:]:
            self.perform([self.deciding(request, "approve")], crash)

    @rule(place=PLACE, verbs=st.lists(st.sampled_from(["approve", "approve", "reject", "cancel",
                                                       "settle"]), min_size=1, max_size=3),
          crash=CRASH, copies=COPIES)  # fmt: skip
    def decide(self, place: int, verbs: list[str], crash: Any, copies: int) -> None:
        requests = self.model.requests[::-1]
        if not requests:
            return
        request = requests[place % len(requests)]
        acts = [self.deciding(request, verb) for verb in dict.fromkeys(verbs)]
        self.perform(acts, crash, copies if len(acts) == 1 and acts[0].key else 1)

    # --- everything else -------------------------------------------------------------------------

    @rule(place=st.integers(0, 30), is_changed=st.booleans(), crash=CRASH)
    def repeat(self, place: int, is_changed: bool, crash: Any) -> None:
        """An old request comes again under its key, as it was or changed."""
        if not self.answered:
            return
        act, first = self.answered[::-1][place % len(self.answered)]
        if self.model.accounts[act.person].is_deleted:
            return
        path = "/wallet/exchange" if is_changed else act.path
        body = {"diamonds": "0.77"} if is_changed else act.body
        self.stage.arm(crash)
        try:
            again, _ = self.stage.wait(
                self.stage.ask(self.people[act.person], "POST", path, body, act.key)
            )
        finally:
            self.stage.disarm()
        if is_changed:
            assert again.json()["code"] == "idempotency.key_reused"
        else:
            assert (again.status_code, again.text) == (first.status_code, first.text)
            assert again.headers["idempotent-replayed"] == "true"

    @rule(person=PERSON, other=PERSON, is_on=st.sampled_from([True, False, False]))
    def block(self, person: int, other: int, is_on: bool) -> None:
        if person == other or any(self.model.accounts[n].is_deleted for n in (person, other)):
            return
        path = f"/users/{self.people[other].id}/block"
        answer, _ = self.stage.wait(
            self.stage.ask(self.people[person], "PUT" if is_on else "DELETE", path)
        )
        assert answer.status_code == 204, answer.text
        (self.model.blocks.add if is_on else self.model.blocks.discard)((person, other))

    @rule(days=st.sampled_from([1, 2, 8]))
    def pass_time(self, days: int) -> None:
        self.stage.pass_time(days)

    @rule(person=st.sampled_from([1, 3, 5, 6]), crash=CRASH)
    def delete(self, person: int, crash: Any) -> None:
        self.perform([self.leaving(person)], crash)

    @invariant()
    def adds_up(self) -> None:
        if not self.people:
            return
        found = self.stage.prove([person.id for person in self.people])
        for number, person in enumerate(self.people):
            assert min(found[person.id][:3]) >= 0
            assert found[person.id] == self.model.accounts[number].shown, f"person {number}"


async def test_whatever_happens_the_money_adds_up(
    world: World,
    settings: Settings,
    addresses: Addresses,
    fault: Fault,
    stripe: PlayedStripe,
    google: PlayedGooglePlay,
    apple: PlayedAppStore,
) -> None:
    providers = Providers(settings)
    database = Database(addresses.serving, size=4, application_name="flylive-worker")
    played = Played(stripe, google, apple)
    stage = Money.stage = Stage(world, database, addresses, fault, providers, played)
    stage.sell()
    machine = Money if SEED is None else seed(int(SEED))(Money)
    # A line for each request would take as long as the request.
    logs = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        await asyncio.to_thread(
            run_state_machine_as_test,
            machine,
            settings=hypothesis_settings(
                max_examples=SEQUENCES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    finally:
        logging.disable(logging.NOTSET)
        structlog.configure(**logs)
        stage.close()
        await providers.close()
        await database.close()
        print(
            f"{stage.sequences} sequences, {stage.steps} steps, {stage.answers} answers,"
            f" {stage.broken} connections broken, refusals: {sorted(stage.refusals)}"
        )
    assert stage.sequences >= min(SEQUENCES, 10)
    assert stage.broken > 0
