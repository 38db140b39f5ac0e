"""The table of refunds that staff asked for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, ZERO, BigInt, Id, one_of

UNDER_WAY = one_of("status", "pending", "asked")


class OrderRefund(Base):
    """A refund of what is left of an order, `coins` of it when it was asked for.

    pending waits for a second person; asked is being asked of the provider, next at
    `next_try_at`; done was given by it (`provider_reference` is its name there), refused was not
    (`detail` says why); rejected was not even asked for.
    """

    __tablename__ = "order_refunds"
    __table_args__ = (
        CheckConstraint(
            one_of("status", "pending", "asked", "done", "refused", "rejected"), "status"
        ),
        CheckConstraint("coins > 0", "coins"),
        CheckConstraint(f"reason {NOT_BLANK}", "reason"),
        CheckConstraint("tries >= 0", "tries"),
        CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            "decided",
        ),
        CheckConstraint(
            "NOT (needs_second AND status IN ('asked', 'done', 'refused')"
            " AND decided_by = requested_by)",
            "second",
        ),
        CheckConstraint("(status = 'asked') = (next_try_at IS NOT NULL)", "next_try"),
        CheckConstraint("(status IN ('done', 'refused')) = (finished_at IS NOT NULL)", "finished"),
        Index(
            "uq_order_refunds_under_way",
            "order_id",
            unique=True,
            postgresql_where=text(UNDER_WAY),
        ),
        Index("idx_order_refunds_order_id", "order_id"),
        Index("idx_order_refunds_requested_by", "requested_by", "requested_at"),
        Index(
            "idx_order_refunds_next_try_at",
            "next_try_at",
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
        Index("idx_order_refunds_pending", "id", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Id]
    order_id: Mapped[BigInt] = mapped_column(ForeignKey("recharge_orders.id", ondelete="RESTRICT"))
    coins: Mapped[BigInt]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(String(20))
    needs_second: Mapped[bool]
    requested_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    requested_at: Mapped[datetime]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    detail: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default=ZERO)
    next_try_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
