"""Saving a row of a catalogue: made new, or another one's new columns."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Table, insert, null, update

from flylive.clock import now
from flylive.database.transaction import Transaction


async def save(
    tx: Transaction, table: Table, values: Mapping[str, Any], before: Row[Any] | None
) -> Row[Any]:
    """Insert a row of the catalogue, or update the one that is held; as it is then."""
    at = now()
    # A bare None would become JSON's null in a column of JSON.
    given = {name: null() if value is None else value for name, value in values.items()}
    if before is None:
        made = insert(table).values(created_at=at, updated_at=at, **given).returning(*table.c)
        return (await tx.execute(made)).one()
    changed = update(table).where(table.c.id == before.id).values(updated_at=at, **given)
    return (await tx.execute(changed.returning(*table.c))).one()
