"""All SQL over reports."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_INSERT = text(
    """
    INSERT INTO reports (reporter_id, subject_type, subject_id, subject_user_id, reason, details,
                         evidence, created_at)
    VALUES (:reporter_id, :subject_type, :subject_id, :subject_user_id, :reason, :details,
            CAST(:evidence AS jsonb), :at)
    ON CONFLICT (reporter_id, subject_type, subject_id) WHERE status = 'open' DO NOTHING
    RETURNING *
    """
)
_FIND_OPEN = text(
    """
    SELECT * FROM reports WHERE reporter_id = :reporter_id AND subject_type = :subject_type
        AND subject_id = :subject_id AND status = 'open'
    """
)
_OTHERS = """
    (SELECT count(*) FROM reports o WHERE o.subject_type = r.subject_type
     AND o.subject_id = r.subject_id AND o.id <> r.id) AS others
"""
_LIST = text(
    f"""
    SELECT r.*, {_OTHERS} FROM reports r
    WHERE r.id < :before
      AND (CAST(:status AS text) IS NULL OR r.status = :status)
      AND (CAST(:subject_type AS text) IS NULL OR r.subject_type = :subject_type)
      AND (CAST(:subject_user_id AS bigint) IS NULL OR r.subject_user_id = :subject_user_id)
      AND (CAST(:reporter_id AS bigint) IS NULL OR r.reporter_id = :reporter_id)
    ORDER BY r.id DESC LIMIT :limit
    """
)
_LOCK = text("SELECT * FROM reports WHERE id = :report_id FOR NO KEY UPDATE")
_FIND = text(f"SELECT r.*, {_OTHERS} FROM reports r WHERE r.id = :report_id")
_DECIDE = text(
    """
    UPDATE reports SET status = :status, decision = :decision, decided_by = :decided_by,
                       decided_at = :at
    WHERE id = :report_id
    """
)


async def insert(tx: Transaction, *, evidence: Any, **values: Any) -> Row[Any]:
    """A new report, or the open one that the reporter has of this subject already."""
    document = msgspec.json.encode(evidence).decode()
    row = await tx.row(_INSERT, values | {"evidence": document, "at": now()})
    if row is not None:
        return row
    found = await find_open(tx, values["reporter_id"], values["subject_type"], values["subject_id"])
    # Decided between the two statements: then this one is a new one after all.
    return found if found is not None else await insert(tx, evidence=evidence, **values)


async def find_open(
    tx: Reading, reporter_id: int, subject_type: str, subject_id: int
) -> Row[Any] | None:
    """The reporter's open report of the subject."""
    return await tx.row(
        _FIND_OPEN,
        {"reporter_id": reporter_id, "subject_type": subject_type, "subject_id": subject_id},
    )


async def list_reports(tx: Reading, **wanted: Any) -> Sequence[Row[Any]]:
    """Up to `limit` reports before the one with id `before`, newest first."""
    return await tx.rows(_LIST, wanted)


async def find(tx: Reading, report_id: int) -> Row[Any] | None:
    """A report, with the number of others of its subject."""
    return await tx.row(_FIND, {"report_id": report_id})


async def lock(tx: Transaction, report_id: int) -> Row[Any] | None:
    """A report, locked."""
    return await tx.row(_LOCK, {"report_id": report_id})


async def decide(
    tx: Transaction, report_id: int, *, status: str, decision: str, decided_by: int
) -> None:
    """Close a report."""
    await tx.execute(
        _DECIDE,
        {
            "report_id": report_id,
            "status": status,
            "decision": decision,
            "decided_by": decided_by,
            "at": now(),
        },
    )
