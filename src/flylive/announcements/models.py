"""The table of announcements."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import COUNTRY_CODE, NOT_BLANK, BigInt, Id, Now, Off, Points, one_of


class Announcement(Base):
    """Words to an audience, from `starts_at` until `ends_at`, or until it is cancelled.

    `told_upto` is the last user id that the telling came to, of up to `last_user_id`, the newest
    when it began; `told_at` its end. `told_count` were online, `devices_count` are notified.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint(f"title {NOT_BLANK}", "title"),
        CheckConstraint(f"content {NOT_BLANK} AND char_length(content) <= 2000", "content"),
        CheckConstraint(one_of("audience", "everybody", "country", "hosts", "vip"), "audience"),
        CheckConstraint(
            "(audience = 'country') = (country IS NOT NULL)"
            f" AND (country IS NULL OR country {COUNTRY_CODE})",
            "country",
        ),
        CheckConstraint(
            "(audience = 'vip') = (min_vip_level IS NOT NULL)"
            " AND (min_vip_level IS NULL OR min_vip_level BETWEEN 1 AND 7)",
            "min_vip_level",
        ),
        CheckConstraint("ends_at > starts_at", "ends_at"),
        CheckConstraint("(cancelled_by IS NULL) = (cancelled_at IS NULL)", "cancelled"),
        CheckConstraint("told_upto >= 0 AND told_count >= 0 AND devices_count >= 0", "counts"),
        Index(
            "idx_announcements_current",
            "starts_at",
            "id",
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        Index(
            "idx_announcements_untold",
            "starts_at",
            "id",
            postgresql_where=text("cancelled_at IS NULL AND told_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    title: Mapped[str] = mapped_column(String(100))
    content: Mapped[str]
    audience: Mapped[str] = mapped_column(String(20))
    country: Mapped[str | None] = mapped_column(String(3))
    min_vip_level: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    is_pushed: Mapped[Off]
    created_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[Now]
    cancelled_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]
    last_user_id: Mapped[BigInt | None]
    told_upto: Mapped[Points]
    told_count: Mapped[Points]
    devices_count: Mapped[Points]
    told_at: Mapped[datetime | None]
