"""After the adoption: every row and column, the very schema, the proof, and what stands aside."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from flylive.accounts import passwords
from flylive.database.migrate import migrate
from flylive.database.partitions import PARTITIONED, list_partitions
from flylive.wallet.proof import INVARIANTS, check
from tests.adoption.compare import unexplained
from tests.adoption.conftest import Adopted, adopt
from tests.adoption.fingerprint import fingerprint
from tests.adoption.laravel import FACTS
from tests.conftest import SERVING, Addresses
from tests.schema.catalogue import read_columns, read_constraints, read_indexes
from tests.schema.conftest import empty

__all__ = ["empty"]

BESIDE = {"cache_locks", "migrations", "telescope_entries", "user_notes", "rich_users"}
pytestmark = pytest.mark.usefixtures("adopted")


@pytest.fixture
def owner(addresses: Addresses) -> Any:
    """The owner's connection, rolled back behind each test."""
    with psycopg.connect(addresses.owner) as connection:
        yield connection
        connection.rollback()


def test_no_value_became_another_without_a_word(addresses: Addresses, adopted: Adopted) -> None:
    assert list(unexplained(addresses, adopted.report)) == []


def test_no_row_is_lost(owner: psycopg.Connection[Any], adopted: Adopted) -> None:
    counted = 0
    for table in FACTS["tables"]:
        (before,) = owner.execute(f"SELECT count(*) FROM laravel.{table}".encode()).fetchone()  # type: ignore[misc]
        if table in adopted.report["left_aside"]:
            assert adopted.report["left_aside"][table]["rows"] == before
            continue
        told = adopted.report["tables"][table]
        (after,) = owner.execute(f"SELECT count(*) FROM public.{table}".encode()).fetchone()  # type: ignore[misc]
        opened = adopted.report["ledger"]["accounts_opened"] if table == "transactions" else 0
        assert told["rows_before"] == before
        assert told["rows_after"] + opened == after
        left = [d for d in adopted.report["left_behind"] if d["table"] == table]
        assert sum(d["rows"] for d in left) == told["rows_left_behind"]
        assert before + told["rows_added"] == told["rows_after"] + told["rows_left_behind"]
        counted += before
    assert counted > 100


def test_the_trial_said_what_the_adoption_did(adopted: Adopted) -> None:
    def told(report: dict[str, Any]) -> dict[str, Any]:
        report = report | {
            "tables": {name: table | {"seconds": 0} for name, table in report["tables"].items()},
            "decisions": [
                decision
                | {
                    "examples": [
                        # A new signature is drawn anew, and a missing moment is the adoption's.
                        {"id": example["id"], "found": example.get("found")}
                        for example in decision["examples"]
                    ]
                }
                for decision in report["decisions"]
            ],
        }
        for volatile in ("applied", "seconds", "adopted_at", "proof"):
            report.pop(volatile)
        return report

    assert told(adopted.trial) == told(adopted.report)


def test_the_schema_is_that_of_a_fresh_database(
    owner: psycopg.Connection[Any], empty: Addresses
) -> None:
    migrate(empty.owner, SERVING)
    with psycopg.connect(empty.owner) as fresh:
        ours = {name: c for name, c in read_columns(owner).items() if name not in BESIDE}
        assert ours == read_columns(fresh)
        assert {c for c in read_constraints(owner) if c.table not in BESIDE} == set(
            read_constraints(fresh)
        )
        assert {n: i for n, i in read_indexes(owner).items() if i.table not in BESIDE} == (
            read_indexes(fresh)
        )
        assert _relations(owner) == _relations(fresh)


def _relations(connection: psycopg.Connection[Any]) -> set[tuple[Any, ...]]:
    """Kind, storage and rights of what is not a partition, indexes' own definitions with them."""
    return set(
        connection.execute(
            """
            SELECT c.relname, c.relkind, c.relpersistence, c.reloptions::text, c.relacl::text,
                   CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END,
                   i.indisvalid
            FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '_y\\d{4}m\\d\\d'
              AND c.relname !~ '^(cache_locks|migrations|telescope_entries|user_notes|rich_users)'
            """
        ).fetchall()
    )


