"""Tables of rings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import ONE, ZERO, BigInt, Id, Now, Points, one_of


class RingRun(Base):
    """A look at the gifts from `since` to `until`: at night (`day`), or because staff asked."""

    __tablename__ = "ring_runs"
    __table_args__ = (
        CheckConstraint("until > since", "span"),
        CheckConstraint(
            one_of(
                "step", "gifts", "devices", "recipients", "circles", "bursts", "shared",
                "resellers", "done",
            ),
            "step",
        ),
        CheckConstraint("last_id >= 0 AND end_id >= 0 AND found >= 0", "progress"),
        CheckConstraint(
            "finished_at IS NULL OR step = 'done' OR failure IS NOT NULL", "done"
        ),
        CheckConstraint("(day IS NULL) <> (asked_by IS NULL)", "asked"),
        Index(
            "uq_ring_runs_day", "day", unique=True, postgresql_where=text("day IS NOT NULL")
        ),
        Index("idx_ring_runs_open", "id", postgresql_where=text("finished_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    day: Mapped[date | None]
    asked_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(20), server_default="gifts")
    last_id: Mapped[Points]
    end_id: Mapped[BigInt]
    found: Mapped[int] = mapped_column(server_default=ZERO)
    failure: Mapped[str | None]
    starts_at: Mapped[datetime]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    finished_at: Mapped[datetime | None]


class RingEdge(Base):
    """What a run keeps of who gave whom a large part of all he gave; gone when it is done.

    Hundredths: `coins` to this one, `given` to everybody, `received` by this one from everybody.
    """

    __tablename__ = "ring_edges"
    __table_args__ = (
        CheckConstraint("gifts >= 1 AND coins >= 1 AND given >= coins", "sums"),
        Index("idx_ring_edges_recipient_id", "run_id", "recipient_id"),
    )

    run_id: Mapped[BigInt] = mapped_column(
        ForeignKey("ring_runs.id", ondelete="CASCADE"), primary_key=True
    )
    sender_id: Mapped[BigInt] = mapped_column(primary_key=True)
    recipient_id: Mapped[BigInt] = mapped_column(primary_key=True)
    gifts: Mapped[BigInt]
    coins: Mapped[BigInt]
    given: Mapped[BigInt]
    received: Mapped[BigInt | None]
    senders: Mapped[BigInt | None]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    is_new: Mapped[bool]


class RingDevice(Base):
    """Where people of a run were: a device, or address and User-Agent, hashed; gone with it."""

    __tablename__ = "ring_devices"
    __table_args__ = (Index("idx_ring_devices_device", "run_id", "device"),)

    run_id: Mapped[BigInt] = mapped_column(
        ForeignKey("ring_runs.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[BigInt] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(String(66), primary_key=True)
    accounts: Mapped[int]


class RingFinding(Base):
    """Something that looks made; the same `about` found again is the same finding."""

    __tablename__ = "ring_findings"
    __table_args__ = (
        CheckConstraint(one_of("kind", "circle", "pair", "burst", "shared", "reseller"), "kind"),
        CheckConstraint(one_of("status", "open", "dismissed", "held"), "status"),
        CheckConstraint("strength BETWEEN 0 AND 100", "strength"),
        CheckConstraint("coins > 0", "coins"),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_at IS NULL) = (decision IS NULL)"
            " AND (status = 'open' OR decided_at IS NOT NULL)",
            "decided",
        ),
        UniqueConstraint("kind", "about", name="uq_ring_findings_about"),
        Index("idx_ring_findings_status", "status", text("id DESC")),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(200))
    run_id: Mapped[BigInt] = mapped_column(ForeignKey("ring_runs.id"))
    strength: Mapped[int]
    coins: Mapped[Decimal]
    facts: Mapped[dict[str, Any]]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), server_default="open")
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]


class RingMember(Base):
    """Somebody in a finding, and what he is in it."""

    __tablename__ = "ring_members"
    __table_args__ = (
        CheckConstraint(
            one_of("role", "member", "giver", "recipient", "reseller", "buyer"), "role"
        ),
        Index("idx_ring_members_user_id", "user_id"),
    )

    finding_id: Mapped[BigInt] = mapped_column(
        ForeignKey("ring_findings.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(20))


class RingEvidence(Base):
    """A row that a finding rests on; `source_id` is the gift's, ledger row's or token's.

    `gifts` is a sum: `count` gifts of `user_id` to `other_id`.
    """

    __tablename__ = "ring_evidence"
    __table_args__ = (
        CheckConstraint(
            one_of("kind", "gifts", "gift", "sale", "exchange", "device", "origin"), "kind"
        ),
        CheckConstraint("amount > 0", "amount"),
        CheckConstraint("count >= 1", "count"),
        Index("idx_ring_evidence_finding_id", "finding_id", "id"),
    )

    id: Mapped[Id]
    finding_id: Mapped[BigInt] = mapped_column(ForeignKey("ring_findings.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[BigInt]
    other_id: Mapped[BigInt | None]
    source_id: Mapped[BigInt | None]
    amount: Mapped[Decimal | None]
    count: Mapped[int] = mapped_column(server_default=ONE)
    at: Mapped[datetime | None]
