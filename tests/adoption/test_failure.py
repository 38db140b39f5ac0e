"""What happens in the middle leaves nothing behind: a failure, a kill, others who are connected."""

import subprocess
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.adoption.conftest import adopt
from tests.adoption.fingerprint import fingerprint
from tests.conftest import Addresses
from tests.demo.processes import FLYLIVE, environment

GATE = 4_711

# Fires in the middle: rows are carried, indexes are being made again, nothing is committed.
TRIGGER = """
    CREATE SCHEMA gate;
    GRANT USAGE ON SCHEMA gate TO PUBLIC;
    CREATE FUNCTION gate.stop() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF to_regclass('public.adopted_tables') IS NOT NULL THEN
            IF EXISTS (SELECT FROM public.adopted_tables) THEN
                {action};
            END IF;
        END IF;
    END $$;
    CREATE EVENT TRIGGER gate ON ddl_command_end WHEN TAG IN ('CREATE INDEX', 'ALTER TABLE')
        EXECUTE FUNCTION gate.stop();
"""


@pytest.fixture
def gate(addresses: Addresses, request: pytest.FixtureRequest) -> Iterator[None]:
    """Something happens when the adoption is in its middle."""
    with psycopg.connect(addresses.superuser, autocommit=True) as superuser:
        superuser.execute(TRIGGER.format(action=request.param).encode())
    yield
    with psycopg.connect(addresses.superuser, autocommit=True) as superuser:
        superuser.execute("DROP EVENT TRIGGER gate; DROP SCHEMA gate CASCADE")


@pytest.mark.parametrize("gate", ["RAISE EXCEPTION 'the disk is full'"], indirect=True)
def test_a_failure_in_the_middle_rolls_everything_back(addresses: Addresses, gate: None) -> None:
    before = fingerprint(addresses.superuser)
    done = adopt(addresses, "--apply")
    assert done.exit_code == 1
    assert "the disk is full" in done.output
    assert "Nothing has changed" in done.output
    assert "transactions" in done.output  # it had come that far
    assert fingerprint(addresses.superuser) == before


@pytest.mark.parametrize("gate", [f"PERFORM pg_advisory_xact_lock({GATE})"], indirect=True)
def test_a_killed_adoption_leaves_nothing(addresses: Addresses, gate: None) -> None:
    before = fingerprint(addresses.superuser)
    with psycopg.connect(addresses.superuser, autocommit=True) as superuser:
        superuser.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        process = subprocess.Popen(
            [FLYLIVE, "adopt", "--apply"],
            env=environment(addresses, FLYLIVE_OWNER_DATABASE_URL=addresses.owner),
            stdout=subprocess.DEVNULL,
        )
        try:
            assert until(lambda: waits(superuser), process), "it never came to its middle"
            process.kill()
            process.wait()
            # The server notices once the lock that the dead one waits for is free.
            superuser.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
            assert until(lambda: not others(superuser))
        finally:
            process.kill()
            process.wait()
    assert fingerprint(addresses.superuser) == before


def waits(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody waits at the gate."""
    row = connection.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
        (GATE,),
    ).fetchone()
    return row != (0,)


def others(connection: psycopg.Connection[Any]) -> bool:
    """Whether anybody else is connected to this database."""
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).fetchone()
    return row != (0,)


def until(happens: Any, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Ask again and again until it is so; not for ever, nor beyond the process's end."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if happens():
            return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def test_whoever_could_write_has_to_go_first(addresses: Addresses) -> None:
    before = fingerprint(addresses.superuser)
    with psycopg.connect(addresses.owner, application_name="laravel-queue") as writer:
        writer.execute("SELECT 1")
        done = adopt(addresses, "--apply")
        assert done.exit_code == 1
        assert "laravel-queue" in done.output
        writer.rollback()
    assert fingerprint(addresses.superuser) == before


def test_a_reader_who_holds_a_table_is_not_waited_for(addresses: Addresses) -> None:
    """He cannot write, so he may be connected; but his open transaction is in the way."""
    before = fingerprint(addresses.superuser)
    with psycopg.connect(addresses.superuser, autocommit=True) as superuser:
        superuser.execute("GRANT SELECT ON gifts TO flylive_test_serving")
        before = fingerprint(addresses.superuser)
    with psycopg.connect(addresses.serving) as reader:
        reader.execute("SELECT * FROM gifts")
        done = adopt(addresses, "--apply")
        assert done.exit_code == 1
        assert "Somebody is using the tables" in done.output
        reader.rollback()
    assert fingerprint(addresses.superuser) == before


def test_then_it_is_adopted_after_all(addresses: Addresses) -> None:
    done = adopt(addresses, "--apply")
    assert done.exit_code == 0, done.output
