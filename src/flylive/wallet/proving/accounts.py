"""One look at the ledger that answers for every invariant about accounts.

An account is a user's coins or diamonds: ``user_id * 4 + currency_type``.

:func:`fit` asks whether all of them are as promised, without sorting: the ledger is read once in
the order of ids, and each account's balances before and after are folded into hashes of these two
lists, in that order. A chain holds if what its rows began with, and then the balance that is held,
is the very list of zero and then what its rows left. :func:`walk` is the search, for when the
answer is no: month by month the sides of all rows are put in the order of account and id; per
account and month one row stays in ``proof_accounts``: what it began with, what was added, how many
rows did not begin with what the row before them left. ``proof_people`` sums them up by user.

Tables and aggregates are temporary, made before the session's snapshot is taken; the folds begin
with numbers drawn for the session, so nobody can write rows that will happen to agree.
"""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import errors

from flylive.wallet.movements import SHAPES
from flylive.wallet.proving.ledger import Ledger
from flylive.wallet.proving.marks import Marks

SPENT = ", ".join(f"'{kind}'" for kind, shape in SHAPES.items() if shape.counts_as_spent)
RECEIVED = ", ".join(f"'{kind}'" for kind, shape in SHAPES.items() if shape.counts_as_received)

_TABLES = """
    CREATE TEMPORARY TABLE IF NOT EXISTS proof_accounts (
        account bigint, part integer NOT NULL, before numeric, delta numeric,
        counted numeric, breaks bigint NOT NULL, rows bigint NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS proof_people (
        user_id bigint, coins numeric, diamonds numeric, spent numeric, received numeric,
        rows bigint NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS proof_fit (rows bigint NOT NULL, unfit bigint NOT NULL)
"""
_FOLD = """
    CREATE AGGREGATE pg_temp.proof_fold_{name} (bigint)
        (SFUNC = hashint8extended, STYPE = bigint, INITCOND = '{begin}')
"""
_TOTAL = """
    CREATE AGGREGATE pg_temp.proof_total (bigint)
        (SFUNC = int8pl, STYPE = bigint, INITCOND = '0')
"""
FOLDS = ("a", "b")
"""Each keeps 32 bits of what it has read, so two are folded that begin differently."""


_OWN_SIDE = f"""
    SELECT user_id * 4 + currency_type AS account, id, user_balance_before AS before,
           user_balance_after AS after, 1 AS own,
           CASE direction WHEN 2 THEN amount ELSE - amount END AS delta,
           CASE direction WHEN 2 THEN user_balance_before + amount = user_balance_after
                ELSE user_balance_after + amount = user_balance_before END AS adds_up,
           amount, direction = 1 AND currency_type = 1 AND type IN ({SPENT})
           OR direction = 2 AND currency_type = 2 AND type IN ({RECEIVED}) AS counts
    FROM {{}} AS t
"""
_OTHER_SIDE = f"""
    SELECT beneficiary_id * 4 + beneficiary_currency_type AS account, id,
           beneficiary_balance_before AS before, beneficiary_balance_after AS after,
           NULL::integer AS own, beneficiary_amount AS delta,
           beneficiary_balance_before + beneficiary_amount = beneficiary_balance_after AS adds_up,
           beneficiary_amount AS amount,
           beneficiary_currency_type = 2 AND type IN ({RECEIVED}) AS counts
    FROM {{}} AS t WHERE beneficiary_id IS NOT NULL
"""
SIDES = (_OWN_SIDE, _OTHER_SIDE)


def sides(transactions: str) -> str:
    """Both sides of each row of ours: account, id, before, after, what was added, if it counts."""
    return " UNION ALL ".join(side.format(transactions) for side in SIDES)


