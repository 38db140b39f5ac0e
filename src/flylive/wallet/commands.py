"""``flylive verify``, ``seals`` and ``partitions``: the ledger's proof and its months."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg

from flylive.accounts.commands import Platform, data_option
from flylive.clock import now, render
from flylive.database import partitions as monthly
from flylive.database import strays
from flylive.wallet import proof
from flylive.wallet.invariants import Say
from flylive.wallet.proving import runs
from flylive.wallet.seals import export, sealing

_AGO = re.compile(r"(\d+)([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[datetime]):
    """``90m``, ``2h``, ``3d`` ago, or a moment in ISO 8601 (UTC unless it says otherwise)."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment, aware."""
        if ago := _AGO.match(value):
            return now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither like 2h nor like 2026-11-23T10:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Month(click.ParamType[date]):
    """``2026-11``."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The month's first day."""
        try:
            return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail(f"{value!r} is not a month like 2026-11", param, ctx)


@click.command("verify")
@data_option
@click.option(
    "--since", type=Moment(), help="Only what rows since then can tell: 2h, 3d, ISO 8601."
)
@click.option("--keep/--no-keep", default=True, help="Keep the run in proof_runs.")
@click.pass_obj
def verify_command(
    platform: Platform, since: datetime | None, keep: bool, data: Path | None
) -> None:
    """Prove that the money adds up; exit 1 and name each row that does not fit."""
    with platform(data) as settings, _progress() as progress:
        prove = runs.run if keep else proof.examine
        verdict = prove(settings.serving_dsn, progress.say, since=since, progress=progress.show)
    if verdict.rows_unfit:
        raise click.ClickException(f"{verdict.rows_unfit} rows do not fit")
    click.echo(f"every coin is accounted for: {verdict.rows_read:,} ledger rows")


class _Progress:
    """One line on a terminal, that is written over; elsewhere a line every few seconds."""

    PAUSE_SECONDS = 5.0

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self.started = self.shown = time.monotonic()

    def say(self, words: str) -> None:
        self.clear()
        click.echo(words)

    def show(self, words: str) -> None:
        seconds = time.monotonic()
        if self.is_terminal:
            click.echo(f"\r\x1b[K{words}", nl=False, err=True)
        elif seconds - self.shown >= self.PAUSE_SECONDS:
            self.shown = seconds
            click.echo(f"{seconds - self.started:.0f} s: {words}", err=True)

    def clear(self) -> None:
        if self.is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def _progress() -> Iterator[_Progress]:
    progress = _Progress()
    try:
        yield progress
    finally:
        progress.clear()


@click.group("seals")
def seals_group() -> None:
    """Seals over closed spans of the ledger: make, list, hand out."""


@seals_group.command("make")
@data_option
@click.pass_obj
def make_command(platform: Platform, data: Path | None) -> None:
    """Seal every row that nobody can come before any more, short spans too."""
    with platform(data) as settings:
        sealed = sealing.seal_closed(settings.serving_dsn, after=timedelta(0))
    click.echo(f"{sealed} spans sealed")


@seals_group.command("list")
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@data_option
@click.pass_obj
def list_seals_command(platform: Platform, last: int, data: Path | None) -> None:
    """The newest seals. Note the last one elsewhere: it stands for everything before it."""
    with platform(data) as settings, psycopg.connect(settings.serving_dsn) as connection:
        for seal, sealed_at in export.list_last(connection, last):
            click.echo(
                f"{seal.number:>8}  {seal.from_id:>12} – {seal.to_id:<12} {seal.row_count:>7} rows"
                f"  {render(sealed_at)}  {seal.seal}"
            )


@seals_group.command("export")
@click.argument("first", type=click.IntRange(1))
@click.argument("last", type=click.IntRange(1), required=False)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("ledger-export"),
    show_default=True,
    help="Folder to write into; it must not hold anything yet.",
)
@data_option
@click.pass_obj
def export_command(
    platform: Platform, first: int, last: int | None, folder: Path, data: Path | None
) -> None:
    """Write the spans of the seals FIRST to LAST as files that a stranger can check."""
    with platform(data) as settings, psycopg.connect(settings.serving_dsn) as connection:
        try:
            rows = export.export(connection, first, last or first, folder)
        except export.CannotExport as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{rows} rows in {folder}; to check them: python3 check_seals.py {folder}")


