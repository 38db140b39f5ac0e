"""Seals: what is closed, what is found behind the program's back, what a stranger can check."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flylive.clock import now
from flylive.database.partitions import add_months
from flylive.database.strays import attach_partition, detach_partition
from flylive.wallet import proof
from flylive.wallet.models import LedgerEntry
from flylive.wallet.proving.ledger import COLUMNS
from flylive.wallet.seals import sealing
from flylive.wallet.seals.export import CannotExport, export
from tests.conftest import Addresses

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_seals.py"
NOW = timedelta(0)

_ROW = """
    INSERT INTO transactions (user_id, type, direction, currency_type, amount, user_balance_before,
        user_balance_after, description, metadata, created_at, updated_at)
    SELECT %(user)s, 'adjustment', 2, 1, 10, (i - 1) * 10, i * 10, %(words)s, '{"a": "b\\tc"}',
           %(at)s, %(at)s FROM generate_series(%(from)s::int, %(to)s::int) i
"""


@pytest.fixture
def owner(addresses: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """A ledger of thirty rows of one user, ten of them under each of the first two seals."""
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        connection.execute("TRUNCATE ledger_seals, transactions, detached_partitions")
        connection.execute("DELETE FROM users WHERE email = 'sealed@example.com'")
        user = connection.execute(
            "INSERT INTO users (name, email, signature, password, dob, gender, country,"
            " coin_balance) VALUES ('Sealed', 'sealed@example.com', 900000001, '!', '1990-01-01',"
            " 1, 'PK', 300) RETURNING id"
        ).fetchone()
        assert user is not None
        values = {"user": user[0], "words": "tab\there\nline\\", "at": now()}
        connection.execute(_ROW, values | {"from": 1, "to": 29})
        assert sealing.seal_closed(addresses.serving, span_rows=10) == 2
        connection.execute(_ROW, values | {"from": 30, "to": 30})
        yield connection


def unfit(addresses: Addresses, **options: Any) -> list[str]:
    said: list[str] = []
    proof.verify(addresses.serving, said.append, **options)
    return [line.strip() for line in said if line.startswith("  ")]


def ids(owner: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in owner.execute("SELECT id FROM transactions ORDER BY id")]


def test_every_column_is_sealed() -> None:
    assert tuple(LedgerEntry.__table__.columns.keys()) == COLUMNS


def test_a_span_waits_until_it_is_full_or_old(
    addresses: Addresses, owner: psycopg.Connection[Any]
) -> None:
    assert sealing.seal_closed(addresses.serving, span_rows=11) == 0
    assert sealing.seal_closed(addresses.serving, span_rows=11, after=NOW) == 1
    assert sealing.seal_closed(addresses.serving, span_rows=11, after=NOW) == 0
    rows = owner.execute(
        "SELECT number, from_id, to_id, row_count FROM ledger_seals ORDER BY number"
    ).fetchall()
    first, *_, last = ids(owner)
    assert rows == [
        (1, 1, first + 9, 10),
        (2, first + 10, first + 19, 10),
        (3, first + 20, last, 10),
    ]
    assert unfit(addresses) == []


def test_a_row_that_is_still_being_written_is_waited_for(
    addresses: Addresses, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lower id may become visible after a higher one; a span is not closed before it."""
    monkeypatch.setattr(sealing, "WAIT_SECONDS", 0.2)
    values = {"user": 1, "words": None, "at": now(), "from": 1, "to": 1}
    with psycopg.connect(addresses.owner) as late:
        user = owner.execute("SELECT max(id) FROM users").fetchone()
        assert user is not None
        late.execute(_ROW, values | {"user": user[0], "from": 31, "to": 31})
        owner.execute(_ROW, values | {"user": user[0], "from": 32, "to": 32})
        assert sealing.seal_closed(addresses.serving, after=NOW) == 0
        late.commit()
    owner.execute("UPDATE users SET coin_balance = 320 WHERE id = %s", (user[0],))
    assert sealing.seal_closed(addresses.serving, after=NOW) == 1
    assert owner.execute("SELECT max(to_id) FROM ledger_seals").fetchone() == (ids(owner)[-1],)
    assert unfit(addresses) == []


async def test_of_two_sealers_one_seals(
    addresses: Addresses, owner: psycopg.Connection[Any]
) -> None:
    sealed = await asyncio.gather(
        *(
            asyncio.to_thread(sealing.seal_closed, addresses.serving, span_rows=1, after=NOW)
            for _ in range(3)
        )
    )
    assert sum(sealed) == 10
    assert unfit(addresses) == []