_FIT = """
    INSERT INTO proof_fit
    SELECT COALESCE(sum(rows), 0), count(*) FILTER (WHERE NOT COALESCE(fits, false)) FROM (
        SELECT count(own) AS rows,
               account IS NOT NULL AND {folded} AND pg_temp.proof_total(apart) = 0 AS fits
        FROM (SELECT id * 4 + 1 AS account, 0 AS id, NULL::integer AS own, NULL::bigint AS before,
                     {nothing} AS after, NULL::bigint AS apart FROM users
              UNION ALL SELECT id * 4 + 2, 0, NULL, NULL, {nothing}, NULL FROM users
              UNION ALL (SELECT * FROM ({sides}) AS s ORDER BY id)
              UNION ALL SELECT id * 4 + 1, 0, NULL, {coins}, NULL,
                               ((- coin_balance - total_spent) * 100)::bigint FROM users
              UNION ALL SELECT id * 4 + 2, 0, NULL, {diamonds}, NULL,
                               ((total_received - diamond_balance) * 100)::bigint FROM users
              UNION ALL SELECT user_id * 4 + 1, 0, NULL, NULL, NULL,
                               (GREATEST(total_spent, 0) * 100)::bigint FROM adopted_accounts
              UNION ALL SELECT user_id * 4 + 2, 0, NULL, NULL, NULL,
                               (- GREATEST(total_received, 0) * 100)::bigint
                        FROM adopted_accounts
        ) AS entries
        GROUP BY account) AS accounts
"""
_FIT_SIDE = """
    (SELECT account, id, own, {before} AS before,
            CASE WHEN adds_up THEN {after} END AS after,
            CASE WHEN NOT counts THEN (delta * 100)::bigint END AS apart
     FROM ({side}) AS s ORDER BY id)
"""
_IN_ORDER = {"enable_sort": "off", "enable_hashagg": "on", "max_parallel_workers_per_gather": "0"}
_WALK = """
    INSERT INTO proof_accounts
    SELECT account, {part}, max(before) FILTER (WHERE expected IS NULL), sum(delta),
           sum(amount) FILTER (WHERE counts), count(*) FILTER (WHERE before <> expected), count(own)
    FROM (SELECT *, lag(after) OVER (PARTITION BY account ORDER BY id) AS expected
          FROM ({sides}) AS s) AS linked
    GROUP BY account
"""
_PEOPLE = """
    INSERT INTO proof_people
    SELECT account >> 2, COALESCE(sum(delta) FILTER (WHERE account & 3 = 1), 0),
           COALESCE(sum(delta) FILTER (WHERE account & 3 = 2), 0),
           COALESCE(sum(counted) FILTER (WHERE account & 3 = 1), 0),
           COALESCE(sum(counted) FILTER (WHERE account & 3 = 2), 0), sum(rows)
    FROM proof_accounts GROUP BY account >> 2
"""


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make tables and folds, unless the session has them: a transaction that reads cannot."""
    found = connection.execute("SELECT to_regclass('pg_temp.proof_fit')").fetchone()
    if found == (None,):
        connection.execute(_TABLES)
        for name in FOLDS:
            fold = _FOLD.format(name=name, begin=secrets.randbits(63))
            connection.execute(fold.encode())
        connection.execute(_TOTAL.encode())


def fit(connection: psycopg.Connection[Any], ledger: Ledger) -> bool:
    """Whether every account is as promised: if so, :func:`walk` would find nothing.

    That is: its rows, in the order of ids, begin with zero and each with what the one before it
    left, each adds up, the last left what is held, and what counts as spent or received is its
    user's total. The folds read the rows in the order in which they come from the indexes on ids,
    so a plan that would group by sorting is not run, and the answer is no.
    """
    connection.execute("DELETE FROM proof_fit")
    statement = _fit(ledger)
    # Sums beyond a bigint are none that anybody can hold.
    with suppress(errors.NumericValueOutOfRange), connection.transaction():
        for name, value in _IN_ORDER.items():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode()).fetchone()
        assert plan is not None
        if _groups_by_hash(plan[0][0]["Plan"]):
            connection.execute(statement.encode())
        for name in _IN_ORDER:
            connection.execute(f"RESET {name}".encode())
    return connection.execute("SELECT unfit FROM proof_fit").fetchall() == [(0,)]


def _fit(ledger: Ledger) -> str:
    # What is counted is what is held without what is not counted, so the many rows that count
    # need not be summed: an account is short by nothing if these add up to it.
    marks = Marks()

    def mark(amount: str) -> str:
        return marks.of(amounts=[amount])

    sides = (
        _FIT_SIDE.format(before=mark("before"), after=mark("after"), side=side.format(relation))
        for relation in ledger.relations
        for side in SIDES
    )
    folds = (f"pg_temp.proof_fold_{name}" for name in FOLDS)
    return _FIT.format(
        folded=" AND ".join(f"{fold}(before) = {fold}(after)" for fold in folds),
        nothing=mark("0.00"),
        coins=mark("coin_balance"),
        diamonds=mark("diamond_balance"),
        sides=" UNION ALL ".join(sides),
    )


def _groups_by_hash(plan: dict[str, Any]) -> bool:
    """Whether the accounts are grouped as they come, which keeps their rows in order."""
    grouping = [node for node in _nodes(plan) if "Group Key" in node]
    return [node["Strategy"] for node in grouping] == ["Hashed"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def walk(connection: psycopg.Connection[Any], ledger: Ledger) -> Iterator[str]:
    """Fill both tables; yields the label of each interval when it is done."""
    connection.execute("DELETE FROM proof_accounts; DELETE FROM proof_people")
    for number, interval in enumerate(ledger.intervals):
        connection.execute(_WALK.format(part=number, sides=sides(interval.transactions)).encode())
        yield interval.label
    connection.execute("ANALYZE proof_accounts")
    connection.execute(_PEOPLE.encode())
    connection.execute("ANALYZE proof_people")


def rows_read(connection: psycopg.Connection[Any]) -> int:
    """How many ledger rows of ours :func:`fit` has read; what :func:`walk` read is the same."""
    row = connection.execute(
        "SELECT COALESCE(max(rows), (SELECT sum(rows) FROM proof_people), 0)::bigint FROM proof_fit"
    ).fetchone()
    assert row is not None
    return int(row[0])
