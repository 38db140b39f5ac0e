"""``flylive statistics``: the sums of the dashboard, made anew."""

from pathlib import Path

import click

from flylive.accounts.commands import Platform, data_option
from flylive.statistics.folding import Busy, rebuild


@click.group("statistics")
def statistics_group() -> None:
    """Sums by hour, day, month and country."""


@statistics_group.command("rebuild")
@data_option
@click.pass_obj
def rebuild_command(platform: Platform, data: Path | None) -> None:
    """Make all sums anew from the ledger, in the zone of FLYLIVE_TIMEZONE.

    Nobody waits meanwhile: the old sums are shown until the new ones have caught up. Killed, it
    goes on where it was when it is started again.
    """
    try:
        with platform(data) as settings:
            rebuild(settings.serving_dsn, settings.timezone, click.echo)
    except (RuntimeError, Busy) as error:
        raise click.ClickException(str(error)) from error
