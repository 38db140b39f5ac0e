"""The proof that the money adds up: every invariant over one snapshot, each bad row named.

Rows are joined and summed where they lie, month by month; what comes out are the rows that do
not fit, and only those are read here. How it is done, and what it costs: decision 0020.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from queue import SimpleQueue
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from flylive.wallet.invariants import (
    Invariant,
    Part,
    Say,
    adjustments,
    adoption,
    agency_earnings,
    answers,
    balances,
    chains,
    coin_requests,
    conservation,
    debts,
    games,
    gift_reversals,
    gift_splits,
    orders,
    seals,
    totals,
)
from flylive.wallet.proving import accounts
from flylive.wallet.proving.ledger import Ledger, locate

INVARIANTS: Sequence[Invariant] = (
    balances.INVARIANT,
    chains.INVARIANT,
    conservation.INVARIANT,
    totals.INVARIANT,
    seals.INVARIANT,
    gift_splits.INVARIANT,
    gift_reversals.INVARIANT,
    agency_earnings.INVARIANT,
    orders.INVARIANT,
    coin_requests.INVARIANT,
    adjustments.INVARIANT,
    debts.INVARIANT,
    answers.INVARIANT,
    games.INVARIANT,
    adoption.INVARIANT,
)
"""In the order in which they are taken up: what takes long comes before what does not."""

FETCH = 1_000
SHOWN = 100
"""Rows named per invariant; the rest are counted."""
SETTINGS = {"work_mem": "128MB", "jit": "off", "statement_timeout": "0"}

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

Connection = psycopg.Connection[Any]


class Finding(NamedTuple):
    """What one invariant came to: how many rows do not fit, the first of them in words."""

    invariant: Invariant
    unfit: int
    named: list[str]
    seconds: float


class Verdict(NamedTuple):
    """What a run came to. `findings` are the first rows that do not fit, in words."""

    rows_read: int
    rows_unfit: int
    findings: list[str]


def verify(
    dsn: str, say: Say, *, since: datetime | None = None, progress: Say | None = None
) -> int:
    """Check every invariant of the database at `dsn`; returns how many rows do not fit."""
    return examine(dsn, say, since=since, progress=progress).rows_unfit


def examine(
    dsn: str, say: Say, *, since: datetime | None = None, progress: Say | None = None
) -> Verdict:
    """Check every invariant of the database at `dsn`, in two connections on one snapshot.

    May run beside the living platform, which does not wait for it. `since` (aware) asks only
    what rows since then can tell. Tells `say` each bad row and each result as it comes.
    """
    with _connect(dsn) as walker, _connect(dsn) as other:
        if since is None:
            accounts.prepare(walker)
        walker.execute(_BEGIN)
        snapshot = walker.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        other.execute(_BEGIN)
        other.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot[0])))
        ledger, chosen = locate(walker, since), _chosen(since)
        # Who is done with his own takes what is left.
        rest = deque(one for one in chosen if not one.is_about_accounts)
        shares = (
            (walker, chain([one for one in chosen if one.is_about_accounts], _taken_from(rest))),
            (other, _taken_from(rest)),
        )
        found: SimpleQueue[Finding | None] = SimpleQueue()

        def work(connection: Connection, invariants: Iterable[Invariant]) -> None:
            try:
                for finding in prove(connection, ledger, invariants, progress or _silent):
                    found.put(finding)
            finally:
                found.put(None)

        with ThreadPoolExecutor(len(shares)) as pool:
            try:
                working = [pool.submit(work, *share) for share in shares]
                verdict = _tell(_until_all_ended(found, len(shares)), chosen, say)
                for one in working:
                    one.result()
            except BaseException:
                for connection, _ in shares:
                    connection.cancel_safe()
                raise
        return verdict._replace(rows_read=_count(walker, ledger))


def check(
    connection: Connection,
    say: Say,
    *,
    since: datetime | None = None,
    progress: Say | None = None,
) -> int:
    """Check every invariant in the connection's transaction; returns how many rows do not fit."""
    chosen = _chosen(since)
    findings = prove(connection, locate(connection, since), chosen, progress or _silent)
    return _tell(findings, chosen, say).rows_unfit


def _tell(findings: Iterable[Finding], chosen: Sequence[Invariant], say: Say) -> Verdict:
    unfit, named = 0, list[str]()
    for finding in findings:
        name = finding.invariant.name
        for words in finding.named:
            named.append(f"{name}: {words}")
            say(f"  {name}: {words}")
        verdict = "ok" if finding.unfit == 0 else f"{finding.unfit} rows do not fit"
        say(
            f"[{chosen.index(finding.invariant) + 1}/{len(chosen)}] {name:<16} {verdict}"
            f"  ({finding.seconds:.1f} s)  {finding.invariant.promise}"
        )
        unfit += finding.unfit
    return Verdict(0, unfit, named)


def _taken_from(rest: deque[Invariant]) -> Iterator[Invariant]:
    while True:
        try:
            yield rest.popleft()
        except IndexError:
            return


def _until_all_ended(found: SimpleQueue[Finding | None], running: int) -> Iterator[Finding]:
    while running:
        finding = found.get()
        if finding is None:
            running -= 1
        else:
            yield finding


def _chosen(since: datetime | None) -> list[Invariant]:
    return [one for one in INVARIANTS if since is None or one.recent is not None]


def _connect(dsn: str) -> Connection:
    return psycopg.connect(dsn, application_name="flylive-verify", autocommit=True)


def _count(connection: Connection, ledger: Ledger) -> int:
    if ledger.since is None:
        return accounts.rows_read(connection)
    row = connection.execute(f"SELECT count(*) FROM {ledger.recent} AS t".encode()).fetchone()
    assert row is not None
    return int(row[0])


def prove(
    connection: Connection, ledger: Ledger, invariants: Iterable[Invariant], progress: Say
) -> Iterator[Finding]:
    """Each invariant's finding in the connection's transaction, in the order given."""
    for name, value in SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, true)", (name, value))
    started = time.monotonic()
    all_fit: bool | None = None
    for invariant in invariants:
        if invariant.is_about_accounts and ledger.since is None and all_fit is None:
            accounts.prepare(connection)
            progress("accounts: all of them")
            all_fit = accounts.fit(connection, ledger)
            if not all_fit:
                for label in accounts.walk(connection, ledger):
                    progress(f"accounts: {label}")
        parts = invariant.parts if ledger.since is None else invariant.recent
        assert parts is not None
        unfit, named = 0, list[str]()
        for part in () if all_fit and invariant.is_about_accounts else parts(ledger):
            progress(f"{invariant.name}: {part.label}")
            for row in _unfit(connection, part, progress):
                unfit += 1
                if unfit <= SHOWN:
                    named.append(", ".join(f"{name} {value}" for name, value in row.items()))
        yield Finding(invariant, unfit, named, time.monotonic() - started)
        started = time.monotonic()


def _unfit(connection: Connection, part: Part, progress: Say) -> Iterator[dict[str, Any]]:
    if callable(part.query):
        yield from part.query(connection, progress)
        return
    if part.probe is not None:
        answer = connection.execute(part.probe.encode()).fetchone()
        if answer is not None and answer[0]:
            return
    with connection.cursor(name="verify", row_factory=dict_row) as cursor:
        cursor.itersize = FETCH
        cursor.execute(part.query.encode())
        yield from cursor


def _silent(_words: str) -> None:
    """Nobody wants to know how far it is."""
