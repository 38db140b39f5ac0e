"""Tables of rooms: the room, who is in it, its seats, its followers, its order."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    COUNTRY_CODE,
    NOT_BLANK,
    ONE,
    ZERO,
    BigInt,
    Country,
    Id,
    Now,
    Off,
    On,
    Points,
    Sum,
    one_of,
)

LISTED = "deleted_at IS NULL AND status = 'active' AND NOT is_hidden"
"""What anybody may find in a list."""
UNLISTED = "deleted_at IS NOT NULL OR status <> 'active' OR is_hidden"
"""The rest."""


def _listed(name: str, *columns: str) -> Index:
    return Index(name, *map(text, columns), postgresql_where=text(LISTED))


class Room(Base):
    """A voice room. Its metrics are folded by the aggregator, not written per gift."""

    __tablename__ = "rooms"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint(one_of("type", "public", "private"), "type"),
        CheckConstraint("type <> 'private' OR password IS NOT NULL", "private_password"),
        CheckConstraint(f"country {COUNTRY_CODE}", "country"),
        CheckConstraint("mic_seat_quantity BETWEEN 1 AND 30", "seats"),
        CheckConstraint("max_participants BETWEEN 2 AND 10000", "max_participants"),
        CheckConstraint(
            "participant_count >= 0 AND participant_count <= max_participants", "capacity"
        ),
        CheckConstraint(
            "total_coins_spent >= 0 AND daily_coins_spent >= 0 AND weekly_coins_spent >= 0"
            " AND monthly_coins_spent >= 0 AND popularity_index >= 0",
            "positive_metrics",
        ),
        CheckConstraint("room_level >= 1 AND room_xp >= 0", "progression"),
        CheckConstraint("room_level_paid >= 0", "level_paid"),
        CheckConstraint(one_of("seat_mode", "free", "apply"), "seat_mode"),
        CheckConstraint(one_of("status", "active", "inactive", "suspended"), "status"),
        Index(
            "uq_rooms_name",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("idx_rooms_user_id", "user_id"),
        Index("idx_rooms_type", "type"),
        Index("idx_rooms_country", "country"),
        Index("idx_rooms_status", "status"),
        _listed("idx_rooms_popularity", "popularity_index DESC", "id DESC"),
        _listed("idx_rooms_coins_spent", "total_coins_spent DESC", "id DESC"),
        _listed("idx_rooms_participant_count", "participant_count DESC", "id DESC"),
        Index(
            "idx_rooms_country_active",
            "country",
            "status",
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "idx_rooms_featured",
            text("popularity_index DESC"),
            text("id DESC"),
            postgresql_where=text(f"is_featured AND {LISTED}"),
        ),
        Index(
            "idx_rooms_name_trgm",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_where=text(LISTED),
        ),
        # What the lists leave out, staff still find.
        Index(
            "idx_rooms_unlisted_name",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_where=text(UNLISTED),
        ),
        Index(
            "idx_rooms_hidden",
            text("participant_count DESC"),
            text("id DESC"),
            postgresql_where=text("is_hidden AND deleted_at IS NULL AND status = 'active'"),
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    logo: Mapped[str]
    type: Mapped[str] = mapped_column(String(10), server_default="public")
    password: Mapped[str | None] = mapped_column(String(255))
    country: Mapped[Country]

    greetings: Mapped[str | None]
    theme_id: Mapped[BigInt | None] = mapped_column(ForeignKey("themes.id"))
    mic_seat_quantity: Mapped[int] = mapped_column(server_default=text("5"))
    max_participants: Mapped[int] = mapped_column(server_default=text("1000"))
    seat_mode: Mapped[str] = mapped_column(String(10), server_default="free")

    can_tourists_speak: Mapped[Off]
    can_tourists_send_text: Mapped[On]
    can_tourists_send_files: Mapped[Off]

    participant_count: Mapped[int] = mapped_column(server_default=ZERO)
    total_coins_spent: Mapped[Sum]
    daily_coins_spent: Mapped[Sum]
    weekly_coins_spent: Mapped[Sum]
    monthly_coins_spent: Mapped[Sum]
    metrics_day: Mapped[date | None]

    room_level: Mapped[int] = mapped_column(server_default=ONE)
    room_xp: Mapped[Points]
    room_level_paid: Mapped[int] = mapped_column(server_default=ZERO)
    popularity_index: Mapped[Sum]

    background_music_url: Mapped[str | None]

    is_hidden: Mapped[Off]
    is_featured: Mapped[Off]
    status: Mapped[str] = mapped_column(String(20), server_default="active")

    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    deleted_at: Mapped[datetime | None]


class RoomParticipant(Base):
    """A stay of a user in a room, with the seat he holds while he is there."""

    __tablename__ = "room_participants"
    __table_args__ = (
        CheckConstraint(one_of("role", "owner", "moderator", "speaker", "listener"), "role"),
        CheckConstraint("seat_number BETWEEN 1 AND 30", "seat_number"),
        CheckConstraint("(seat_number IS NULL) = (seat_taken_at IS NULL)", "seat_taken"),
        CheckConstraint("is_active = (left_at IS NULL)", "active"),
        Index(
            "uq_room_participants_user",
            "user_id",
            unique=True,
            postgresql_where=text("is_active"),
        ),
        Index(
            "uq_room_participants_seat",
            "room_id",
            "seat_number",
            unique=True,
            postgresql_where=text("is_active AND seat_number IS NOT NULL"),
        ),
        Index("idx_room_participants_user_id", "user_id", "joined_at", "id"),
        Index("idx_room_participants_active", "room_id", "is_active"),
        Index(
            "idx_room_participants_speakers",
            "room_id",
            "role",
            postgresql_where=text("role = 'speaker'"),
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20), server_default="listener")
    seat_number: Mapped[int | None]
    seat_taken_at: Mapped[datetime | None]
    joined_at: Mapped[Now]
    left_at: Mapped[datetime | None]
    is_active: Mapped[On]
    is_muted: Mapped[Off]


class RoomSeat(Base):
    """A seat that has a state of its own; a seat without a row is open and not muted."""

    __tablename__ = "room_seats"
    __table_args__ = (CheckConstraint("seat_number BETWEEN 1 AND 30", "seat_number"),)

    room_id: Mapped[BigInt] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seat_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_locked: Mapped[Off]
    is_muted: Mapped[Off]
    updated_at: Mapped[Now]


class RoomFollower(Base):
    """A user who follows a room."""

    __tablename__ = "room_followers"
    __table_args__ = (
        UniqueConstraint("user_id", "room_id"),
        Index("idx_room_followers_room_id", "room_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    followed_at: Mapped[Now]


class RoomCoinMinute(Base):
    """The coins that gifts of one minute cost in a room, for the last hour of `popularity_index`.

    Kept by the fold of gifts and swept after the hour.
    """

    __tablename__ = "room_coin_minutes"
    __table_args__ = (
        CheckConstraint("coins >= 0", "coins"),
        CheckConstraint("EXTRACT(second FROM minute) = 0", "minute"),
        Index("idx_room_coin_minutes_minute", "minute"),
    )

    room_id: Mapped[BigInt] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    coins: Mapped[Decimal]


class RoomModerator(Base):
    """Somebody who runs a room beside its owner, present or away."""

    __tablename__ = "room_moderators"
    __table_args__ = (Index("idx_room_moderators_user_id", "user_id"),)

    room_id: Mapped[BigInt] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    appointed_at: Mapped[Now]


class RoomMute(Base):
    """Somebody who is silenced in a room, also when he leaves and comes again."""

    __tablename__ = "room_mutes"
    __table_args__ = (
        CheckConstraint("user_id <> muted_by", "two_users"),
        Index("idx_room_mutes_user_id", "user_id", "muted_at", "room_id"),
    )

    room_id: Mapped[BigInt] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    muted_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    muted_at: Mapped[Now]


class RoomBan(Base):
    """Somebody who may not enter a room before `until`; what staff say (`is_by_staff`) holds
    whoever runs the room.
    """

    __tablename__ = "room_bans"
    __table_args__ = (
        CheckConstraint("user_id <> banned_by", "two_users"),
        CheckConstraint("until > banned_at", "until"),
        UniqueConstraint("room_id", "user_id"),
        Index("idx_room_bans_until", "until"),
        Index("idx_room_bans_user_id", "user_id", "banned_at", "id"),
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    banned_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(255))
    banned_at: Mapped[Now]
    until: Mapped[datetime]
    is_by_staff: Mapped[Off]


class SeatRequest(Base):
    """Somebody applies for a seat, or is invited to one; decided rows are kept for a day."""

    __tablename__ = "seat_requests"
    __table_args__ = (
        CheckConstraint(one_of("kind", "application", "invitation"), "kind"),
        CheckConstraint("(kind = 'application') = (requested_by = user_id)", "requested_by"),
        CheckConstraint("seat_number BETWEEN 1 AND 30", "seat_number"),
        CheckConstraint(
            one_of("status", "pending", "accepted", "declined", "withdrawn", "expired"), "status"
        ),
        CheckConstraint("expires_at > created_at", "expires_at"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", "decided"),
        Index(
            "uq_seat_requests_pending",
            "room_id",
            "user_id",
            "kind",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "idx_seat_requests_queue",
            "room_id",
            "id",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "idx_seat_requests_expires_at",
            "expires_at",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "idx_seat_requests_decided_at",
            "decided_at",
            postgresql_where=text("status <> 'pending'"),
        ),
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    requested_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    seat_number: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
