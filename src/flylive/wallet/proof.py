"""The proof that the money adds up: every invariant over one snapshot, each bad row named."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from flylive.wallet.invariants import (
    Invariant,
    adoption,
    agency_earnings,
    answers,
    balances,
    chains,
    conservation,
    debts,
    gift_splits,
    orders,
    totals,
)

INVARIANTS: Sequence[Invariant] = (
    balances.INVARIANT,
    chains.INVARIANT,
    conservation.INVARIANT,
    totals.INVARIANT,
    gift_splits.INVARIANT,
    agency_earnings.INVARIANT,
    orders.INVARIANT,
    debts.INVARIANT,
    answers.INVARIANT,
    adoption.INVARIANT,
)

FETCH = 1_000
SHOWN = 100
"""Rows named per invariant; the rest are counted."""


def verify(dsn: str, say: Callable[[str], None]) -> int:
    """Check every invariant of the database at `dsn`; returns how many rows do not fit.

    Reads one snapshot, so it may run beside the living platform.
    """
    with psycopg.connect(dsn, application_name="flylive-verify") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL statement_timeout = 0")
        return check(connection, say)


def check(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> int:
    """Check every invariant in the connection's transaction.

    Tells `say` each result and each bad row; returns how many rows do not fit.
    """
    bad = 0
    for number, invariant in enumerate(INVARIANTS, 1):
        started = time.monotonic()
        found = _check(connection, invariant, say)
        seconds = time.monotonic() - started
        verdict = "ok" if found == 0 else f"{found} rows do not fit"
        say(
            f"[{number}/{len(INVARIANTS)}] {invariant.name:<16} {verdict}"
            f"  ({seconds:.1f} s)  {invariant.promise}"
        )
        bad += found
    return bad


def _check(
    connection: psycopg.Connection[Any],
    invariant: Invariant,
    say: Callable[[str], None],
) -> int:
    found = 0
    with connection.cursor(name=f"verify_{invariant.name}", row_factory=dict_row) as cursor:
        cursor.itersize = FETCH
        cursor.execute(invariant.query.encode())
        for row in cursor:
            found += 1
            if found <= SHOWN:
                named = ", ".join(f"{name} {value}" for name, value in row.items())
                say(f"  {invariant.name}: {named}")
    return found
