"""``flylive demo``: the demo world, and the guests who live in it."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from flylive.config import Settings

Platform = Callable[[Path | None], AbstractContextManager[Settings]]
"""What the command line hands down: settings with a database behind them, for a while."""

PASSWORD_LENGTH = 16


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the embedded database.",
)
@click.option("--guests", is_flag=True, help="Let demo users live in three rooms until SIGTERM.")
@click.option(
    "--pace",
    type=click.FloatRange(0.02, 600),
    default=2.0,
    show_default=True,
    help="With --guests: seconds between two events of a room, on average.",
)
@click.option("--force", is_flag=True, help="Also where FLYLIVE_ENV says production.")
@click.pass_obj
def demo(platform: Platform, data: Path | None, guests: bool, pace: float, force: bool) -> None:
    """Fill an empty database with a little world, and print its log-ins.

    In a database that has users nothing is done.
    """
    from flylive.errors import Problem

    try:
        with platform(data) as settings:
            if guests:
                _let_guests_live(settings, pace)
            else:
                _make_world(settings, force)
    except (Problem, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


def _let_guests_live(settings: Settings, pace_seconds: float) -> None:
    from flylive.demo.guests.run import NoDemoWorld, keep_alive

    try:
        asyncio.run(keep_alive(settings, pace_seconds))
    except NoDemoWorld as error:
        raise click.ClickException(str(error)) from error


def _make_world(settings: Settings, force: bool) -> None:
    import structlog

    from flylive.accounts import passwords, rules
    from flylive.database import Database
    from flylive.demo.roster import ADMIN_EMAIL, RESELLER_EMAIL, STAFF, USERS, user_email
    from flylive.demo.world import make_world
    from flylive.ids import new_secret

    # What stands on stdout are the log-ins, and nothing else: `up` shows it as such.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # Nobody who names no environment has one to spoil: the database is empty, or nothing is done.
    is_named = "env" in settings.model_fields_set
    if settings.env == "production" and is_named and not force:
        raise click.ClickException(
            "this is production (FLYLIVE_ENV): demo accounts and demo money have no place here; "
            "--force makes them all the same, in an empty database"
        )
    given = settings.demo_password
    password = given.get_secret_value() if given is not None else new_secret(PASSWORD_LENGTH)
    try:
        rules.password(password)
    except ValueError as error:
        raise click.ClickException(f"FLYLIVE_DEMO_PASSWORD {error}") from error

    def say(line: str) -> None:
        click.echo(line, err=True)

    async def make() -> bool:
        database = Database(settings.serving_dsn, size=2, application_name="flylive-demo")
        try:
            # Argon2 is meant to be slow: once, for all of them.
            return await make_world(
                database, settings, await passwords.hash_password(password), say
            )
        finally:
            await database.close()

    if not asyncio.run(make()):
        say("the database has users already: nothing done")
        return
    shown = password if given is None else "the one in FLYLIVE_DEMO_PASSWORD"
    click.echo(f"Demo log-ins, all with the password {shown}")
    click.echo(f"  users      {user_email(1)} … {user_email(USERS)}")
    click.echo(f"  reseller   {RESELLER_EMAIL}")
    click.echo(f"  admin      {ADMIN_EMAIL}")
    others = ", ".join(employee.email for employee in STAFF if employee.email != ADMIN_EMAIL)
    click.echo(f"  staff      {others}")
