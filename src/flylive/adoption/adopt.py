"""The adoption itself, from the first look to the commit."""

import time
from collections.abc import Callable

import psycopg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from flylive.adoption import prepare, workshop
from flylive.adoption.carry import Carrier, drop_views, make_views
from flylive.adoption.catalogue import (
    Column,
    Connection,
    read_definitions,
    read_keys,
    read_tables,
)
from flylive.adoption.errors import CannotAdopt
from flylive.adoption.plans import Plan, boards, catalogues, money, people, rooms
from flylive.adoption.report import Report, compare
from flylive.adoption.survey import ASIDE_SCHEMA, LEFT_ASIDE, Survey, look
from flylive.clock import business_day, now, render
from flylive.config import Settings
from flylive.database import migrate
from flylive.database.partitions import ensure_partitions, list_partitions
from flylive.fairness.seeds import COMMIT_FOR_EVERYBODY
from flylive.gifts.walls import COUNT_HISTORY
from flylive.wallet import proof
from flylive.wallet.book import open_adopted

PLANS: tuple[Plan, ...] = (
    *catalogues.PLANS,
    *people.BEFORE,
    *rooms.PLANS,
    *people.AFTER,
    *money.PLANS,
    rooms.MESSAGES,
    boards.RANKINGS,
)
"""Every table that is carried, behind those that its rows refer to."""

EVIDENCE = ("transactions", "gift_transactions", "agency_earnings")

Say = Callable[[str], None]

# What a row of the old ledger moved: the balances that it names, before and after. Of a gift the
# other side is in diamonds, as everything that a recipient earns; else it is in the row's currency.
_ACCOUNTS = """
    INSERT INTO adopted_accounts (user_id, coin_balance, diamond_balance, total_spent,
                                  total_received, ledger_coins, ledger_diamonds, adopted_at)
    WITH moved AS (
        SELECT user_id, currency_type, user_balance_after - user_balance_before AS amount
        FROM old_transactions
        WHERE COALESCE(status, 'completed') = 'completed' AND deleted_at IS NULL
        UNION ALL
        SELECT beneficiary_id, CASE WHEN lower(btrim(type)) = 'gift' THEN 2 ELSE currency_type END,
               beneficiary_balance_after - beneficiary_balance_before
        FROM old_transactions
        WHERE COALESCE(status, 'completed') = 'completed' AND deleted_at IS NULL
          AND beneficiary_id IS NOT NULL
    ), ledger AS (
        SELECT user_id, sum(amount) FILTER (WHERE currency_type = 1) AS coins,
               sum(amount) FILTER (WHERE currency_type = 2) AS diamonds
        FROM moved GROUP BY user_id
    )
    SELECT u.id, COALESCE(o.coin_balance, 0), COALESCE(o.diamond_balance, 0),
           COALESCE(o.total_spent, 0), COALESCE(o.total_received, 0),
           COALESCE(l.coins, 0), COALESCE(l.diamonds, 0), now()
    FROM users u JOIN old_users o ON o.id = u.id LEFT JOIN ledger l ON l.user_id = u.id
"""
_DIFFERING = """
    SELECT a.user_id, b.currency, b.balance, b.ledger FROM adopted_accounts a
    CROSS JOIN LATERAL (VALUES ('coins', a.coin_balance, a.ledger_coins),
                               ('diamonds', a.diamond_balance, a.ledger_diamonds))
         AS b (currency, balance, ledger)
    WHERE b.balance <> b.ledger ORDER BY abs(b.balance - b.ledger) DESC, a.user_id
"""