def test_alembic_finds_nothing_to_do(addresses: Addresses) -> None:
    assert migrate(addresses.owner, SERVING).warnings == []


def test_the_money_adds_up(owner: psycopg.Connection[Any], adopted: Adopted) -> None:
    said: list[str] = []
    assert check(owner, said.append) == 0, said
    assert len(adopted.report["proof"]) == len(INVARIANTS)


def test_each_account_opens_with_what_was_found(
    owner: psycopg.Connection[Any], adopted: Adopted
) -> None:
    opened = owner.execute(
        "SELECT user_id, currency_type, amount, user_balance_before, user_balance_after"
        " FROM transactions WHERE type = 'opening_balance' ORDER BY user_id, currency_type"
    ).fetchall()
    assert opened == [
        (user, currency, amount, 0, amount)
        for user, currency, amount in (
            (1, 1, Decimal("1234.50")), (1, 2, Decimal("20.00")), (2, 1, Decimal("10.00")),
            (2, 2, Decimal("500.25")), (3, 2, Decimal("50.00")), (6, 1, Decimal("7.77")),
        )
    ]  # fmt: skip
    assert adopted.report["ledger"]["accounts_opened"] == 6
    assert adopted.report["ledger"]["differences"] == [
        {"user_id": 2, "currency": "diamonds", "balance": "500.25", "ledger": "30.00",
         "difference": "470.25"},
        {"user_id": 3, "currency": "diamonds", "balance": "50.00", "ledger": "0.00",
         "difference": "50.00"},
        {"user_id": 1, "currency": "diamonds", "balance": "20.00", "ledger": "0.00",
         "difference": "20.00"},
        {"user_id": 2, "currency": "coins", "balance": "10.00", "ledger": "0.00",
         "difference": "10.00"},
    ]  # fmt: skip