@click.group("partitions", invoke_without_command=True)
@data_option
@click.option("--make", is_flag=True, help="As `create`, before listing.")
@click.pass_context
def partitions_group(context: click.Context, make: bool, data: Path | None) -> None:
    """List the monthly partitions of the ledger and of the gifts; make, move, detach them."""
    if context.invoked_subcommand is None:
        _with_owner(context.obj, data, _create(monthly.MONTHS_AHEAD) if make else None)


@partitions_group.command("list")
@data_option
@click.pass_obj
def list_command(platform: Platform, data: Path | None) -> None:
    """Every month, detached ones included, and what lies in DEFAULT."""
    _with_owner(platform, data, None)


@partitions_group.command("create")
@click.option(
    "--ahead",
    type=click.IntRange(0, 120),
    default=monthly.MONTHS_AHEAD,
    show_default=True,
    help="Months after this one.",
)
@data_option
@click.pass_obj
def create_command(platform: Platform, ahead: int, data: Path | None) -> None:
    """Make the months that are missing."""
    _with_owner(platform, data, _create(ahead))


@partitions_group.command("move")
@data_option
@click.pass_obj
def move_command(platform: Platform, data: Path | None) -> None:
    """Move what lies in DEFAULT into months of its own. Gifts wait while it lasts."""

    def work(connection: psycopg.Connection[Any], say: Say) -> None:
        for stray in strays.count_strays(connection):
            moved = strays.move_strays(connection, stray)
            say(f"moved {moved} rows of {stray.table} to {stray.month:%Y-%m}")

    _with_owner(platform, data, work)


TABLE = click.Choice(sorted(monthly.PARTITIONED))


@partitions_group.command("detach")
@click.argument("table", type=TABLE)
@click.argument("month", type=Month())
@data_option
@click.pass_obj
def detach_command(platform: Platform, table: str, month: date, data: Path | None) -> None:
    """Take MONTH out of TABLE; it stands beside it, and the proof goes on reading it."""
    _with_owner(
        platform,
        data,
        lambda connection, say: say(
            f"detached {strays.detach_partition(connection, table, month)}"
        ),
    )


@partitions_group.command("attach")
@click.argument("table", type=TABLE)
@click.argument("month", type=Month())
@data_option
@click.pass_obj
def attach_command(platform: Platform, table: str, month: date, data: Path | None) -> None:
    """Put a detached MONTH back into TABLE."""
    _with_owner(
        platform,
        data,
        lambda connection, say: say(
            f"attached {strays.attach_partition(connection, table, month)}"
        ),
    )


def _create(ahead: int) -> Callable[[psycopg.Connection[Any], Say], None]:
    def work(connection: psycopg.Connection[Any], say: Say) -> None:
        ensured = monthly.ensure_partitions(connection, ahead=ahead)
        for name in ensured.made:
            say(f"made {name}")
        for name in ensured.blocked:
            click.echo(f"{name}: rows of that month lie in DEFAULT", err=True)

    return work


def _with_owner(
    platform: Platform,
    data: Path | None,
    work: Callable[[psycopg.Connection[Any], Say], None] | None,
) -> None:
    """Do something as the owner, then list what there is."""
    with platform(data) as settings, psycopg.connect(settings.owner_dsn) as connection:
        connection.autocommit = True
        if work is not None:
            try:
                work(connection, click.echo)
            except strays.PartitionRefused as error:
                raise click.ClickException(str(error)) from error
            except psycopg.errors.LockNotAvailable as error:
                raise click.ClickException(
                    "the table stays in use; nothing has changed, try again"
                ) from error
            except psycopg.errors.InsufficientPrivilege as error:
                raise click.ClickException(
                    "only the owner may: set FLYLIVE_OWNER_DATABASE_URL"
                ) from error
        _list(connection)


def _list(connection: psycopg.Connection[Any]) -> None:
    for partition in monthly.list_partitions(connection):
        month = partition.month.strftime("%Y-%m") if partition.month else "DEFAULT"
        rows = "?" if partition.rows is None else str(partition.rows)
        click.echo(f"{partition.table:<20} {month:<8} {partition.name:<32} {rows:>12} rows")
    for detached in monthly.list_detached(connection):
        click.echo(f"{detached.table:<20} {detached.month:%Y-%m}  {detached.name:<32}     detached")
    for stray in strays.count_strays(connection):
        click.echo(
            f"{stray.table}: {stray.rows} rows of {stray.month:%Y-%m} lie in DEFAULT;"
            " `flylive partitions move` gives them a month",
            err=True,
        )