def adopt(
    settings: Settings,
    serving_role: str | None,
    *,
    in_earnest: bool,
    timezone: str,
    say: Say,
    wants_all: bool = False,
) -> Report:
    """Take the owner's database over, or try it and roll back.

    `timezone` is the one that Laravel's timestamps are in. `wants_all`: the report names every
    row and not only examples. Raises CannotAdopt; then nothing has changed.
    """
    try:
        with migrate.connected(settings.owner_dsn) as connection:
            driver = migrate.driver_of(connection)
            if not in_earnest:
                # One moment of a database that goes on living beside.
                driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.begin() as transaction:
                work = _Adoption(driver, settings, timezone, say, in_earnest, wants_all)
                work.prepare()
                migrate.upgrade(connection)
                work.carry_all()
                warning = migrate.role_warning(driver, serving_role)
                if in_earnest:
                    migrate.finish(connection, serving_role)
                report = work.prove()
                report.warnings += [warning] if warning is not None else []
                if not in_earnest:
                    transaction.rollback()
        return report
    except DBAPIError as error:
        raise CannotAdopt(f"{error.orig}\nNothing has changed.") from error
    except (psycopg.Error, CommandError) as error:
        raise CannotAdopt(f"{error}\nNothing has changed.") from error


class _Adoption:
    """One run, within the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        timezone: str,
        say: Say,
        in_earnest: bool,
        wants_all: bool,
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.timezone = timezone
        self.say = say
        self.in_earnest = in_earnest
        self.wants_all = wants_all
        self.old_schema = ASIDE_SCHEMA if in_earnest else "public"
        self.new_schema = "public" if in_earnest else workshop.TRIAL_SCHEMA
        self.started = time.monotonic()
        self.report = Report(in_earnest, timezone, Survey({}, [], {}, [], [], [], [], []))

    def prepare(self) -> None:
        """Look, lock, and make room for the new tables."""
        workshop.tune(self.connection)
        self._set("search_path", "public")
        survey = look(self.connection)
        survey.check()
        self.report.survey = survey
        if not self.in_earnest:
            self.connection.execute(f"CREATE SCHEMA {self.new_schema}".encode())
            self._set("search_path", f"{self.new_schema}, public")
            return
        if survey.sessions:
            raise CannotAdopt(
                "Others are connected who could write while nobody expects it, or would go on"
                " writing as if these were still Laravel's tables:\n  "
                + "\n  ".join(survey.sessions)
                + "\nStop Laravel, its queue workers and its scheduler, and try again."
            )
        self._lock(list(survey.tables))
        workshop.set_aside(self.connection, self.old_schema, [*survey.tables, *survey.partitions])

    def _lock(self, tables: list[str]) -> None:
        names = ", ".join(f"public.{table}" for table in tables)
        try:
            self.connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE".encode())
        except psycopg.errors.LockNotAvailable as error:
            raise CannotAdopt(
                "Somebody is using the tables: stop Laravel, its queue workers and its scheduler,"
                " and try again. Nothing has changed."
            ) from error

    def carry_all(self) -> None:
        """Fill the new tables, which have just been made."""
        connection, survey = self.connection, self.report.survey
        new = read_tables(connection, self.new_schema)
        keys = read_keys(connection, self.new_schema)
        self._compare(new)
        self._check_names()
        # A moment without a zone is read in the session's.
        self._set("timezone", self.timezone)
        self._set("flylive.today", business_day(now(), self.settings.timezone).isoformat())
        self._set("flylive.moderators_per_room", str(self.settings.moderators_per_room))
        make_views(connection, self.old_schema, survey.tables)
        self.report.partitions = workshop.make_month_partitions(connection)
        self.report.partitions += ensure_partitions(connection).made
        workshop.set_sequences(connection, self.old_schema, {plan.table: {} for plan in PLANS})
        put_back = workshop.strip(connection, self.new_schema)
        self._work_tables()
        carrier = Carrier(connection, survey.tables, new, keys, wants_all=self.wants_all)
        for plan in PLANS:
            carried = carrier.carry(plan)
            self.report.carried.append(carried)
            self.say(
                f"{plan.table:<24} {carried.after:>12,} rows"
                f" {f'({carried.left:,} left behind)' if carried.left else '':<24}"
                f" {carried.seconds:8.1f} s"
            )
        self._open_accounts()
        for table in LEFT_ASIDE:
            if table in survey.tables:
                self.report.aside[table] = self._count(f"old_{table}")
        drop_views(connection)
        self._set("timezone", "UTC")
        started = time.monotonic()
        for statement in put_back:
            connection.execute(statement.encode())
        self.say(f"{'indexes and keys':<24} {len(put_back):>12,}      {'':<24}"
                 f" {time.monotonic() - started:8.1f} s")  # fmt: skip

    def _work_tables(self) -> None:
        prepare.country_codes(self.connection)
        prepare.phone_numbers(self.connection)
        prepare.signatures(self.connection)
        self.report.hashed, seconds = prepare.room_passwords(
            self.connection, in_earnest=self.in_earnest
        )
        if self.report.hashed:
            did = "hashed," if self.in_earnest else "to be hashed with --apply, about"
            self.say(f"{self.report.hashed:,} passwords of rooms {did} {seconds:.0f} s")
        prepare.room_sums(
            self.connection, business_day(now(), self.settings.timezone), self.settings.timezone
        )

    def _open_accounts(self) -> None:
        self.connection.execute(_ACCOUNTS)
        self.connection.execute(COMMIT_FOR_EVERYBODY.encode())
        self.connection.execute(COUNT_HISTORY.encode())
        self.report.opened = open_adopted(self.connection)
        for table in EVIDENCE:
            self.connection.execute(
                f"INSERT INTO adopted_tables (table_name, rows, adopted_at)"
                f" SELECT '{table}', count(*), now() FROM {table} WHERE is_adopted".encode()
            )
        differing = self.connection.execute(_DIFFERING).fetchall()
        self.report.differing_users = len({row[0] for row in differing})
        self.report.differing = [
            {
                "user_id": user_id,
                "currency": currency,
                "balance": str(balance),
                "ledger": str(ledger),
                "difference": str(balance - ledger),
            }
            for user_id, currency, balance, ledger in differing
        ]

    def prove(self) -> Report:
        """Run the proof of the money over what is to be committed."""
        report = self.report
        bad = proof.check(self.connection, report.proof.append)
        row = self.connection.execute("SELECT now()").fetchone()
        assert row is not None
        report.adopted_at = render(row[0])
        report.warnings += [
            f"{partition.name} holds {partition.rows} rows of months before 2000 or far ahead"
            for partition in list_partitions(self.connection)
            if partition.month is None and partition.rows
        ]
        report.seconds = time.monotonic() - self.started
        if bad:
            raise CannotAdopt(
                "The adopted money does not add up, which is a fault of ours; please report it."
                " Nothing has changed.\n" + "\n".join(report.proof)
            )
        return report

    def _compare(self, new: dict[str, dict[str, Column]]) -> None:
        old_words = read_definitions(self.connection, self.old_schema)
        new_words = read_definitions(self.connection, self.new_schema)
        for plan in PLANS:
            table = plan.table
            self.report.changed[table] = compare(
                self.report.survey.tables.get(table, {}),
                new[table],
                old_words.get(table, set()),
                new_words.get(table, set()),
            )

    def _check_names(self) -> None:
        """Raises CannotAdopt where a name of ours is taken by something that is not the seed's.

        In earnest the versions could not have been run; a dry run makes them elsewhere.
        """
        if self.in_earnest:
            return
        taken = self.connection.execute(
            """
            SELECT c.relname FROM pg_class c
            LEFT JOIN pg_index i ON i.indexrelid = c.oid
            LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S'
                AND d.refclassid = 'pg_class'::regclass
            JOIN pg_class n ON n.relname = c.relname
                AND n.relnamespace = to_regnamespace(%(new)s)
            LEFT JOIN pg_class t ON t.oid = COALESCE(i.indrelid, d.refobjid, c.oid)
            WHERE c.relnamespace = 'public'::regnamespace AND t.relname <> ALL (%(seed)s)
            ORDER BY 1
            """,
            {
                "new": self.new_schema,
                "seed": [*self.report.survey.tables, *self.report.survey.partitions],
            },
        ).fetchall()
        if taken:
            names = ", ".join(name for (name,) in taken)
            raise CannotAdopt(
                f"Names that ours need are taken in public by something else: {names}. Rename it,"
                " or move it to another schema."
            )

    def _count(self, table: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])

    def _set(self, name: str, value: str) -> None:
        self.connection.execute("SELECT set_config(%s, %s, true)", (name, value))
