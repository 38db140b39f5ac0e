"""Showing findings and deciding on them. The caller has asked for rights."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import audit
from flylive.accounts import queries as accounts
from flylive.accounts.audit import Actor
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.rings import looking
from flylive.rings.errors import FindingState, RunUnderWay, UnknownFinding
from flylive.rings.schemas import EvidenceView, FindingDetail, FindingView, MemberView, RunView
from flylive.wallet.holds import service as holds

_COLUMNS = """
    f.*, (SELECT count(*) FROM ring_members m WHERE m.finding_id = f.id) AS members_count
"""
_LIST = text(
    f"""
    SELECT {_COLUMNS} FROM ring_findings f
    WHERE f.id < :before_id
      AND (CAST(:status AS text) IS NULL OR f.status = :status)
      AND (CAST(:kind AS text) IS NULL OR f.kind = :kind)
      AND (CAST(:user_id AS bigint) IS NULL OR f.id IN (
               SELECT finding_id FROM ring_members WHERE user_id = :user_id))
    ORDER BY f.id DESC LIMIT :limit
    """
)
_FIND = text(f"SELECT {_COLUMNS} FROM ring_findings f WHERE f.id = :finding_id")
_LOCK = text("SELECT * FROM ring_findings WHERE id = :finding_id FOR NO KEY UPDATE")
_MEMBERS = text(
    "SELECT user_id, role FROM ring_members WHERE finding_id = :finding_id ORDER BY role, user_id"
)
_EVIDENCE = text("SELECT * FROM ring_evidence WHERE finding_id = :finding_id ORDER BY id")
_DECIDE = text(
    """
    UPDATE ring_findings SET status = :status, decided_by = :by, decided_at = :at,
        decision = :reason, updated_at = :at
    WHERE id = :finding_id
    """
)
_HELD_BY_OTHERS = text(
    """
    SELECT DISTINCT ON (m.user_id) m.user_id, f.id, f.decision
    FROM ring_members m JOIN ring_findings f ON f.id = m.finding_id
    WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND f.status = 'held'
    ORDER BY m.user_id, f.id
    """
)
_RUNS = text("SELECT * FROM ring_runs WHERE id < :before_id ORDER BY id DESC LIMIT :limit")
_RUN = text("SELECT * FROM ring_runs WHERE id = :run_id")
_UNDER_WAY = text(
    "SELECT id FROM ring_runs WHERE finished_at IS NULL AND asked_by IS NOT NULL LIMIT 1"
)
_RUNS_LOCK = "ring runs"


async def list_findings(tx: Reading, **values: Any) -> Sequence[Row[Any]]:
    """Findings, newest first: `status`, `kind`, `user_id` (or None), `before_id`, `limit`."""
    return await tx.rows(_LIST, values)


def view(row: Row[Any]) -> FindingView:
    """A finding in a list."""
    return msgspec.convert(row._asdict(), FindingView)


async def detail(tx: Reading, finding_id: int) -> FindingDetail:
    """A finding with members and evidence. Raises UnknownFinding."""
    row = await tx.row(_FIND, {"finding_id": finding_id})
    if row is None:
        raise UnknownFinding
    members = await tx.rows(_MEMBERS, {"finding_id": finding_id})
    ids = [member.user_id for member in members]
    cards = await accounts.cards(tx, ids)
    held = {hold.user_id for hold in await holds.find_active(tx, ids)}
    shown = row._asdict() | {
        "members": [
            MemberView(user=cards[member.user_id], role=member.role, is_held=member.user_id in held)
            for member in members
        ],
        "evidence": [
            msgspec.convert(one._asdict(), EvidenceView)
            for one in await tx.rows(_EVIDENCE, {"finding_id": finding_id})
        ],
    }
    return msgspec.convert(shown, FindingDetail)


async def lock(tx: Transaction, finding_id: int) -> tuple[Row[Any], list[int]]:
    """A finding, locked, and its members' ids; people come after it. Raises UnknownFinding."""
    row = await tx.row(_LOCK, {"finding_id": finding_id})
    if row is None:
        raise UnknownFinding
    members = await tx.rows(_MEMBERS, {"finding_id": finding_id})
    return row, sorted(member.user_id for member in members)


