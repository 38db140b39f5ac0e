"""What all sequences of the machine share: the app, breakable, and people whom nobody knows yet."""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import psycopg
import pytest

from flylive import clock
from flylive.database import Database
from flylive.database.partitions import add_months, list_partitions
from flylive.fairness.seeds import COMMIT_FOR_EVERYBODY
from flylive.wallet import proof
from flylive.wallet.proving import accounts
from flylive.wallet.proving.marks import Marks
from flylive.wallet.recharge.providers import Providers
from tests.conftest import Addresses
from tests.rooms.crowd import crowd
from tests.wallet.machine.faults import Fault, Kind
from tests.wallet.machine.model import LEVELS
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import Person, World

T = TypeVar("T")

PRODUCT = "coins_67"
COINS, BONUS = 60, 7
PRICES = (1, 333, 1700, 555)
"""Of the gifts, in hundredths; the last one is lucky."""
WINS = ("0", "1.33")
TRIES = 40
PATIENCE_SECONDS = 60
VACUUM_EVERY = 25
MARKS_SEED = 9
_CATALOGUE = frozenset(
    {"users", "personal_access_tokens", "levels", "gifts", "gift_odds", "recharge_packages"}
)
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname
"""


@dataclass(frozen=True)
class Played:
    """The providers."""

    stripe: PlayedStripe
    google: PlayedGooglePlay
    apple: PlayedAppStore


class Stage:
    """Hands for the machine's thread; the app lives in the loop of the test's own."""

    def __init__(
        self,
        world: World,
        database: Database,
        addresses: Addresses,
        fault: Fault,
        providers: Providers,
        played: Played,
    ) -> None:
        self.world, self.database, self.fault = world, database, fault
        self.providers, self.played = providers, played
        self.loop = asyncio.get_running_loop()
        self.time = ExitStack()
        self.fresh: list[Person] = []
        self.sequences = self.steps = self.broken = self.answers = 0
        self.refusals: set[str] = set()
        # One seed for all questions, so that the server plans each of them once.
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr(Marks, "__init__", lambda marks: setattr(marks, "seed", MARKS_SEED))
        self.prover = psycopg.connect(addresses.owner)
        accounts.prepare(self.prover)
        self.prover.commit()
        self.prover.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self.cleaner = psycopg.connect(addresses.superuser, autocommit=True)
        self.cleaner.execute("SET session_replication_role = replica")
        self._leave_two_months()
        tables = [name for (name,) in self.cleaner.execute(_TABLES).fetchall()]
        # What a migration put there belongs to the schema.
        self.swept = [
            name
            for name in tables
            if name not in _CATALOGUE
            and self.cleaner.execute(f'SELECT 1 FROM "{name}" LIMIT 1'.encode()).fetchone() is None
        ]

    def _leave_two_months(self) -> None:
        """Plans over fewer partitions are made sooner, and no sequence lasts longer."""
        this = clock.now().date().replace(day=1)
        for partition in list_partitions(self.cleaner):
            if partition.month not in (None, this, add_months(this, 1)):
                table, name = partition.table, partition.name
                self.cleaner.execute(f'ALTER TABLE "{table}" DETACH PARTITION "{name}"'.encode())
                self.cleaner.execute(f'DROP TABLE "{name}"'.encode())

    def close(self) -> None:
        """Close what was opened, and set the clock right."""
        self.time.close()
        self.patched.undo()
        self.prover.close()
        self.cleaner.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the app's loop do it, from the machine's thread; who hangs is told with his stack."""
        doing = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return doing.result(PATIENCE_SECONDS)
        except TimeoutError:
            for task in asyncio.all_tasks(self.loop):
                task.print_stack(file=sys.stdout)
            raise

    def sell(self) -> None:
        """The catalogue: a package, gifts and levels, the same in all sequences."""
        self.package = self.world.package(COINS, BONUS)
        self.world.sql(
            "UPDATE recharge_packages SET google_product_id = %s, apple_product_id = %s",
            PRODUCT,
            PRODUCT,
        )
        odds = ", ".join(f'{{"weight": 1, "multiplier": "{win}"}}' for win in WINS)
        lucky = {"category": "lucky", "lucky_odds": f'{{"entries": [{odds}], "total": 2}}'}
        self.gifts = [
            self.world.gift(f"{price / 100:.2f}", **(lucky if price == PRICES[-1] else {}))
            for price in PRICES
        ]
        for number, (xp, reward) in enumerate(((0, 0), *LEVELS), 1):
            for kind in ("wealth", "charm"):
                self.world.sql(
                    "INSERT INTO levels (name, type, level_number, required_xp, coin_reward,"
                    " diamond_reward) VALUES (%s, %s, %s, %s, %s, %s)",
                    f"{kind} {number}",
                    kind,
                    number,
                    xp,
                    reward,
                    reward,
                )

    def people(self, count: int, *, members: set[int], owner: int, sellers: set[int]
               ) -> list[Person]:  # fmt: skip
        """People who have done nothing yet, over tables that hold nothing but them."""
        if len(self.fresh) < count:
            self.fresh = self.wait(crowd(self.world, 30 * count))
        taken, self.fresh = self.fresh[:count], self.fresh[count:]
        ids = [person.id for person in taken]
        self._sweep(ids)
        with self.cleaner.transaction():
            self.cleaner.execute(COMMIT_FOR_EVERYBODY.encode())
            [(agency,)] = self.cleaner.execute(
                "INSERT INTO agencies (name, owner_id, member_count, commission_rate)"
                " VALUES (%s, %s, %s, 33.33) RETURNING id",
                (f"Agency {ids[owner]}", ids[owner], len(members)),
            )
            self.cleaner.execute(
                "UPDATE users SET agency_id = %s, agency_joined_at = now() WHERE id = ANY(%s)",
                (agency, [ids[number] for number in members]),
            )
            self.cleaner.execute(
                "INSERT INTO resellers (user_id) SELECT unnest(%s::bigint[])",
                ([ids[number] for number in sellers],),
            )
        return taken

    def _sweep(self, ids: list[int]) -> None:
        self.time.close()
        waiting = [person.id for person in self.fresh]
        script = "; ".join(f'DELETE FROM "{name}"' for name in self.swept)
        self.cleaner.execute(script.encode())
        keep = (ids + waiting,)
        self.cleaner.execute(
            "DELETE FROM personal_access_tokens WHERE tokenable_id <> ALL(%s)", keep
        )
        self.cleaner.execute("DELETE FROM users WHERE id <> ALL(%s)", keep)
        if self.sequences % VACUUM_EVERY == 0:
            self.cleaner.execute("VACUUM ANALYZE")

    def pass_time(self, days: int) -> None:
        """Turn the clock on; it runs as ever when the next sequence begins."""
        self.time.enter_context(clock.turned_to(clock.now() + timedelta(days=days)))

    async def ask(
        self, person: Person, method: str, path: str, body: Any = None, key: str | None = None
    ) -> tuple[httpx.Response, bool]:
        """A request, asked again while the platform says 503; and whether it was."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        if key is not None:
            options["headers"] = {"Idempotency-Key": key}
        for attempt in range(TRIES):
            answer = await self.world.call(method, path, person, **options)
            self.answers += 1
            if answer.status_code != 503:
                assert answer.status_code < 500, answer.text
                return answer, attempt > 0
            assert int(answer.headers["retry-after"]) > 0
        raise AssertionError("the database came back, and the answer did not")

    async def hear(self, name: str, body: bytes, headers: dict[str, str]) -> None:
        """A message to the webhook of this name, sent again until it is taken."""
        for _ in range(TRIES):
            address = f"/v1/webhooks/{name}"
            answer = await self.world.client.post(address, content=body, headers=headers)
            self.answers += 1
            if answer.status_code == 204:
                return
            assert answer.status_code == 503, answer.text
        raise AssertionError("the message was never taken")

    def arm(self, crash: tuple[Kind, int] | None) -> None:
        """Let the connection break at the statement with this number, if any."""
        self.fault.hits = 0
        if crash is not None:
            self.fault.arm(*crash)

    def disarm(self) -> None:
        """Break nothing any more."""
        self.fault.disarm()
        self.broken += self.fault.hits

    def prove(self, ids: list[int]) -> dict[int, tuple[Any, ...]]:
        """Every promise of the money holds; accounts by user id, as they stand in the database."""
        said: list[str] = []
        try:
            bad = proof.check(self.prover, said.append)
            assert bad == 0, "\n".join(said)
            rows = self.prover.execute(
                "SELECT id, coin_balance, diamond_balance, coin_debt, wealth_xp, charm_xp"
                " FROM users WHERE id = ANY(%s)",
                (ids,),
            ).fetchall()
        finally:
            self.prover.rollback()
        return {row[0]: row[1:] for row in rows}
