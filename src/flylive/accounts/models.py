"""Tables of people: accounts, tokens, identities, staff, sessions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    COUNTRY_CODE,
    NOT_BLANK,
    SHA256_HEX,
    ZERO,
    BigInt,
    Country,
    Id,
    Now,
    Off,
    Points,
    SmallInt,
    Sum,
    one_of,
)

FINDABLE = text("deleted_at IS NULL AND NOT is_blocked")
"""Whom the search finds."""
ORIGIN_KEPT = text("ip_address IS NOT NULL OR user_agent IS NOT NULL")
"""What knows where it came from, and is to forget it."""


CONSTANTLY_UPDATED = {"fillfactor": 80, "autovacuum_analyze_scale_factor": 1}
"""Rows have room on their page for the next version, and statistics hold though all changed."""


class User(Base):
    """A person. Balances and XP are written by ``wallet`` alone and carry no index."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$'", "email"),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]+$' AND length(phone) BETWEEN 8 AND 16", "phone"),
        CheckConstraint("signature ~ '^[0-9]+$'", "signature"),
        CheckConstraint("dob >= DATE '1900-01-01'", "dob"),
        CheckConstraint("gender BETWEEN 1 AND 3", "gender"),
        CheckConstraint(f"country {COUNTRY_CODE}", "country"),
        CheckConstraint("coin_balance >= 0 AND diamond_balance >= 0", "positive_balances"),
        CheckConstraint(
            "total_spent >= 0 AND total_received >= 0 AND coin_debt >= 0", "positive_totals"
        ),
        CheckConstraint("wealth_xp >= 0 AND charm_xp >= 0", "positive_xp"),
        CheckConstraint("wealth_level_paid >= 0 AND charm_level_paid >= 0", "levels_paid"),
        CheckConstraint(one_of("agency_role", "member", "moderator", "admin"), "agency_role"),
        CheckConstraint(
            "CASE WHEN agency_id IS NULL THEN agency_joined_at IS NULL AND agency_role = 'member'"
            " ELSE agency_joined_at IS NOT NULL END",
            "agency_membership",
        ),
        CheckConstraint("vip_level >= 0 AND vip_level <= 7", "vip_level"),
        CheckConstraint("vip_level = 0 OR vip_expires_at IS NOT NULL", "vip_expires"),
        CheckConstraint(one_of("social_provider", "google", "facebook"), "social_provider"),
        CheckConstraint("(social_provider IS NULL) = (social_provider_id IS NULL)", "social_pair"),
        CheckConstraint("is_blocked = (blocked_at IS NOT NULL)", "blocked"),
        CheckConstraint(one_of("recovery_barred", "email", "phone"), "recovery_barred"),
        UniqueConstraint("signature"),
        Index(
            "uq_users_email",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("uq_users_phone", "phone", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index("idx_users_wealth_level", "wealth_level_id"),
        Index("idx_users_charm_level", "charm_level_id"),
        Index(
            "idx_users_last_active",
            "last_active_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
        Index("idx_users_created_at", "created_at"),
        Index("idx_users_debt", "id", postgresql_where=text("coin_debt > 0")),
        Index(
            "idx_users_name",
            text('(left(lower(name), 60) COLLATE "C")'),
            "id",
            postgresql_where=FINDABLE,
        ),
        # Searching must not find a long list of what was added since: no pending list.
        Index(
            "idx_users_name_trgm",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_with={"fastupdate": "off"},
            postgresql_where=FINDABLE,
        ),
        Index("idx_users_social_provider", "social_provider", "social_provider_id"),
        Index(
            "idx_users_agency_id",
            "agency_id",
            postgresql_where=text("agency_id IS NOT NULL"),
        ),
        Index(
            "idx_users_vip_active",
            "vip_level",
            "vip_expires_at",
            postgresql_where=text("vip_level > 0"),
        ),
        # Balances move with every gift: room on the page keeps those updates HOT.
        {"postgresql_with": CONSTANTLY_UPDATED},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(20))
    signature: Mapped[str] = mapped_column(String(100))
    password: Mapped[str] = mapped_column(String(255))
    dob: Mapped[date]
    gender: Mapped[SmallInt]
    country: Mapped[Country]
    avatar_image: Mapped[str | None]
    animated_src: Mapped[str | None]
    static_src: Mapped[str | None]

    coin_balance: Mapped[Sum]
    diamond_balance: Mapped[Sum]
    total_spent: Mapped[Sum]
    total_received: Mapped[Sum]
    coin_debt: Mapped[Sum]

    wealth_level_id: Mapped[BigInt | None] = mapped_column(ForeignKey("levels.id"))
    charm_level_id: Mapped[BigInt | None] = mapped_column(ForeignKey("levels.id"))
    wealth_xp: Mapped[Points]
    charm_xp: Mapped[Points]

    # use_alter: agencies name their owner, so neither table can come first.
    agency_id: Mapped[BigInt | None] = mapped_column(ForeignKey("agencies.id", use_alter=True))
    agency_role: Mapped[str] = mapped_column(String(20), server_default="member")
    agency_joined_at: Mapped[datetime | None]

    vip_level: Mapped[int] = mapped_column(Integer, server_default=ZERO)
    vip_expires_at: Mapped[datetime | None]
    frame_expires_at: Mapped[datetime | None]
    wealth_level_paid: Mapped[int] = mapped_column(Integer, server_default=ZERO)
    charm_level_paid: Mapped[int] = mapped_column(Integer, server_default=ZERO)

    social_provider: Mapped[str | None] = mapped_column(String(50))
    social_provider_id: Mapped[str | None] = mapped_column(String(255))

    is_blocked: Mapped[Off]
    blocked_at: Mapped[datetime | None]
    block_reason: Mapped[str | None]
    last_active_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    phone_verified_at: Mapped[datetime | None]
    recovery_barred: Mapped[str | None] = mapped_column(String(10))

    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    deleted_at: Mapped[datetime | None]


class PersonalAccessToken(Base):
    """Laravel Sanctum's table: the token is ``{id}|{secret}``, its SHA-256 is kept."""

    __tablename__ = "personal_access_tokens"
    __table_args__ = (
        CheckConstraint(f"token {SHA256_HEX}", "token"),
        UniqueConstraint("token"),
        CheckConstraint("length(user_agent) <= 512", "user_agent"),
        Index(
            "idx_personal_access_tokens_tokenable",
            "tokenable_type",
            "tokenable_id",
            "created_at",
            "id",
        ),
        Index(
            "idx_personal_access_tokens_ip_address",
            "ip_address",
            postgresql_where=text("ip_address IS NOT NULL"),
        ),
        Index("idx_personal_access_tokens_origin", "created_at", postgresql_where=ORIGIN_KEPT),
        Index(
            "idx_personal_access_tokens_expires_at",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
        {"postgresql_with": CONSTANTLY_UPDATED},
    )

    id: Mapped[Id]
    tokenable_type: Mapped[str] = mapped_column(String(255))
    tokenable_id: Mapped[BigInt]
    name: Mapped[str] = mapped_column(String(255))
    token: Mapped[str] = mapped_column(String(64))
    abilities: Mapped[str | None]
    ip_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class PasswordResetToken(Base):
    """A reset by e-mail: one open per address, hashed, expiring, tries counted."""

    __tablename__ = "password_reset_tokens"
    __table_args__ = (
        CheckConstraint("email = lower(email)", "email"),
        CheckConstraint(f"token {SHA256_HEX}", "token"),
        CheckConstraint("attempts >= 0", "attempts"),
        Index("idx_password_reset_tokens_expires_at", "expires_at"),
    )

    email: Mapped[str] = mapped_column(String(255), primary_key=True)
    token: Mapped[str] = mapped_column(String(255))
    attempts: Mapped[SmallInt] = mapped_column(server_default=ZERO)
    expires_at: Mapped[datetime]
    created_at: Mapped[Now]


class PhoneResetToken(Base):
    """A six-digit code to a phone: hashed, so two users may hold the same one."""

    __tablename__ = "phone_reset_tokens"
    __table_args__ = (
        CheckConstraint("attempts >= 0", "attempts"),
        Index("idx_phone_reset_tokens_user_id", "user_id"),
        Index("idx_phone_reset_tokens_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(String(255))
    attempts: Mapped[SmallInt] = mapped_column(server_default=ZERO)
    expires_at: Mapped[datetime]
    created_at: Mapped[Now]


class EmailVerificationToken(Base):
    """A mail's proof that an address reaches its user: one for each mail, hashed, expiring."""

    __tablename__ = "email_verification_tokens"
    __table_args__ = (
        CheckConstraint(f"token {SHA256_HEX}", "token"),
        Index("idx_email_verification_tokens_user_id", "user_id"),
        Index("idx_email_verification_tokens_expires_at", "expires_at"),
    )

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime]
    created_at: Mapped[Now]


class ContactChange(Base):
    """An e-mail or phone that waits for its code; `code` is NULL until that was sent."""

    __tablename__ = "contact_changes"
    __table_args__ = (
        CheckConstraint(one_of("kind", "email", "phone"), "kind"),
        CheckConstraint("code LIKE '$argon2id$%'", "code"),
        CheckConstraint("attempts >= 0", "attempts"),
        UniqueConstraint("user_id", "kind"),
        Index("idx_contact_changes_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    contact: Mapped[str] = mapped_column(String(255))
    code: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[SmallInt] = mapped_column(server_default=ZERO)
    expires_at: Mapped[datetime]
    created_at: Mapped[Now]


class UserIdentity(Base):
    """A linked provider; ``users.social_provider`` shows the first one."""

    __tablename__ = "user_identities"
    __table_args__ = (
        CheckConstraint(one_of("provider", "google", "facebook"), "provider"),
        UniqueConstraint("provider", "provider_id"),
        UniqueConstraint("user_id", "provider"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(50))
    provider_id: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Now]


class StaffMember(Base):
    """Somebody behind the console, and what he may do there."""

    __tablename__ = "staff_members"
    __table_args__ = (
        CheckConstraint(
            one_of("role", "admin", "moderator", "finance", "catalogue", "support", "read_only"),
            "role",
        ),
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    role: Mapped[str] = mapped_column(String(20))
    granted_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Now]


class StaffTotp(Base):
    """A phone that gives codes for the console; its secret is encrypted.

    `confirmed_at` is NULL until a first code has shown that the phone has it; a code is good once,
    so that its half minute has to be above `last_step`.
    """

    __tablename__ = "staff_totp"
    __table_args__ = (CheckConstraint("last_step >= 0", "last_step"),)

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret: Mapped[str] = mapped_column(String(255))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[BigInt] = mapped_column(server_default=text("0"))
    created_at: Mapped[Now]


class StaffRecoveryCode(Base):
    """A code, hashed with a key, for whoever lost his phone; its use deletes it."""

    __tablename__ = "staff_recovery_codes"
    __table_args__ = (CheckConstraint(f"code {SHA256_HEX}", "code"),)

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[Now]


class AuditEntry(Base):
    """What staff did, with its reason; evidence, never changed.

    `actor_id` and `actor_role` are NULL for the machine's own command line.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("(actor_id IS NULL) = (actor_role IS NULL)", "actor"),
        CheckConstraint(
            one_of(
                "actor_role", "admin", "moderator", "finance", "catalogue", "support", "read_only"
            ),
            "actor_role",
        ),
        CheckConstraint(r"action ~ '^[a-z_]+\.[a-z_]+$'", "action"),
        CheckConstraint("subject_type ~ '^[a-z_]+$'", "subject_type"),
        CheckConstraint(
            f"actor_id IS NULL OR (reason IS NOT NULL AND reason {NOT_BLANK})", "reason"
        ),
        CheckConstraint(
            "jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object'", "states"
        ),
        Index("idx_audit_log_actor_id", "actor_id", "id"),
        Index("idx_audit_log_subject", "subject_type", "subject_id", "id"),
        Index("idx_audit_log_action", "action", "id"),
        Index("idx_audit_log_subject_time", "subject_type", "subject_id", "created_at", "id"),
        Index("idx_audit_log_created_at", "created_at", "id"),
    )

    id: Mapped[Id]
    actor_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    actor_role: Mapped[str | None] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(50))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[BigInt]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    after: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    ip_address: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[Now]


class Session(Base):
    """A session of the console or the web client, as Laravel keeps them."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("idx_sessions_user_id", "user_id"),
        Index("idx_sessions_last_activity", "last_activity"),
    )

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    ip_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None]
    payload: Mapped[str]
    last_activity: Mapped[BigInt]
