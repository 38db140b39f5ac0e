"""Reading the settings that hold, and making others hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.database.burst import Rows
from flylive.economy import rules
from flylive.economy.errors import SettingsChanged
from flylive.economy.rules import NAMES, Economy

NEWEST = "SELECT id, overrides::text FROM platform_settings ORDER BY id DESC LIMIT 1"
"""The row that holds, for whoever reads it with other statements at once; see :func:`of_rows`."""
_NEWEST = text(NEWEST.replace("::text", ""))
_INSERT = text(
    """
    INSERT INTO platform_settings (overrides, before, after, reason, changed_by, created_at)
    VALUES (CAST(:overrides AS jsonb), CAST(:before AS jsonb), CAST(:after AS jsonb), :reason,
            :changed_by, :at)
    RETURNING *
    """
)
_LIST = text("SELECT * FROM platform_settings WHERE id < :before_id ORDER BY id DESC LIMIT :limit")
_LAST = text(
    """
    SELECT DISTINCT ON (name) name, p.id, p.reason, p.changed_by, p.created_at
    FROM platform_settings p CROSS JOIN LATERAL jsonb_object_keys(p.after) AS name
    ORDER BY name, p.id DESC
    """
)


async def current(tx: Reading, settings: Settings) -> Economy:
    """What holds in this transaction."""
    row = await tx.row(_NEWEST)
    return rules.of(settings) if row is None else rules.of(settings, row.id, row.overrides)


def of_rows(settings: Settings, rows: Rows) -> Economy:
    """What holds, by the rows of :data:`NEWEST`."""
    if not rows:
        return rules.of(settings)
    version, overrides = rows[0]
    return rules.of(settings, version, msgspec.json.decode(overrides))


async def lock(tx: Transaction) -> None:
    """Let nobody else save settings, or odds that rest on them, until this transaction ends."""
    await tx.lock("economy")


def changed(
    settings: Settings, holds: Economy, overrides: Mapping[str, str], changes: Mapping[str, Any]
) -> tuple[dict[str, str], Economy]:
    """The overrides with these changes, None being the environment's again; what would hold."""
    made = {name: value for name, value in {**overrides, **changes}.items() if value is not None}
    return made, rules.of(settings, holds.version, made)


async def read_overrides(tx: Reading) -> tuple[int, dict[str, str]]:
    """The version that holds, and what it says in the environment's place."""
    row = await tx.row(_NEWEST)
    return (0, {}) if row is None else (row.id, row.overrides)


def check_version(version: int, expected: int) -> None:
    """Raises SettingsChanged where whoever changes them saw others."""
    if version != expected:
        raise SettingsChanged(
            f"version {version} holds, the change was made on {expected}", version=version
        )


def difference(before: Economy, after: Economy) -> dict[str, tuple[str, str]]:
    """The values that differ, by name: before and after, as they are shown."""
    return {
        name: (str(getattr(before, name)), str(getattr(after, name)))
        for name in NAMES
        if getattr(before, name) != getattr(after, name)
    }


async def save(
    tx: Transaction,
    overrides: Mapping[str, str],
    difference: Mapping[str, tuple[str, str]],
    *,
    reason: str,
    changed_by: int,
) -> Row[Any]:
    """Make these hold, under :func:`lock` and once they were checked."""
    values = {
        "overrides": overrides,
        "before": {name: before for name, (before, _) in difference.items()},
        "after": {name: after for name, (_, after) in difference.items()},
    }
    encoded = {name: msgspec.json.encode(value).decode() for name, value in values.items()}
    given = {"reason": reason, "changed_by": changed_by, "at": now()}
    return (await tx.execute(_INSERT, encoded | given)).one()


async def list_changes(tx: Reading, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` changes with a smaller id, newest first."""
    return await tx.rows(_LIST, {"before_id": before_id, "limit": limit})


async def last_changes(tx: Reading) -> dict[str, Row[Any]]:
    """For each setting that was ever changed, the change that came last."""
    return {row.name: row for row in await tx.rows(_LAST)}
