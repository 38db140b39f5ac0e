"""``flylive rankings``: the boards, made anew."""

import asyncio
from pathlib import Path

import click

from flylive.accounts.commands import Platform, data_option
from flylive.config import Settings
from flylive.database import Database
from flylive.rankings.rebuilds import by_command


@click.group("rankings")
def rankings_group() -> None:
    """Boards of who gave, got, earned and won most."""


@rankings_group.command("rebuild")
@data_option
@click.pass_obj
def rebuild_command(platform: Platform, data: Path | None) -> None:
    """Make the running boards anew from the gifts and the ledger; closed ones stay.

    Gifts go on meanwhile; the boards stand still until it is done.
    """

    async def inside(settings: Settings) -> None:
        database = Database(settings.serving_dsn, size=2, application_name="flylive-rankings")
        try:
            await by_command(database, settings, click.echo)
        finally:
            await database.close()

    try:
        with platform(data) as settings:
            asyncio.run(inside(settings))
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
