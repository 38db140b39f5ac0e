"""``flylive``: the platform's commands. Every one takes ``--data`` and has ``--help``.

Each command imports what it runs when it runs, so that ``--help`` and the second ``up`` do not
wait for what they do not need.
"""

import importlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click
from pydantic import SecretStr, ValidationError

from flylive.config import Settings

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """``--data DIR``: where the embedded database lives."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        help="Folder of the embedded database (default: FLYLIVE_DATA, else .flylive).",
    )(command)


def read_settings(data: Path | None) -> Settings:
    """The settings, with `data` over the environment's; a clear message where one is wrong."""
    try:
        return Settings(data=data) if data is not None else Settings()
    except ValidationError as error:
        lines = [
            f"FLYLIVE_{'.'.join(map(str, entry['loc'])).upper()}: {entry['msg']}"
            for entry in error.errors()
        ]
        raise click.ClickException("\n".join(lines)) from error


@contextmanager
def open_platform(data: Path | None) -> Iterator[Settings]:
    """Settings with a database behind them: DATABASE_URL's, else the embedded one.

    An embedded server that does not run is started for as long as the command takes.
    """
    from flylive import logs

    settings = read_settings(data)
    if settings.database_url is not None:
        logs.configure(settings)
        yield settings
        return
    from flylive.launcher.errors import LauncherError
    from flylive.launcher.postgres import ensure

    try:
        with ensure(settings.data) as addresses:
            # For the processes that this command may start in turn.
            os.environ["DATABASE_URL"] = addresses.serving_url
            os.environ["FLYLIVE_OWNER_DATABASE_URL"] = addresses.owner_url
            settings = settings.model_copy(
                update={
                    "database_url": SecretStr(addresses.serving_url),
                    "owner_database_url": SecretStr(addresses.owner_url),
                }
            )
            logs.configure(settings)
            yield settings
    except LauncherError as error:
        raise click.ClickException(str(error)) from error


class Commands(click.Group):
    """The commands below, and those that live with their slice, imported when asked for."""

    elsewhere: ClassVar[dict[str, str]] = {
        "adopt": "flylive.adoption.commands:adopt_command",
        "demo": "flylive.demo.commands:demo",
        "fairness": "flylive.gifts.commands:fairness_group",
        "partitions": "flylive.wallet.commands:partitions_group",
        "rankings": "flylive.rankings.commands:rankings_group",
        "reseller": "flylive.resellers.commands:reseller_group",
        "seals": "flylive.wallet.commands:seals_group",
        "statistics": "flylive.statistics.commands:statistics_group",
        "staff": "flylive.accounts.commands:staff_group",
        "verify": "flylive.wallet.commands:verify_command",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted([*super().list_commands(ctx), *self.elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name."""
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.elsewhere[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """FlyLive, the backend for live voice rooms."""
    context.obj = open_platform


@main.command()
@data_option
@click.option("--host", default=None, help="Address to bind to (default: FLYLIVE_HOST).")
@click.option("--port", type=int, default=None, help="Port (default: FLYLIVE_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="API processes.")
def serve(data: Path | None, host: str | None, port: int | None, workers: int) -> None:
    """Serve everything HTTP until SIGTERM or Ctrl-C; running requests are finished."""
    import uvicorn

    from flylive.http.protocol import ExpressProtocol

    with open_platform(data) as settings:
        uvicorn.run(
            "flylive.asgi:app_from_environment",
            factory=True,
            host=host or settings.host,
            port=settings.port if port is None else port,
            workers=workers,
            loop="uvloop",
            http=ExpressProtocol,
            ws="none",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )


@main.command()
@data_option
@click.option("--host", default=None, help="Address to bind to (default: FLYLIVE_HOST).")
@click.option("--port", type=int, default=None, help="Port (default: FLYLIVE_GATEWAY_PORT).")
def gateway(data: Path | None, host: str | None, port: int | None) -> None:
    """Serve the sockets until SIGTERM or Ctrl-C; clients are told to come back."""
    from flylive.gateway import server

    with open_platform(data) as settings:
        changed = {
            name: value
            for name, value in (("host", host), ("gateway_port", port))
            if value is not None
        }
        server.main(settings.model_copy(update=changed))


@main.command()
@data_option
def worker(data: Path | None) -> None:
    """Fold gifts, turn over sums, take out the absent, run jobs; until SIGTERM or Ctrl-C."""
    import asyncio

    from flylive.worker import work

    with open_platform(data) as settings:
        asyncio.run(work(settings))


@main.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to the newest version, make partitions, grant the serving role."""
    from alembic.util import CommandError
    from psycopg.conninfo import conninfo_to_dict

    from flylive.database.migrate import migrate as bring_up_to_date

    with open_platform(data) as settings:
        serving = conninfo_to_dict(settings.serving_dsn).get("user")
        try:
            result = bring_up_to_date(settings.owner_dsn, str(serving) if serving else None)
        except CommandError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"at version {result.revision}")
        for name in result.partitions:
            click.echo(f"made partition {name}")
        for warning in result.warnings:
            click.echo(f"warning: {warning}", err=True)


@main.command()
@data_option
def openapi(data: Path | None) -> None:
    """Print the API's description (OpenAPI 3.1, JSON)."""
    from flylive.asgi import create_app
    from flylive.http.description import describe

    settings = read_settings(data)
    described = settings.model_copy(
        update={"database_url": settings.database_url or SecretStr("dbname=described")}
    )
    click.echo(json.dumps(describe(create_app(described)), indent=2))


@main.command()
@data_option
@click.option("--dsn", is_flag=True, help="Print the owner's libpq address alone.")
def config(data: Path | None, dsn: bool) -> None:
    """Print every setting, its value (secrets masked) and where it comes from."""
    from flylive.launcher.cluster import Access
    from flylive.launcher.errors import LauncherError

    settings = read_settings(data)
    if dsn:
        if settings.database_url is not None:
            click.echo(settings.owner_dsn)
            return
        try:
            click.echo(Access.load(settings.data / "postgres.json").addresses.owner_url)
        except LauncherError as error:
            raise click.ClickException(str(error)) from error
        return
    for name, field in Settings.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"FLYLIVE_{name.upper()}"
        source = "default"
        if variable in os.environ:
            source = f"environment {variable}"
        elif name == "data" and data is not None:
            source = "--data"
        value = getattr(settings, name)
        shown = "**********" if isinstance(value, SecretStr) else value
        click.echo(f"{name} = {shown}  ({source})  # {field.description}")


if __name__ == "__main__":
    main()
