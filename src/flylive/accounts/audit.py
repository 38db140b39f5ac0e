"""The audit log: what staff did, to whom, why, and what it was before and after.

An entry is written in the transaction of the act, so there is never one without the other;
the serving role can add entries and not change them.
"""

from collections.abc import Mapping, Sequence
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


_LIST = text(
    """
    SELECT * FROM audit_log
    WHERE id < :before_id
      AND (CAST(:actor_id AS bigint) IS NULL OR actor_id = :actor_id)
      AND (CAST(:subject_type AS text) IS NULL OR subject_type = :subject_type)
      AND (CAST(:subject_id AS bigint) IS NULL OR subject_id = :subject_id)
      AND (CAST(:action AS text) IS NULL OR action = :action)
    ORDER BY id DESC LIMIT :limit
    """
)


async def list_entries(
    tx: Reading,
    *,
    before_id: int,
    limit: int,
    actor_id: int | None = None,
    subject_type: str | None = None,
    subject_id: int | None = None,
    action: str | None = None,
) -> Sequence[Row[Any]]:
    """Up to `limit` entries older than the one with id `before_id`, newest first."""
    return await tx.rows(
        _LIST,
        {
            "before_id": before_id,
            "limit": limit,
            "actor_id": actor_id,
            "subject_type": subject_type,
            "subject_id": subject_id,
            "action": action,
        },
    )
