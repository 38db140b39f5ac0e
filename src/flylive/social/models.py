"""Tables of who follows and who blocks whom."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now


class UserFollower(Base):
    """`follower_id` follows `following_id`."""

    __tablename__ = "user_followers"
    __table_args__ = (
        CheckConstraint("follower_id <> following_id", "two_users"),
        UniqueConstraint("follower_id", "following_id"),
        Index("idx_user_followers_following_id", "following_id", "id"),
        Index("idx_user_followers_followed_at", "followed_at"),
    )

    id: Mapped[Id]
    follower_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    following_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    followed_at: Mapped[Now]


class UserBlock(Base):
    """`blocker_id` wants nothing from `blocked_id`."""

    __tablename__ = "user_blocks"
    __table_args__ = (
        CheckConstraint("blocker_id <> blocked_id", "two_users"),
        UniqueConstraint("blocker_id", "blocked_id"),
        Index("idx_user_blocks_blocked_id", "blocked_id"),
    )

    id: Mapped[Id]
    blocker_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    blocked_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    reason: Mapped[str | None] = mapped_column(String(255))
    blocked_at: Mapped[Now]
