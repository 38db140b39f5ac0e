"""Keeping, finding and deciding proposals. The caller holds the staff's lock."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import audit, staff
from flylive.accounts.audit import Actor
from flylive.accounts.proposals.errors import ProposalDecided, ProposalNeedsSecond, UnknownProposal
from flylive.accounts.proposals.schemas import ProposalView
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.ids import sha256_hex

_SAME = text(
    "SELECT * FROM staff_proposals WHERE fingerprint = :fingerprint AND status = 'pending'"
)
_KEEP = text(
    """
    INSERT INTO staff_proposals (verb, subject_type, subject_id, body, fingerprint, reason,
                                 proposed_by, proposed_at)
    VALUES (:verb, :subject_type, :subject_id, CAST(:body AS jsonb), :fingerprint, :reason, :by,
            :at)
    RETURNING *
    """
)
_FIND = text("SELECT * FROM staff_proposals WHERE id = :id")
_DECIDE = text(
    """
    UPDATE staff_proposals SET status = :status, decided_by = :by, decided_at = :at,
        decision = :decision
    WHERE id = :id RETURNING *
    """
)
_LIST = text(
    """
    SELECT * FROM staff_proposals
    WHERE id < :before_id AND (CAST(:status AS text) IS NULL OR status = :status)
    ORDER BY id DESC LIMIT :limit
    """
)


class Wish(NamedTuple):
    """What somebody of the staff wants to be done, and why; `subject_id` None: made new."""

    verb: str
    subject_type: str
    subject_id: int | None
    body: Mapping[str, Any]
    reason: str

    @property
    def kept_body(self) -> str:
        """The body as JSON, always in the same order."""
        return msgspec.json.encode(self.body, order="sorted").decode()

    @property
    def fingerprint(self) -> str:
        """The same for everybody who wants the same, whatever his reason."""
        what = [self.verb, self.subject_type, self.subject_id, self.kept_body]
        return sha256_hex(msgspec.json.encode(what).decode())


async def find_same(tx: Reading, wish: Wish) -> Row[Any] | None:
    """The proposal of just this that waits."""
    return await tx.row(_SAME, {"fingerprint": wish.fingerprint})


async def find(tx: Reading, proposal_id: int) -> Row[Any]:
    """A proposal. Raises UnknownProposal."""
    row = await tx.row(_FIND, {"id": proposal_id})
    if row is None:
        raise UnknownProposal
    return row


async def find_pending(tx: Reading, proposal_id: int) -> Row[Any]:
    """A proposal that waits. Raises UnknownProposal, ProposalDecided."""
    row = await find(tx, proposal_id)
    if row.status != "pending":
        raise ProposalDecided(proposal_status=row.status)
    return row


async def keep(tx: Transaction, actor: Actor, wish: Wish) -> ProposalView:
    """Let it wait for a second person."""
    values = {
        "verb": wish.verb,
        "subject_type": wish.subject_type,
        "subject_id": wish.subject_id,
        "body": wish.kept_body,
        "fingerprint": wish.fingerprint,
        "reason": wish.reason,
        "by": actor.user_id,
        "at": now(),
    }
    row = (await tx.execute(_KEEP, values)).one()
    after = {
        "verb": row.verb,
        "subject_type": row.subject_type,
        "subject_id": row.subject_id,
        "body": row.body,
    }
    subject = ("proposal", row.id)
    await audit.write(
        tx, actor, "proposal.make", subject, reason=wish.reason, before={}, after=after
    )
    return view(row)


async def check_second(tx: Reading, actor: Actor, proposal: Row[Any]) -> None:
    """Raises ProposalNeedsSecond where the actor is no second person beside who proposed it."""
    assert actor.user_id is not None
    if not await staff.are_two(tx, proposal.proposed_by, actor.user_id):
        raise ProposalNeedsSecond


async def decide(
    tx: Transaction,
    actor: Actor,
    proposal: Row[Any],
    status: Literal["carried_out", "declined"],
    reason: str,
) -> ProposalView:
    """Close a proposal that waits."""
    values = {"id": proposal.id, "status": status, "by": actor.user_id, "at": now()}
    row = (await tx.execute(_DECIDE, values | {"decision": reason})).one()
    await audit.write(
        tx,
        actor,
        f"proposal.{'agree' if status == 'carried_out' else 'decline'}",
        ("proposal", row.id),
        reason=reason,
        before={"status": "pending", "proposed_by": row.proposed_by},
        after={"status": status},
    )
    return view(row)


async def list_proposals(
    tx: Reading, *, before_id: int, limit: int, status: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit` proposals with a smaller id, newest first."""
    return await tx.rows(_LIST, {"before_id": before_id, "limit": limit, "status": status})


def view(row: Row[Any]) -> ProposalView:
    """A proposal as the staff see it."""
    return msgspec.convert(row._asdict(), ProposalView)