async def dismiss(tx: Transaction, actor: Actor, finding: Row[Any], reason: str) -> None:
    """Say that it is nothing; found again, it stays so. Raises FindingState."""
    await _decide(tx, actor, finding, "dismiss", "dismissed", reason, {"open"})


async def reopen(tx: Transaction, actor: Actor, finding: Row[Any], reason: str) -> None:
    """Take a dismissal back. Raises FindingState."""
    await _decide(tx, actor, finding, "reopen", "open", reason, {"dismissed"})


async def hold(
    tx: Transaction, actor: Actor, finding: Row[Any], user_ids: Sequence[int], reason: str
) -> None:
    """Hold exchange and transfers of these locked members who are not held yet.

    Raises FindingState.
    """
    await _decide(tx, actor, finding, "hold", "held", reason, {"open"})
    held = {one.user_id for one in await holds.find_active(tx, user_ids)}
    for user_id in sorted(set(user_ids) - held):
        await holds.place(tx, actor, user_id, reason, finding.id)


async def lift(
    tx: Transaction, actor: Actor, finding: Row[Any], user_ids: Sequence[int], reason: str
) -> None:
    """Lift the holds that this finding placed on these locked members; whom another held finding
    is about is held for that one from then on. Raises FindingState.
    """
    await _decide(tx, actor, finding, "lift", "open", reason, {"held"})
    active = await holds.find_active(tx, user_ids)
    freed = [one.user_id for one in active if one.finding_id == finding.id]
    others = {one.user_id: one for one in await tx.rows(_HELD_BY_OTHERS, {"user_ids": freed})}
    for user_id in freed:
        await holds.lift(tx, actor, user_id, reason)
        if (other := others.get(user_id)) is not None:
            # A person has one hold at a time: when the other finding was held, he had this one.
            await holds.place(tx, actor, user_id, other.decision, other.id)


async def ask(tx: Transaction, actor: Actor, days: int, reason: str) -> RunView:
    """Look now, over the last `days`. Raises RunUnderWay."""
    await tx.lock(_RUNS_LOCK)
    under_way = await tx.scalar(_UNDER_WAY)
    if under_way is not None:
        raise RunUnderWay("wait until it is done", run_id=under_way)
    run = await looking.begin(tx, actor.user_id, days)
    assert run is not None
    await audit.write(
        tx, actor, "ring.look", ("ring_run", run.id), reason=reason, before={},
        after={"days": days},
    )  # fmt: skip
    return run_view(run)


async def list_runs(tx: Reading, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """Runs, newest first."""
    return await tx.rows(_RUNS, {"before_id": before_id, "limit": limit})


async def find_run(tx: Reading, run_id: int) -> Row[Any] | None:
    """A run."""
    return await tx.row(_RUN, {"run_id": run_id})


def run_view(run: Row[Any]) -> RunView:
    """A run with how far it is."""
    return msgspec.convert(
        run._asdict() | {"progress_percent": looking.progress_percent(run)}, RunView
    )


async def _decide(
    tx: Transaction,
    actor: Actor,
    finding: Row[Any],
    verb: str,
    status: str,
    reason: str,
    from_: set[str],
) -> None:
    if finding.status not in from_:
        raise FindingState(f"it is {finding.status}", finding_status=finding.status)
    await tx.execute(
        _DECIDE,
        {"finding_id": finding.id, "status": status, "by": actor.user_id, "at": now(),
         "reason": reason},
    )  # fmt: skip
    await audit.write(
        tx,
        actor,
        f"ring.{verb}",
        ("ring_finding", finding.id),
        reason=reason,
        before={"status": finding.status},
        after={"status": status},
    )
