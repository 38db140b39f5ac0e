"""Tables of games: providers, games, sessions, what providers asked, and their signatures."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    NOT_BLANK,
    ONE,
    SHA256_HEX,
    BigInt,
    Id,
    Now,
    On,
    SmallInt,
    Timestamp,
    one_of,
)

_SLUG = "~ '^[a-z][a-z0-9_]*$'"
_COUNTRIES = r"~ '^\{[A-Z]{2}(,[A-Z]{2})*\}$'"
_VISIBLE = "~ '^[!-~]+$'"


class GameProvider(Base):
    """Who runs games. His secret is derived from his id and `secret_version`, and stands nowhere;
    the version before it holds until `previous_until`.
    """

    __tablename__ = "game_providers"
    __table_args__ = (
        UniqueConstraint("name", name="uq_game_providers_name"),
        CheckConstraint(f"name {_SLUG}", "name"),
        CheckConstraint("secret_version >= 1", "secret_version"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(50))
    secret_version: Mapped[int] = mapped_column(server_default=ONE)
    previous_until: Mapped[datetime | None]
    is_active: Mapped[On]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class Game(Base):
    """A game of a provider's, with what may be staked and won, and where.

    `max_win` bounds what one round may pay one player. It is open in a country that is in
    `country_restrictions`, or in any where that is NULL, and not in `blocked_countries`.
    """

    __tablename__ = "games"
    __table_args__ = (
        UniqueConstraint("code", name="uq_games_code"),
        CheckConstraint(f"code {_SLUG}", "code"),
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint(r"launch_url ~ '^https?://[^\s#]+$'", "launch_url"),
        CheckConstraint("min_bet > 0 AND max_bet >= min_bet AND max_win >= max_bet", "bets"),
        CheckConstraint(f"CAST(country_restrictions AS text) {_COUNTRIES}", "countries"),
        CheckConstraint(f"CAST(blocked_countries AS text) {_COUNTRIES}", "blocked_countries"),
        Index("idx_games_provider_id", "provider_id"),
    )

    id: Mapped[Id]
    provider_id: Mapped[BigInt] = mapped_column(ForeignKey("game_providers.id"))
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(100))
    launch_url: Mapped[str] = mapped_column(String(500))
    thumbnail_url: Mapped[str | None] = mapped_column(String(500))
    min_bet: Mapped[Decimal]
    max_bet: Mapped[Decimal]
    max_win: Mapped[Decimal]
    is_active: Mapped[On]
    country_restrictions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    blocked_countries: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class GameSession(Base):
    """A user at a game; bets are taken until it ends, expires, or its access token is revoked.

    `access_token_id` is no foreign key: that the token is gone is what ends the session.
    """

    __tablename__ = "game_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_game_sessions_token_hash"),
        CheckConstraint(f"token_hash {SHA256_HEX}", "token_hash"),
        CheckConstraint("expires_at > created_at", "expires"),
        CheckConstraint("ended_at >= created_at", "ended"),
        Index(
            "uq_game_sessions_open",
            "user_id",
            "game_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("idx_game_sessions_game_id", "game_id"),
    )

    id: Mapped[Id]
    game_id: Mapped[BigInt] = mapped_column(ForeignKey("games.id"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(CHAR(64))
    access_token_id: Mapped[BigInt]
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None]


class GameTransaction(Base):
    """What a provider asked under one id, and what he was answered, refusals included.

    `requested` is what he asked to move, `amount` what was moved: nothing by a refusal, by a
    win of nothing, and by a rollback whose bet was not there.
    """

    __tablename__ = "game_transactions"
    __table_args__ = (
        CheckConstraint(one_of("type", "bet", "win", "rollback"), "type"),
        CheckConstraint(
            f"provider_transaction_id {_VISIBLE} AND bet_transaction_id {_VISIBLE}"
            f" AND round_id {_VISIBLE}",
            "names",
        ),
        CheckConstraint(
            "(type = 'rollback') = (bet_transaction_id IS NOT NULL)"
            " AND (type = 'rollback') = (round_id IS NULL)"
            " AND (type = 'rollback') = (requested IS NULL)",
            "about",
        ),
        CheckConstraint(
            "amount >= 0 AND requested >= 0"
            " AND CASE WHEN status <> 200 THEN amount = 0"
            " WHEN type = 'rollback' THEN true ELSE amount = requested END"
            " AND NOT (type = 'bet' AND status = 200 AND amount = 0)",
            "amount",
        ),
        CheckConstraint("octet_length(fingerprint) = 32", "fingerprint"),
        CheckConstraint("status = 200 OR status BETWEEN 400 AND 499", "status"),
        Index("uq_game_transactions_once", "provider_id", "provider_transaction_id", unique=True),
        Index(
            "uq_game_transactions_rolled_back",
            "provider_id",
            "bet_transaction_id",
            unique=True,
            postgresql_where=text("bet_transaction_id IS NOT NULL AND amount > 0"),
        ),
        Index(
            "idx_game_transactions_rollbacks",
            "provider_id",
            "bet_transaction_id",
            postgresql_where=text("bet_transaction_id IS NOT NULL"),
        ),
        Index(
            "idx_game_transactions_round",
            "user_id",
            "round_id",
            postgresql_where=text("round_id IS NOT NULL"),
        ),
        Index("idx_game_transactions_user_id", "user_id", "created_at"),
        Index("idx_game_transactions_session_id", "session_id"),
    )

    id: Mapped[Id]
    provider_id: Mapped[BigInt] = mapped_column(ForeignKey("game_providers.id"))
    game_id: Mapped[BigInt] = mapped_column(ForeignKey("games.id"))
    session_id: Mapped[BigInt] = mapped_column(ForeignKey("game_sessions.id"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    type: Mapped[str] = mapped_column(String(20))
    provider_transaction_id: Mapped[str] = mapped_column(String(64))
    bet_transaction_id: Mapped[str | None] = mapped_column(String(64))
    round_id: Mapped[str | None] = mapped_column(String(64))
    requested: Mapped[Decimal | None]
    amount: Mapped[Decimal]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[SmallInt]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class GameSignature(Base):
    """A call that was heard, so that its very copy is not heard again."""

    __tablename__ = "game_signatures"
    __table_args__ = (
        CheckConstraint("octet_length(signature) = 32", "signature"),
        Index("idx_game_signatures_expires_at", "expires_at"),
    )

    signature: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
