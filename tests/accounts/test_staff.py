"""``flylive staff``: who works behind the console."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result

from flylive.accounts import staff, totp
from flylive.accounts.commands import staff_group
from flylive.config import Settings
from flylive.database import Database
from tests.world import World

Command = Callable[..., "asyncio.Future[Result]"]


@pytest.fixture
def command(settings: Settings) -> Command:
    """Run ``flylive staff …`` over this module's database."""

    @contextmanager
    def platform(data: Path | None) -> Iterator[Settings]:
        yield settings

    def run(*arguments: str) -> "asyncio.Future[Result]":
        invoke = CliRunner().invoke
        return asyncio.ensure_future(
            asyncio.to_thread(invoke, staff_group, arguments, obj=platform)
        )

    return run


async def test_a_role_is_granted_changed_listed_and_revoked(
    world: World, database: Database, command: Command
) -> None:
    person = await world.register(email="Boss@example.com", name="The Boss")

    async def role() -> staff.Role | None:
        return await database.read(lambda tx: staff.find_role(tx, person.id))

    assert await role() is None
    granted = await command("grant", "boss@EXAMPLE.com", "admin")
    assert (granted.exit_code, granted.output) == (0, f"user {person.id} is now admin\n")
    assert await role() is staff.Role.ADMIN
    assert (await command("grant", str(person.id), "support")).exit_code == 0
    hyphened = await command("grant", str(person.id), "read-only")
    assert (hyphened.exit_code, hyphened.output) == (0, f"user {person.id} is now read_only\n")
    assert await role() is staff.Role.READ_ONLY
    listed = await command("list")
    assert listed.exit_code == 0, listed.exception
    (line,) = listed.output.splitlines()
    assert line.startswith(f"{person.id}\tread_only\t")
    assert line.endswith("\tThe Boss\tBoss@example.com")
    revoked = await command("revoke", "boss@example.com")
    assert (revoked.exit_code, await role()) == (0, None)
    again = await command("revoke", "boss@example.com")
    assert (again.exit_code, again.output) == (1, f"Error: user {person.id} has no role\n")


async def test_a_lost_phone_is_taken_off(
    world: World, database: Database, settings: Settings, command: Command
) -> None:
    person, other = await world.people(2)
    for one in (person, other):
        await database.run(lambda tx, i=one.id: staff.grant(tx, i, staff.Role.SUPPORT))  # type: ignore[misc]
        enrolment = await database.run(
            lambda tx, i=one.id: totp.begin(tx, settings, i, "label")  # type: ignore[misc]
        )
        code = pyotp.TOTP(enrolment.secret).now()
        await database.run(
            lambda tx, i=one.id, c=code: totp.confirm(tx, settings, i, c)  # type: ignore[misc]
        )
    reset = await command("reset-totp", person.user["email"])
    assert reset.output == f"user {person.id} sets up a phone at the next sign-in\n"
    assert not await database.read(lambda tx: totp.is_enrolled(tx, person.id))
    assert await database.read(lambda tx: totp.is_enrolled(tx, other.id))
    entries = world.sql(
        "SELECT actor_id, subject_id FROM audit_log WHERE action = 'staff.totp_reset'"
    )
    assert entries == [(None, person.id)]
    again = await command("reset-totp", person.user["email"])
    assert (again.exit_code, again.output) == (0, f"user {person.id} had no phone set up\n")
    assert (await command("reset-totp", "nobody@flylive.example")).exit_code == 1
    world.sql("DELETE FROM staff_members")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grant", "nobody@example.com", "admin"), "There is no user nobody@example.com"),
        (("grant", "9" * 30, "admin"), "There is no user"),
        (("grant", "0", "admin"), "There is no user 0"),
        (("revoke", "nobody@example.com"), "There is no user"),
        (("grant", "nobody@example.com", "emperor"), "Invalid value for"),
        (("grant",), "Missing argument"),
    ],
)
async def test_what_cannot_be_done_says_so(
    world: World, command: Command, arguments: tuple[str, ...], words: str
) -> None:
    result = await command(*arguments)
    assert result.exit_code != 0
    assert words in result.output
    assert world.sql("SELECT count(*) FROM staff_members") == [(0,)]


async def test_blocked_and_deleted_staff_have_no_role(
    world: World, database: Database, command: Command
) -> None:
    for change in ("is_blocked = true, blocked_at = now()", "deleted_at = now()"):
        person = await world.register()
        await command("grant", str(person.id), "support")
        world.sql(f"UPDATE users SET {change} WHERE id = %s", person.id)
        assert await database.read(lambda tx, id=person.id: staff.find_role(tx, id)) is None
        world.sql("DELETE FROM staff_members")