BECAME: list[tuple[str, int, dict[str, Any]]] = [
    ("users", 1, {"email": "Amal@example.com", "signature": "100001", "wealth_level_id": 2,
                  "coin_balance": Decimal("1234.50"), "total_spent": Decimal("765.50")}),
    ("users", 2, {"country": "AE", "phone": "+971501234568", "agency_id": 1,
                  "agency_role": "moderator", "charm_level_id": 5}),
    ("users", 3, {"country": "PK", "agency_id": 1, "agency_role": "admin", "is_blocked": False}),
    ("users", 4, {"email": None, "phone": None, "password": "!", "gender": 3, "country": "ZZ",
                  "coin_balance": 0, "social_provider": None, "is_blocked": True,
                  "wealth_level_id": 1, "charm_level_id": 5}),
    ("users", 5, {"name": "User 100005", "email": None, "phone": None, "country": "GB",
                  "gender": 3, "agency_role": "member", "blocked_at": None, "password": "!"}),
    ("users", 6, {"email": "farid@example.com", "agency_id": None, "phone": "+4930123456"}),
    ("users", 7, {"email": "farid@EXAMPLE.com", "phone": "+4930123456", "country": "DE",
                  "agency_role": "moderator", "social_provider": None}),
    ("agencies", 1, {"status": "active", "member_count": 3, "member_limit": 3}),
    ("agencies", 2, {"status": "inactive", "name": "STARS #2", "commission_rate": 100}),
    ("agencies", 3, {"status": "inactive", "member_count": 0}),
    ("levels", 1, {"required_xp": 0, "coin_reward": 0, "frame_rewards": None, "privileges": None}),
    ("levels", 3, {"frame_rewards": [1], "is_active": True}),
    ("themes", 1, {"is_default": True}), ("themes", 2, {"is_default": False}),
    ("frame_user", 1, {"is_active": False}), ("frame_user", 2, {"is_active": True}),
    ("badges", 1, {"is_active": True}),
    ("badges", 2, {"is_active": False, "requirements": {"laravel": ["gifts", 5]}}),
    ("recharge_packages", 1, {"currency": "USD", "country_restrictions": ["AE", "PK"]}),
    ("recharge_packages", 3, {"is_active": False, "country_restrictions": None}),
    ("recharge_packages", 4, {"is_active": True, "country_restrictions": None}),
    ("gifts", 2, {"price": Decimal("0.01"), "is_active": False}),
    ("gifts", 3, {"is_active": False, "category": "lucky", "rarity": "epic"}),
    ("gifts", 4, {"vip_level_required": 1, "rarity": "common"}),
    ("gifts", 5, {"country_specific": "AE", "category": "country"}),
    ("gifts", 6, {"category": "normal"}),
    ("rooms", 1, {"password": None, "participant_count": 0, "room_level": 2,
                  "daily_coins_spent": 0}),
    ("rooms", 3, {"name": "TEA HOUSE #3", "password": "!", "status": "inactive"}),
    ("rooms", 4, {"status": "inactive", "type": "private"}),
    ("room_participants", 2, {"seat_number": 1, "is_active": False, "is_muted": True}),
    ("user_levels", 2, {"is_active": True}),
    ("messages", 1, {"seq": 2}), ("messages", 2, {"seq": 1}), ("messages", 6, {"seq": 1}),
    ("messages", 3, {"seq": 1, "is_read": True}), ("messages", 4, {"seq": 2, "is_read": True}),
    ("gift_transactions", 1, {"agency_id": 1, "commission_rate": 10, "price": 10, "batch_id": 1,
                              "sent_at": datetime(2024, 1, 31, 19, 30, tzinfo=UTC)}),
    ("gift_transactions", 2, {"agency_id": None, "total_cost": 30, "recipient_earnings": 30}),
    ("agency_earnings", 1, {"source_id": 1,
                            "source_date": datetime(2024, 1, 31, 19, 30, tzinfo=UTC)}),
    ("agency_earnings", 2, {"source_id": 2, "source_date": None}),
    ("agency_earnings", 4, {"source_id": 1, "source_date": None}),
    ("transactions", 1, {"direction": 2, "type": "purchase", "metadata": {"order": "A-1"}}),
    ("transactions", 2, {"direction": 1, "metadata": {"laravel": [1, 2]}}),
    ("transactions", 5, {"currency_type": 3, "status": "pending"}),
    ("coin_requests", 2, {"credit_days": 1, "settled_at": None,
                          "due_at": datetime(2024, 1, 2, 20, tzinfo=UTC)}),
    ("personal_access_tokens", 7, {"tokenable_type": "App\\Models\\User"}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "id", "columns"), BECAME)
def test_what_became_of_it(
    owner: psycopg.Connection[Any], table: str, id: int, columns: dict[str, Any]
) -> None:
    row = owner.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE id = %s".encode(), (id,)
    ).fetchone()
    assert row is not None
    assert dict(zip(columns, row, strict=True)) == columns


def test_new_signatures_are_digits(owner: psycopg.Connection[Any]) -> None:
    (signature,) = owner.execute("SELECT signature FROM users WHERE id = 3").fetchone()  # type: ignore[misc]
    assert signature.isdigit()
    assert len(signature) == 9


async def test_room_passwords_are_hashes_now(owner: psycopg.Connection[Any]) -> None:
    rows = dict(owner.execute("SELECT id, password FROM rooms").fetchall())
    assert rows[2].startswith("$argon2id$")
    assert (await passwords.verify("open sesame", rows[2])).is_right
    assert not (await passwords.verify("open sesam", rows[2])).is_right
    assert not any("sesame" in str(row) for row in owner.execute("SELECT * FROM rooms"))


def test_moderators_identities_and_counters_follow(owner: psycopg.Connection[Any]) -> None:
    def read(query: str) -> list[tuple[Any, ...]]:
        return owner.execute(query.encode()).fetchall()

    assert read("SELECT room_id, user_id FROM room_moderators ORDER BY 2") == [(1, 1), (1, 5)]
    assert read("SELECT user_id, provider, provider_id FROM user_identities") == [
        (1, "google", "g-1")
    ]
    assert read("SELECT room_id, seq FROM room_message_counters ORDER BY 1") == [(1, 2), (2, 1)]
    assert read("SELECT user_id, level_id FROM user_levels WHERE is_active ORDER BY 1, 2") == [
        (1, 2), (2, 2), (2, 5), (2, 8), (4, 5), (5, 3),
    ]  # fmt: skip


