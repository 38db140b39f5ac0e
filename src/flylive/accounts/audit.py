"""The audit log: what staff did, to whom, why, and what it was before and after.

An entry is written in the transaction of the act, so there is never one without the other;
the serving role can add entries and not change them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction


class Actor(NamedTuple):
    """Who acts: a member of the staff in his role, from this address.

    Without a user it is the machine's own command line.
    """

    user_id: int | None
    role: str | None
    ip_address: str | None


COMMAND_LINE = Actor(None, None, None)

_WRITE = text(
    """
    INSERT INTO audit_log (actor_id, actor_role, action, subject_type, subject_id, reason,
                           before, after, ip_address, created_at)
    VALUES (:actor_id, :actor_role, :action, :subject_type, :subject_id, :reason,
            CAST(:before AS jsonb), CAST(:after AS jsonb), :ip_address, :at)
    """
)


async def write(
    tx: Transaction,
    actor: Actor,
    action: str,
    subject: tuple[str, int],
    *,
    reason: str | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Note what `actor` did to `subject` (its type and id) in this transaction.

    `action` is ``noun.verb``; a reason is needed from whoever is not the command line; `before`
    and `after` hold the columns that the act changed.
    """
    await tx.execute(
        _WRITE,
        {
            "actor_id": actor.user_id,
            "actor_role": actor.role,
            "action": action,
            "subject_type": subject[0],
            "subject_id": subject[1],
            "reason": reason,
            "before": msgspec.json.encode(before).decode(),
            "after": msgspec.json.encode(after).decode(),
            "ip_address": actor.ip_address,
            "at": now(),
        },
    )


class Search(NamedTuple):
    """What is looked for in the log; None stands for anything. `until` itself is not in it.

    `words` are a part of the reason.
    """

    actor_id: int | None = None
    subject_type: str | None = None
    subject_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None


_CONDITIONS = {
    "actor_id": "actor_id = :actor_id",
    "subject_type": "subject_type = :subject_type",
    "subject_id": "subject_id = :subject_id",
    "action": "action = :action",
    "since": "created_at >= :since",
    "until": "created_at < :until",
    "words": "reason ILIKE :words",
}


async def list_entries(
    tx: Reading, search: Search, *, before_id: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` entries older than the one with id `before_id`, newest first.

    Only the conditions that are asked for are said, so that each finds its index.
    """
    asked = {name: value for name, value in search._asdict().items() if value is not None}
    if search.words is not None:
        escaped = search.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        asked["words"] = f"%{escaped}%"
    conditions = " AND ".join(["id < :before_id", *(_CONDITIONS[name] for name in asked)])
    statement = text(f"SELECT * FROM audit_log WHERE {conditions} ORDER BY id DESC LIMIT :limit")
    return await tx.rows(statement, asked | {"before_id": before_id, "limit": limit})
