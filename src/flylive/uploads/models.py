"""The table of what people uploaded."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import SHA256_HEX, BigInt, Id, Now, one_of


class Upload(Base):
    """An uploaded file by its plain address, which other tables name.

    `width` and `height` are those of an image as it is stored, in pixels. From
    `discarded_at` on nothing names it any more, and its file is deleted some days later.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(
            one_of(
                "purpose",
                "avatar",
                "room_logo",
                "room_music",
                "message",
                "proof",
                "agency_logo",
                "catalogue",
            ),
            "purpose",
        ),
        CheckConstraint(r"url ~ '^/uploads/(private/)?[0-9a-f]{32}\.[a-z0-9]{3,4}$'", "url"),
        CheckConstraint(
            f"(url ~ '^/uploads/private/') = ({one_of('purpose', 'message', 'proof')})", "private"
        ),
        CheckConstraint("content_type ~ '^[a-z]+/[a-z0-9.-]+$'", "content_type"),
        CheckConstraint("bytes > 0", "bytes"),
        CheckConstraint(
            "CASE WHEN content_type ~ '^image/'"
            " THEN width IS NOT NULL AND height IS NOT NULL AND width > 0 AND height > 0"
            " ELSE width IS NULL AND height IS NULL END",
            "size",
        ),
        CheckConstraint(f"sha256 {SHA256_HEX}", "sha256"),
        UniqueConstraint("url"),
        Index("idx_uploads_user_id", "user_id", "id"),
        Index(
            "idx_uploads_discarded_at",
            "discarded_at",
            postgresql_where=text("discarded_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    url: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(50))
    bytes: Mapped[BigInt]
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Now]
    discarded_at: Mapped[datetime | None]
