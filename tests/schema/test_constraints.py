"""Each constraint is violated once and its refusal seen; what the seed refused wrongly is not.

The lists are read from the live catalogue, so that a constraint without a case fails here.
"""

import hashlib
import re
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.conftest import Addresses
from tests.schema.catalogue import (
    Constraint,
    Index,
    read_columns,
    read_constraints,
    read_indexes,
)
from tests.schema.rows import DEFAULTS, Row, Rows
from tests.schema.violations import CHECKS, PARTIAL, UNIQUES

MISSING = 4_000_000_000


@pytest.fixture(scope="module")
def constraints(addresses: Addresses) -> dict[str, Constraint]:
    """Every constraint of ours by name."""
    with psycopg.connect(addresses.owner) as connection:
        return {constraint.name: constraint for constraint in read_constraints(connection)}


@pytest.fixture(scope="module")
def indexes(addresses: Addresses) -> dict[str, Index]:
    """Every index of ours by name."""
    with psycopg.connect(addresses.owner) as connection:
        return read_indexes(connection)


def resolved(rows: Rows, columns: Row, shared: dict[str, int]) -> Row:
    """`columns` with words such as ``users`` and ``users#1`` made into ids of real rows."""

    def value(column: str, given: Any) -> Any:
        table, mark, _ = given.partition("#") if isinstance(given, str) else ("", "", "")
        if not column.endswith(("_id", "_from", "_by")) or table not in DEFAULTS:
            return given
        if not mark:
            return rows.id(table)
        return shared[given] if given in shared else shared.setdefault(given, rows.id(table))

    return {column: value(column, given) for column, given in columns.items()}


def refuse(rows: Rows, kind: type[psycopg.Error], name: str, table: str, columns: Row) -> None:
    """Adding the row is refused by exactly that constraint, or one of its copies on partitions."""
    values = resolved(rows, columns, {})
    # What the row refers to is valid and stays; only its own insert may fail.
    complete = DEFAULTS[table](rows) | values
    with pytest.raises(kind) as refused, rows.connection.transaction():
        rows.add(table, **complete)
    actual = refused.value.diag.constraint_name or ""
    assert re.sub(r"transactions_(y\d{4}m\d\d|default)_", "transactions_", actual) == name


def test_every_check_has_a_violation(constraints: dict[str, Constraint]) -> None:
    live = {name for name, constraint in constraints.items() if constraint.kind == "c"}
    assert live == set(CHECKS)


@pytest.mark.parametrize(
    ("name", "table", "columns"),
    [
        pytest.param(name, table, columns, id=f"{name}-{number}")
        for name, (table, cases) in CHECKS.items()
        for number, columns in enumerate(cases)
    ],
)
def test_check_refuses(rows: Rows, name: str, table: str, columns: Row) -> None:
    refuse(rows, errors.CheckViolation, name, table, columns)


def test_unique_indexes_refuse_the_second(
    rows: Rows, constraints: dict[str, Constraint], indexes: dict[str, Index]
) -> None:
    unique = [index for index in indexes.values() if index.is_unique]
    assert len(unique) > 60
    for index in unique:
        shared: dict[str, int] = {}
        first, second = UNIQUES.get(index.name, ({}, {}))
        both = PARTIAL.get(index.name, {})
        given = rows.add(index.table, **both, **resolved(rows, first, shared))
        if index.name in UNIQUES:
            clash = resolved(rows, second, shared)
        else:
            clash = {column.removesuffix(" DESC"): None for column in index.columns}
            if "subject" in clash:
                clash["user_id"] = clash.pop("subject")
            clash = both | {column: given[column] for column in clash}
        refuse(rows, errors.UniqueViolation, index.name, index.table, clash)


def test_foreign_keys_refuse_what_is_not_there(
    rows: Rows, constraints: dict[str, Constraint]
) -> None:
    keys = [constraint for constraint in constraints.values() if constraint.kind == "f"]
    assert len(keys) > 60
    for key in keys:
        columns: Row = {column: MISSING for column in key.columns if not column.endswith("_date")}
        columns.pop("sent_at", None)
        match key.name:
            case "fk_users_agency_id":
                columns["agency_joined_at"] = "2026-01-01"
            case "fk_messages_recipient_id":
                columns["room_id"] = None
            case "fk_conversations_low_user_id":
                columns["low_user_id"] = -MISSING
            case "fk_reports_decided_by":
                columns |= {"status": "upheld", "decided_at": "2026-01-01", "decision": "so"}
            case "fk_announcements_cancelled_by":
                columns["cancelled_at"] = "2026-01-02"
            case "fk_adjustments_decided_by":
                columns |= {"status": "rejected", "decided_at": "2026-01-01"}
            case "fk_order_refunds_decided_by":
                columns |= {"status": "rejected", "decided_at": "2026-01-01"}
            case "fk_ring_findings_decided_by":
                columns |= {"decided_at": "2026-01-01", "decision": "so"}
            case "fk_staff_proposals_decided_by":
                columns |= {"status": "declined", "decided_at": "2026-01-01", "decision": "so"}
            case "fk_wallet_holds_lifted_by":
                columns |= {"lifted_at": "2026-01-01", "lift_reason": "so"}
            case "fk_rankings_room_id":
                columns |= {"user_id": None, "category": "room"}
            case "fk_rankings_agency_id":
                columns |= {"user_id": None, "category": "agency"}
        refuse(rows, errors.ForeignKeyViolation, key.name, key.table, columns)


