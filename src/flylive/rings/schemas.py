"""What the staff see of rings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from flylive.accounts.schemas import UserCard


class RunView(msgspec.Struct, kw_only=True):
    """A look at the gifts from `since` to `until`; `day` where it was the night's."""

    id: int
    day: date | None
    asked_by: int | None
    since: datetime
    until: datetime
    step: str
    progress_percent: int
    found: int
    failure: str | None
    starts_at: datetime
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class FindingView(msgspec.Struct, kw_only=True):
    """Something that looks made. `strength` 0–100; `coins` are what moved between its members.

    `facts.points` say what counted for and against (docs/decisions/0038-rings.md).
    """

    id: int
    kind: str
    run_id: int
    strength: int
    coins: Decimal
    facts: dict[str, Any]
    first_at: datetime
    last_at: datetime
    status: str
    members_count: int
    created_at: datetime
    updated_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    decision: str | None


class MemberView(msgspec.Struct, kw_only=True):
    """Somebody in it; `is_held`: exchange and transfers are held, by this finding or otherwise."""

    user: UserCard
    role: str
    is_held: bool


class EvidenceView(msgspec.Struct, kw_only=True):
    """A row that it rests on: `source_id` is the gift's, or the ledger row's.

    `gifts`: `count` gifts from `user_id` to `other_id`, in all. `device`, `origin`: that they share
    one with `count` accounts on it.
    """

    id: int
    kind: str
    user_id: int
    other_id: int | None
    source_id: int | None
    amount: Decimal | None
    count: int
    at: datetime | None


class FindingDetail(FindingView, kw_only=True):
    """A finding with everybody in it and what it rests on."""

    members: list[MemberView]
    evidence: list[EvidenceView]
