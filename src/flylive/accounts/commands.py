"""``flylive staff``: roles from the machine's own command line."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import click

from flylive.accounts import queries, staff
from flylive.accounts.staff import Role, StaffMember
from flylive.clock import render
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Problem

T = TypeVar("T")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the embedded database.",
)


Platform = Callable[[Path | None], AbstractContextManager[Settings]]
"""What the command line hands down: settings with a database behind them, for a while."""


def _run(platform: Platform, data: Path | None, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run `work` in one transaction; a refusal ends the command with its words."""

    async def inside(settings: Settings) -> T:
        database = Database(settings.serving_dsn, size=2, application_name="flylive-staff")
        try:
            return await database.run(work)
        finally:
            await database.close()

    try:
        with platform(data) as settings:
            return asyncio.run(inside(settings))
    except (Problem, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


@click.group("staff")
def staff_group() -> None:
    """Give, take and list the roles behind the console; take off a lost phone."""


@staff_group.command("grant")
@click.argument("email_or_id")
@click.argument("role", type=click.Choice([*(role.value for role in Role), "read-only"]))
@data_option
@click.pass_obj
def grant_command(platform: Platform, email_or_id: str, role: str, data: Path | None) -> None:
    """Give the user EMAIL_OR_ID this ROLE, in place of any other."""

    async def work(tx: Transaction) -> int:
        await staff.lock(tx)
        user_id = await staff.find_member(tx, email_or_id)
        await staff.grant(tx, user_id, Role(role))
        return user_id

    user_id = _run(platform, data, work)
    click.echo(f"user {user_id} is now {Role(role)}")


@staff_group.command("revoke")
@click.argument("email_or_id")
@data_option
@click.pass_obj
def revoke_command(platform: Platform, email_or_id: str, data: Path | None) -> None:
    """Take the role of the user EMAIL_OR_ID."""

    async def work(tx: Transaction) -> int:
        await staff.lock(tx)
        user_id = await staff.find_member(tx, email_or_id)
        await staff.revoke(tx, user_id)
        return user_id

    user_id = _run(platform, data, work)
    click.echo(f"user {user_id} has no role any more")


@staff_group.command("reset-totp")
@click.argument("email_or_id")
@data_option
@click.pass_obj
def reset_totp_command(platform: Platform, email_or_id: str, data: Path | None) -> None:
    """Take off the phone of the user EMAIL_OR_ID, who lost it; his console sessions end."""

    async def work(tx: Transaction) -> tuple[int, bool]:
        await staff.lock(tx)
        user_id = await staff.find_member(tx, email_or_id)
        await queries.lock_user(tx, user_id)
        return user_id, await staff.reset_totp(tx, user_id)

    user_id, was_set_up = _run(platform, data, work)
    click.echo(
        f"user {user_id} sets up a phone at the next sign-in"
        if was_set_up
        else f"user {user_id} had no phone set up"
    )


@staff_group.command("list")
@data_option
@click.pass_obj
def list_command(platform: Platform, data: Path | None) -> None:
    """List everybody with a role: id, role, since when, name, e-mail."""

    async def work(tx: Transaction) -> list[StaffMember]:
        return await staff.list_members(tx)

    for member in _run(platform, data, work):
        columns = (member.user_id, member.role, render(member.created_at), member.name)
        click.echo("\t".join(map(str, (*columns, member.email or "-"))))
