"""Tables of progression: levels and badges, and who reached them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    NOT_BLANK,
    ZERO,
    BigInt,
    Id,
    Now,
    Off,
    On,
    Points,
    Sum,
    one_of,
)


class Level(Base):
    """A level of wealth, charm, room or VIP: what it needs and what it gives."""

    __tablename__ = "levels"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint(one_of("type", "wealth", "charm", "room", "vip"), "type"),
        CheckConstraint("level_number >= 1", "level_number"),
        CheckConstraint("type <> 'vip' OR level_number <= 7", "vip_level"),
        CheckConstraint("required_xp >= 0", "required_xp"),
        CheckConstraint("coin_reward >= 0 AND diamond_reward >= 0", "positive_rewards"),
        CheckConstraint(
            "type = 'vip' OR level_number > 1 OR (required_xp = 0 AND coin_reward = 0"
            " AND diamond_reward = 0 AND COALESCE(cardinality(frame_rewards), 0) = 0)",
            "first_level",
        ),
        CheckConstraint("array_position(frame_rewards, NULL) IS NULL", "frame_rewards"),
        CheckConstraint("jsonb_typeof(privileges) = 'object'", "privileges"),
        UniqueConstraint("type", "level_number"),
        Index("idx_levels_required_xp", "type", "required_xp"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(20))
    level_number: Mapped[int]
    required_xp: Mapped[BigInt]
    coin_reward: Mapped[int] = mapped_column(server_default=ZERO)
    diamond_reward: Mapped[int] = mapped_column(server_default=ZERO)
    frame_rewards: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    privileges: Mapped[dict[str, Any] | None]
    icon_url: Mapped[str | None]
    badge_url: Mapped[str | None]
    is_active: Mapped[On]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class UserLevel(Base):
    """A level that a user reached; one active per type, the others are history."""

    __tablename__ = "user_levels"
    __table_args__ = (
        CheckConstraint(one_of("type", "wealth", "charm", "room", "vip"), "type"),
        CheckConstraint("current_xp >= 0", "positive_xp"),
        Index(
            "uq_user_levels_active",
            "user_id",
            "type",
            unique=True,
            postgresql_where=text("is_active"),
        ),
        # A level pays once; VIP alone is lost and won again.
        Index(
            "uq_user_levels_once",
            "user_id",
            "level_id",
            unique=True,
            postgresql_where=text("type <> 'vip'"),
        ),
        Index("idx_user_levels_level_id", "level_id"),
        Index("idx_user_levels_type", "type"),
        Index("idx_user_levels_active", "user_id", "type", "is_active"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    level_id: Mapped[BigInt] = mapped_column(ForeignKey("levels.id"))
    type: Mapped[str] = mapped_column(String(20))
    current_xp: Mapped[Points]
    achieved_at: Mapped[Now]
    is_active: Mapped[On]
    ended_at: Mapped[datetime | None]


class VipStanding(Base):
    """The VIP level that a user's purchases earned him, as it was last counted.

    Where ``users.vip_level`` says otherwise, somebody gave it to him.
    """

    __tablename__ = "vip_standings"
    __table_args__ = (
        CheckConstraint("vip_level BETWEEN 0 AND 7", "vip_level"),
        CheckConstraint("(vip_level = 0) = (vip_expires_at IS NULL)", "vip_expires"),
        CheckConstraint("vip_xp >= 0", "positive_xp"),
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vip_level: Mapped[int]
    vip_expires_at: Mapped[datetime | None]
    vip_xp: Mapped[BigInt]
    updated_at: Mapped[datetime]


class RoomLevel(Base):
    """A level that a room reached; one active, the others are history."""

    __tablename__ = "room_levels"
    __table_args__ = (
        CheckConstraint("current_xp >= 0", "positive_xp"),
        UniqueConstraint("room_id", "level_id"),
        Index(
            "uq_room_levels_active",
            "room_id",
            unique=True,
            postgresql_where=text("is_active"),
        ),
        Index("idx_room_levels_level_id", "level_id"),
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    level_id: Mapped[BigInt] = mapped_column(ForeignKey("levels.id"))
    current_xp: Mapped[Points]
    achieved_at: Mapped[Now]
    is_active: Mapped[On]
    ended_at: Mapped[datetime | None]


class Badge(Base):
    """A badge and the rule that earns it."""

    __tablename__ = "badges"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint(
            one_of("category", "achievement", "activity", "personal", "room"), "category"
        ),
        CheckConstraint("jsonb_typeof(requirements) = 'object'", "requirements"),
        CheckConstraint(one_of("rarity", "common", "rare", "epic", "legendary"), "rarity"),
        Index("idx_badges_category", "category"),
        Index("idx_badges_rarity", "rarity"),
        Index("idx_badges_active", "is_active"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    category: Mapped[str] = mapped_column(String(50))
    requirements: Mapped[dict[str, Any]]
    icon_url: Mapped[str]
    rarity: Mapped[str] = mapped_column(String(20), server_default="common")
    is_active: Mapped[On]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class UserBadge(Base):
    """A badge that a user earned, once."""

    __tablename__ = "user_badges"
    __table_args__ = (
        UniqueConstraint("user_id", "badge_id"),
        Index("idx_user_badges_badge_id", "badge_id"),
        Index("idx_user_badges_earned_at", "earned_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    badge_id: Mapped[BigInt] = mapped_column(ForeignKey("badges.id"))
    earned_at: Mapped[Now]


class RoomBadge(Base):
    """A badge that a room earned, once."""

    __tablename__ = "room_badges"
    __table_args__ = (
        UniqueConstraint("room_id", "badge_id"),
        Index("idx_room_badges_badge_id", "badge_id"),
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    badge_id: Mapped[BigInt] = mapped_column(ForeignKey("badges.id"))
    earned_at: Mapped[Now]


class UserCounter(Base):
    """What gifts add up to for a user; `counted_at` is when the rows themselves were counted."""

    __tablename__ = "user_counters"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    gifts_sent: Mapped[Points]
    gifts_received: Mapped[Points]
    coins_given: Mapped[Sum]
    coins_received: Mapped[Sum]
    counted_at: Mapped[datetime | None]


class BadgeCheck(Base):
    """A user or room whose badges wait to be looked at, since something about him changed.

    `kind` says what changed; `ties` are a user's.
    """

    __tablename__ = "badge_checks"
    __table_args__ = (CheckConstraint(one_of("kind", "user", "room", "ties"), "kind"),)

    kind: Mapped[str] = mapped_column(String(4), primary_key=True)
    subject_id: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)


class CatalogueRun(Base):
    """Going through all users or rooms after the catalogue changed, and each night.

    `last_id` is behind it, `end_id` is the newest id when it began.
    """

    __tablename__ = "catalogue_runs"
    __table_args__ = (
        CheckConstraint(
            one_of("kind", "levels", "badge", "badges", "room_badges", "frame"), "kind"
        ),
        CheckConstraint(
            "(kind = 'levels') = (subject IS NOT NULL)"
            " AND (kind IN ('badge', 'frame')) = (subject_id IS NOT NULL)"
            " AND (kind IN ('badges', 'room_badges')) = (day IS NOT NULL)",
            "subject",
        ),
        CheckConstraint(
            "last_id >= 0 AND end_id >= 0 AND done >= 0 AND changed >= 0 AND failed >= 0",
            "progress",
        ),
        Index(
            "uq_catalogue_runs_day",
            "kind",
            "day",
            unique=True,
            postgresql_where=text("day IS NOT NULL"),
        ),
        Index(
            "idx_catalogue_runs_unfinished",
            "updated_at",
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str | None] = mapped_column(String(20))
    subject_id: Mapped[BigInt | None]
    day: Mapped[date | None]
    last_id: Mapped[Points]
    end_id: Mapped[BigInt]
    done: Mapped[Points]
    changed: Mapped[Points]
    failed: Mapped[Points]
    starts_at: Mapped[datetime]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    finished_at: Mapped[datetime | None]
    is_superseded: Mapped[Off]


class VipNotice(Base):
    """For which end of his VIP level a user was last told that it comes."""

    __tablename__ = "vip_notices"

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vip_expires_at: Mapped[datetime]
