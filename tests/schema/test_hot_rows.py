"""Balances and counters are updated constantly: those updates must stay HOT."""

from typing import Any

import psycopg
import pytest

from tests.schema.rows import Rows


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("users", "coin_balance = coin_balance + 1, total_spent = total_spent + 1,"
                  " wealth_xp = wealth_xp + 1, updated_at = now()"),
        ("users", "diamond_balance = diamond_balance + 1, total_received = total_received + 1,"
                  " charm_xp = charm_xp + 1"),
        ("streams", "seq = seq + 1, updated_at = clock_timestamp()"),
        ("presence", "seen_at = clock_timestamp()"),
        ("room_message_counters", "seq = seq + 1"),
        ("fairness_seeds", "nonce = nonce + 1"),
    ],
)  # fmt: skip
def test_updates_stay_hot(rows: Rows, table: str, change: str) -> None:
    rows.add(table)
    for _ in range(5):
        rows.connection.execute(f"UPDATE {table} SET {change}".encode())
    counted = rows.connection.execute(
        "SELECT pg_stat_get_xact_tuples_updated(%s::regclass) AS all_updates,"
        " pg_stat_get_xact_tuples_hot_updated(%s::regclass) AS hot",
        (table, table),
    ).fetchone()
    assert counted is not None
    assert counted["all_updates"] >= 5
    assert counted["hot"] == counted["all_updates"]


def test_rare_ledger_rows_are_found_by_type(owner: psycopg.Connection[Any]) -> None:
    """The partial index serves whoever looks for adjustments, though gifts pay nothing for it."""
    with owner.transaction():
        owner.execute("SET LOCAL enable_seqscan = off")
        plan = owner.execute(
            "EXPLAIN SELECT * FROM transactions WHERE type = 'adjustment'"
            " AND created_at >= '2026-11-01' AND created_at < '2026-12-01'"
        ).fetchall()
    assert any("type_created_at_idx" in line or "idx_transactions_type" in line for (line,) in plan)
