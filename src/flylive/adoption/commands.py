"""``flylive adopt``: take over a database of the Laravel project."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from flylive.config import Settings

Platform = Callable[[Path | None], AbstractContextManager[Settings]]
"""What the command line hands down: settings with a database behind them, for a while."""


def _zone(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter("is no time zone, such as UTC or Asia/Dubai") from error
    return value


@click.command("adopt")
@click.option("--apply", "in_earnest", is_flag=True, help="Do it; without, it is only tried.")
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    callback=_zone,
    help="Zone that Laravel's timestamps are in (its APP_TIMEZONE).",
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the whole report, every row named, to this file as JSON.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the embedded database.",
)
@click.pass_obj
def adopt_command(
    platform: Platform,
    in_earnest: bool,
    timezone: str,
    report_path: Path | None,
    data: Path | None,
) -> None:
    """Take over a Laravel database that has the seed's tables; without --apply only try it.

    The old tables move to the schema "laravel" as they are, ours take their place, and every row
    is carried over, in one transaction. A try does all of it beside the old tables and rolls
    back, so that its report is true; it needs the disk space for a second copy. docs/adopting.md
    goes through it step by step.
    """
    from psycopg.conninfo import conninfo_to_dict

    from flylive.adoption.adopt import adopt
    from flylive.adoption.errors import CannotAdopt
    from flylive.adoption.report import as_json, tell
    from flylive.adoption.survey import ASIDE_SCHEMA

    try:
        with platform(data) as settings:
            serving = conninfo_to_dict(settings.serving_dsn).get("user")
            report = adopt(
                settings,
                str(serving) if serving else None,
                in_earnest=in_earnest,
                timezone=timezone,
                say=click.echo,
                wants_all=report_path is not None,
            )
    except CannotAdopt as error:
        raise click.ClickException(str(error)) from error
    tell(report, click.echo)
    if report_path is not None:
        report_path.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n")
        click.echo(f"\nThe whole report is in {report_path}.")
    if in_earnest:
        click.echo(
            f"\nAdopted in {report.seconds:.0f} s. The old tables stand in the schema"
            f" {ASIDE_SCHEMA}, plain passwords of rooms among them: drop it when you need it no"
            " more."
        )
    else:
        click.echo(
            f"\nTried in {report.seconds:.0f} s and rolled back: nothing has changed. With --apply"
            " it is done."
        )
