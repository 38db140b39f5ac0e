"""What goes out about proposals."""

from datetime import datetime
from typing import Any, Literal

import msgspec

Status = Literal["pending", "carried_out", "declined"]


class ProposalView(msgspec.Struct, kw_only=True):
    """What waits, or waited, for a second person: `verb` on a subject, null where it is made new.

    `body` are the fields that were sent, as they are kept.
    """

    status: Status
    id: int
    verb: str
    subject_type: str
    subject_id: int | None
    body: dict[str, Any]
    reason: str
    proposed_by: int
    proposed_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    decision: str | None
