"""Alembic's entry: where to migrate, which tables count, one migrator at a time.

The address is that of ``flylive migrate`` when it runs us; ``-x url=…`` on the command
line; else the settings' owner address. Versions go forward only: a ledger is never
dropped by a migration, so there is no ``downgrade``.
"""

import importlib
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

import flylive
from flylive.config import Settings
from flylive.database import migrate
from flylive.database.base import Base

SOURCES = Path(flylive.__path__[0])
for models in sorted(SOURCES.rglob("models.py")):
    package = ".".join(models.parent.relative_to(SOURCES).parts)
    importlib.import_module(f"flylive.{package}.models")


def run(connection: Connection) -> None:
    """Run the versions, each in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        include_name=migrate.is_ours,
        include_object=migrate.is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate over the caller's connection, or over one of our own."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    with migrate.connected(url or Settings().owner_dsn) as connection:
        run(connection)


if context.is_offline_mode():
    raise SystemExit("only online: the versions read the database that they change")
main()