def test_deleting_what_money_refers_to_is_refused(
    rows: Rows, constraints: dict[str, Constraint]
) -> None:
    """RESTRICT holds for every key that says so, and money never says anything else."""
    money = {
        "transactions", "gift_transactions", "agency_earnings", "lucky_draws", "coin_requests",
        "recharge_orders", "fairness_seeds",
    }  # fmt: skip
    for key in (constraint for constraint in constraints.values() if constraint.kind == "f"):
        if key.table in money:
            assert key.on_delete in ("RESTRICT", "NO ACTION"), key
        if key.on_delete != "RESTRICT":
            continue
        row = rows.add(key.table)
        targets = {"source_id": "id", "gift_transaction_id": "id", "source_date": "sent_at"}
        where = " AND ".join(
            f"{targets.get(column, 'id' if len(key.columns) == 1 else column)} = %s"
            for column in key.columns
        )
        with (
            pytest.raises((errors.ForeignKeyViolation, errors.RestrictViolation)),
            rows.connection.transaction(),
        ):
            rows.connection.execute(
                f"DELETE FROM {key.target} WHERE {where}".encode(),
                [row[column] for column in key.columns],
            )


def test_not_null_columns_refuse_null(rows: Rows, owner: psycopg.Connection[Any]) -> None:
    tried = 0
    for table, columns in read_columns(owner).items():
        if table not in DEFAULTS or table == "procrastinate_jobs":
            continue
        complete = DEFAULTS[table](rows)
        for name, column in columns.items():
            if column.is_nullable:
                continue
            with (
                pytest.raises(errors.NotNullViolation) as refused,
                rows.connection.transaction(),
            ):
                rows.add(table, **complete | {name: None})
            assert refused.value.diag.column_name == name
            tried += 1
    assert tried > 250


def test_the_second_leave_and_the_second_level_up_are_fine(rows: Rows) -> None:
    user, room = rows.id("users"), rows.id("rooms")
    for _ in range(3):
        rows.add(
            "room_participants", user_id=user, room_id=room, is_active=False, left_at="2026-01-01"
        )
    rows.add("room_participants", user_id=user, room_id=room)
    for _ in range(3):
        rows.add("user_levels", user_id=user, is_active=False)
    rows.add("user_levels", user_id=user)


def test_one_room_at_a_time_and_one_user_per_seat(rows: Rows) -> None:
    user, room = rows.id("users"), rows.id("rooms")
    rows.add("room_participants", user_id=user, room_id=room)
    elsewhere = {"user_id": user, "room_id": rows.id("rooms")}
    refuse(
        rows, errors.UniqueViolation, "uq_room_participants_user", "room_participants", elsewhere
    )
    refuse(
        rows, errors.UniqueViolation, "uq_room_participants_seat", "room_participants",
        {"room_id": room},
    )  # fmt: skip
    rows.add("room_participants", room_id=room, seat_number=2)


def test_equal_scores_share_a_rank_and_a_subject_has_one(rows: Rows) -> None:
    first = rows.add("rankings")
    rows.add("rankings", rank_position=first["rank_position"], score=first["score"])
    refuse(
        rows, errors.UniqueViolation, "uq_rankings_subject", "rankings",
        {"user_id": first["user_id"], "rank_position": 2},
    )  # fmt: skip


def test_a_level_pays_once_but_vip_comes_back(rows: Rows) -> None:
    history = {"user_id": rows.id("users"), "level_id": rows.id("levels"), "is_active": False}
    rows.add("user_levels", **history)
    refuse(rows, errors.UniqueViolation, "uq_user_levels_once", "user_levels", history)
    rows.add("user_levels", **history | {"type": "vip"})
    rows.add("user_levels", **history | {"type": "vip"})


def test_what_is_deleted_frees_its_name(rows: Rows) -> None:
    gone = {"deleted_at": "2026-01-01"}
    user = rows.add("users", **gone)
    rows.add("users", email=user["email"], phone=user["phone"])
    refuse(
        rows, errors.UniqueViolation, "uq_users_signature", "users",
        {"signature": user["signature"]},
    )  # fmt: skip
    room = rows.add("rooms", **gone)
    rows.add("rooms", name=room["name"])


def test_two_users_may_hold_the_same_code(rows: Rows) -> None:
    digest = hashlib.sha256(b"123456").hexdigest()
    rows.add("phone_reset_tokens", token=digest)
    rows.add("phone_reset_tokens", token=digest)


def test_large_amounts_fit(rows: Rows) -> None:
    huge = "9999999999999999.99"
    rows.add("gifts", price=huge, wealth_xp_multiplier="100.00")
    rows.add("frames", price=huge)
    rows.add("recharge_packages", price=huge)
    rows.add("transactions", amount=huge, user_balance_before=huge, user_balance_after="0.00")
    rows.add("levels", frame_rewards=[MISSING])
