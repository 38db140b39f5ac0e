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
        ("users", "last_active_at = clock_timestamp()"),
        ("personal_access_tokens", "last_used_at = clock_timestamp()"),
        ("streams", "seq = seq + 1, updated_at = clock_timestamp()"),
        ("presence", "seen_at = clock_timestamp()"),
        ("room_message_counters", "seq = seq + 1"),
        ("fairness_seeds", "nonce = nonce + 1"),
    ],
)  # fmt: skip
def test_updates_stay_hot(rows: Rows, table: str, change: str) -> None:
    if "last_active_at" in change and rows.connection.info.server_version < 160000:
        pytest.skip("BRIN indexes keep updates from being HOT before PostgreSQL 16")
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
    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL enable_seqscan = off")
        # Other indexes over the rare types are as cheap while there is nothing in them.
        owner.execute(
            """
            WITH somebody AS (
                INSERT INTO users (name, signature, password, dob, gender, country)
                VALUES ('Rare', '555000555', '!', '1990-01-01', 1, 'AE') RETURNING id)
            INSERT INTO transactions (user_id, type, direction, currency_type, amount,
                                      user_balance_before, user_balance_after, created_at,
                                      updated_at)
            SELECT id, CASE WHEN n = 1 THEN 'adjustment' ELSE 'recharge' END, 2, 1, 1, 0, 1,
                   '2026-11-02', '2026-11-02'
            FROM somebody, generate_series(1, 2000) AS n
            """
        )
        owner.execute("ANALYZE transactions")
        plan = owner.execute(
            "EXPLAIN SELECT * FROM transactions WHERE type = 'adjustment'"
            " AND created_at >= '2026-11-01' AND created_at < '2026-12-01'"
        ).fetchall()
    assert any("type_created_at_idx" in line or "idx_transactions_type" in line for (line,) in plan)