def test_months_have_partitions_of_their_own(owner: psycopg.Connection[Any]) -> None:
    strays = {p.table: p.rows for p in list_partitions(owner) if p.month is None}
    # A clock that stood at 1970, and one at 1999.
    assert strays == {"transactions": 1, "gift_transactions": 1}
    for table in PARTITIONED:
        names = {p.name for p in list_partitions(owner) if p.table == table}
        assert f"{table}_y2024m01" in names
    homes = owner.execute("SELECT tableoid::regclass::text FROM transactions WHERE id = 6")
    assert homes.fetchall() == [("transactions_y2030m12",)]


def test_ids_go_on_behind_the_old_ones(owner: psycopg.Connection[Any]) -> None:
    for table in FACTS["tables"]:
        if table in ("jobs", "failed_jobs") or "id" not in FACTS["tables"][table]["columns"]:
            continue
        found = owner.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()
        if found is None or found[0] is None or table == "phone_reset_tokens":
            continue
        (given,) = owner.execute(  # type: ignore[misc]
            f"SELECT last_value FROM laravel.{table}_id_seq".encode()
        ).fetchone()
        (after,) = owner.execute("SELECT nextval(%s)", found).fetchone()  # type: ignore[misc]
        assert after > given, table


def test_the_old_tables_stand_aside_and_nobody_else_reads_them(
    owner: psycopg.Connection[Any], addresses: Addresses
) -> None:
    assert owner.execute("SELECT payload FROM laravel.jobs").fetchone() == (
        '{"job": "App\\\\Jobs\\\\Pay"}',
    )
    assert owner.execute("SELECT referral_code FROM laravel.users WHERE id = 1").fetchone() == (
        "REF1",
    )
    assert owner.execute("SELECT count(*) FROM migrations").fetchone() == (2,)
    assert owner.execute("SELECT note FROM user_notes").fetchone() == ("likes tea",)
    with (
        psycopg.connect(addresses.serving) as serving,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        serving.execute("SELECT password FROM laravel.rooms")


def test_nobody_who_serves_may_call_a_row_adopted(addresses: Addresses) -> None:
    """He can write such a row; the proof names it, and what it is held against is not his."""
    with psycopg.connect(addresses.serving) as serving:
        for table in ("adopted_tables", "adopted_accounts"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), serving.transaction():
                serving.execute(f"DELETE FROM {table}".encode())
        serving.execute(
            "INSERT INTO transactions (user_id, type, direction, currency_type, amount,"
            " user_balance_before, user_balance_after, is_adopted)"
            " VALUES (1, 'made up', 2, 1, 5, -5, 99, true)"
        )
        said: list[str] = []
        assert check(serving, said.append) == 1
        assert any(line.startswith("  adoption: subject transactions") for line in said)
        serving.rollback()


def test_a_second_adoption_is_refused(addresses: Addresses) -> None:
    before = fingerprint(addresses.superuser)
    for arguments in ((), ("--apply",)):
        done = adopt(addresses, *arguments)
        assert done.exit_code == 1
        assert "is FlyLive's already" in done.output
    assert fingerprint(addresses.superuser) == before


def test_the_old_tables_can_be_dropped(owner: psycopg.Connection[Any]) -> None:
    owner.execute("DROP VIEW rich_users")
    owner.execute(
        "ALTER TABLE user_notes DROP CONSTRAINT user_notes_user_id_foreign,"
        " ADD FOREIGN KEY (user_id) REFERENCES users (id)"
    )
    owner.execute("DROP SCHEMA laravel CASCADE")
    assert owner.execute("SELECT count(*) FROM users").fetchone() == (7,)
