"""What the staff's addresses of levels, badges, frames and themes have in common."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Row

from flylive.accounts import audit
from flylive.accounts.audit import Actor
from flylive.console import rules
from flylive.database import Transaction
from flylive.errors import InvalidRequest
from flylive.http.fields import FieldChecks
from flylive.rooms.rules import free_text

MAX_NAME, MAX_DESCRIPTION = 100, 2_000


def read(data: msgspec.Struct, *amounts: str) -> tuple[str, dict[str, Any]]:
    """The reason, and the columns that were sent, as they are kept.

    `amounts` are fields of money, kept in hundredths until :func:`prices` makes them decimals.
    Raises InvalidRequest that names every field at fault.
    """
    checks = FieldChecks()
    values = {
        name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET
    }
    reason = checks.field("reason", rules.reason, values.pop("reason"))
    for name, longest in (("name", MAX_NAME), ("category", 50)):
        if isinstance(values.get(name), str):
            values[name] = checks.field(name, partial(_line, longest=longest), values[name])
    if isinstance(values.get("description"), str):
        values["description"] = checks.field(
            "description", lambda text: free_text(text, MAX_DESCRIPTION), values["description"]
        )
    for name in amounts:
        if name in values:
            values[name] = checks.field(name, rules.price, values[name])
    checks.done()
    assert reason is not None
    return reason, values


def _line(text: str, longest: int) -> str:
    """Trimmed, 1–`longest` characters on one line."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= longest or not trimmed.isprintable():
        raise ValueError(f"must have 1–{longest} characters on one line")
    return trimmed


def something(values: Mapping[str, Any]) -> None:
    """Raises InvalidRequest where a change names nothing to be changed."""
    if not values:
        raise InvalidRequest("name at least one field to change")


async def note(
    tx: Transaction,
    actor: Actor,
    kind: str,
    reason: str,
    before: Row[Any] | None,
    after: Row[Any],
) -> None:
    """Write the audit log: what was made, or what of it is another now."""
    new = after._asdict()
    old = before._asdict() if before is not None else {}
    changed = [name for name in new if name != "updated_at" and new[name] != old.get(name)]
    if before is not None and not changed:
        return
    await audit.write(
        tx,
        actor,
        f"{kind}.{'create' if before is None else 'edit'}",
        (kind, after.id),
        reason=reason,
        before={name: old[name] for name in changed if name in old},
        after={name: new[name] for name in changed},
    )