CHANGES = {
    "was changed": "UPDATE transactions SET description = 'other' WHERE id = {id}",
    "is missing": "DELETE FROM transactions WHERE id = {id}",
    "was added": "INSERT INTO transactions SELECT (json_populate_record(t,"
    " json_build_object('id', {new}))).* FROM transactions t WHERE id = {id}",
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_edit_is_found_and_the_row_named(
    addresses: Addresses, owner: psycopg.Connection[Any], what: str
) -> None:
    gap = ids(owner)[0] - 1
    row = ids(owner)[4]
    owner.execute(CHANGES[what].format(id=row, new=gap).encode())
    named = gap if what == "was added" else row
    words = f"seals: transaction_id {named}, what {what}, seal_number 1"
    assert [line for line in unfit(addresses) if line.startswith("seals:")] == [words]
    since = now() - timedelta(hours=1)
    assert words in unfit(addresses, since=since)
    assert not [
        line
        for line in unfit(addresses, since=now() + timedelta(hours=1))
        if line.startswith("seals:")
    ]


def test_an_edit_that_makes_all_balances_fit_is_found(
    addresses: Addresses, owner: psycopg.Connection[Any]
) -> None:
    """Everything after it and the balance are made to fit: only the seals can tell."""
    row = ids(owner)[15]
    with owner.transaction():
        owner.execute(
            "UPDATE transactions SET amount = amount + (id = %(row)s)::int * 5,"
            " user_balance_before = user_balance_before + (id > %(row)s)::int * 5,"
            " user_balance_after = user_balance_after + 5 WHERE id >= %(row)s",
            {"row": row},
        )
        owner.execute("UPDATE users SET coin_balance = coin_balance + 5 WHERE coin_balance > 0")
    found = unfit(addresses)
    assert found == [
        f"seals: transaction_id {id}, what was changed, seal_number 2" for id in ids(owner)[15:20]
    ]


def test_seals_made_anew_do_not_follow_the_old(
    addresses: Addresses, owner: psycopg.Connection[Any]
) -> None:
    owner.execute("UPDATE ledger_seals SET seal = repeat('a', 64) WHERE number = 1")
    found = unfit(addresses)
    assert [line.split(",")[0] for line in found] == [
        "seals: seal_number 1",
        "seals: seal_number 2",
    ]
    owner.execute("DELETE FROM ledger_seals WHERE number = 1")
    assert [line.split(",")[0] for line in unfit(addresses)] == ["seals: seal_number 2"]


def test_a_detached_month_is_still_proved(
    addresses: Addresses, owner: psycopg.Connection[Any]
) -> None:
    month = add_months(now().date(), 0)
    detach_partition(owner, "transactions", month)
    assert ids(owner) == []
    assert unfit(addresses) == []
    owner.execute(
        f"UPDATE transactions_y{month:%Y}m{month:%m} SET quantity = 2"
        " WHERE id = (SELECT from_id FROM ledger_seals WHERE number = 2)".encode()
    )
    assert len(unfit(addresses)) == 1
    attach_partition(owner, "transactions", month)
    assert len(unfit(addresses)) == 1


def stranger(folder: Path, *words: str) -> tuple[int, str]:
    """The script as a stranger runs it: without anything of ours."""
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


def test_a_stranger_checks_an_exported_span(
    addresses: Addresses, owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    with psycopg.connect(addresses.serving) as serving:
        assert export(serving, 1, 2, tmp_path / "whole") == 20
        assert export(serving, 2, 2, tmp_path / "second") == 10
        with pytest.raises(CannotExport, match="not all seals"):
            export(serving, 2, 3, tmp_path / "none")
        with pytest.raises(CannotExport, match="not empty"):
            export(serving, 1, 2, tmp_path / "whole")
    assert not (tmp_path / "none").exists()
    head = json.loads((tmp_path / "whole" / "seals.json").read_text())["seals"][-1]["seal"]
    for folder in ("whole", "second"):
        status, words = stranger(tmp_path / folder, "--expect", head)
        assert (status, words.splitlines()[-1]) == (0, "all fits"), words
    assert stranger(tmp_path / "whole", "--expect", "0" * 64)[0] == 1
    # What was sealed is not what is exported now, and what left the house can be changed there.
    owner.execute("UPDATE transactions SET quantity = 2 WHERE id = %s", (ids(owner)[3],))
    with psycopg.connect(addresses.serving) as serving:
        export(serving, 1, 1, tmp_path / "edited")
    status, words = stranger(tmp_path / "edited")
    assert status == 1
    assert "seal 1: span-000001.tsv is not what was sealed" in words
    file = tmp_path / "second" / "span-000002.tsv"
    file.write_bytes(file.read_bytes().replace(b"\t10.00\t", b"\t11.00\t", 1))
    status, words = stranger(tmp_path / "second")
    assert status == 1
    assert f"row {ids(owner)[10]}: 100.00 and 11.00 do not make 110.00" in words
