"""The tables of where and about what people want to be told."""

from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import SHA256_HEX, BigInt, Id, Now, On, one_of


class PushToken(Base):
    """A device that takes notifications; it ends with the access token that registered it."""

    __tablename__ = "push_tokens"
    __table_args__ = (
        CheckConstraint("token ~ '^[!-~]+$' AND length(token) <= 1024", "token"),
        CheckConstraint(one_of("platform", "android", "ios", "web"), "platform"),
        UniqueConstraint("token"),
        Index("idx_push_tokens_user_id", "user_id", "updated_at"),
        Index("idx_push_tokens_token_id", "token_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_id: Mapped[BigInt] = mapped_column(
        ForeignKey("personal_access_tokens.id", ondelete="CASCADE")
    )
    token: Mapped[str]
    platform: Mapped[str] = mapped_column(String(10))
    device_name: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class DeviceOwner(Base):
    """That somebody's notifications went to this device (SHA-256 of its push token), and when."""

    __tablename__ = "device_owners"
    __table_args__ = (
        CheckConstraint(f"device {SHA256_HEX}", "device"),
        Index("idx_device_owners_user_id", "user_id"),
        Index("idx_device_owners_seen_at", "seen_at"),
    )

    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]


class UserPreferences(Base):
    """What somebody changed from the defaults; who never did has no row.

    Quiet hours are local times in `quiet_timezone`, and pass midnight where they end before
    they begin.
    """

    __tablename__ = "user_preferences"
    __table_args__ = (
        CheckConstraint("language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$'", "language"),
        CheckConstraint("num_nonnulls(quiet_from, quiet_to, quiet_timezone) IN (0, 3)", "quiet"),
        CheckConstraint("quiet_from <> quiet_to", "quiet_span"),
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    language: Mapped[str | None] = mapped_column(String(35))
    push_messages: Mapped[On]
    push_followed_rooms: Mapped[On]
    push_friends_rooms: Mapped[On]
    push_gifts: Mapped[On]
    push_announcements: Mapped[On]
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_to: Mapped[time | None] = mapped_column(Time)
    quiet_timezone: Mapped[str | None] = mapped_column(String(64))
    updated_at: Mapped[Now]
