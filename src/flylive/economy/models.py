"""The table of the economy's settings."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, BigInt, Id, Now


class PlatformSetting(Base):
    """What staff set from this row on: `overrides` by name; the newest row holds, none is changed.

    `before` and `after` are the values that this row made different, the environment's included.
    """

    __tablename__ = "platform_settings"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(overrides) = 'object'", "overrides"),
        CheckConstraint(
            "jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object'", "states"
        ),
        CheckConstraint(f"reason {NOT_BLANK}", "reason"),
    )

    id: Mapped[Id]
    overrides: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str]
    changed_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[Now]
