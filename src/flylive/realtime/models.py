"""Tables of the live streams: counters, events, tickets, presence."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import ONE, BigInt, Id, Now, Points


class Stream(Base):
    """A stream's counter: the row that orders its events. Updated constantly, stays HOT."""

    __tablename__ = "streams"
    __table_args__ = (
        CheckConstraint("seq >= 0 AND first_seq >= 1 AND first_seq <= seq + 1", "seq"),
        UniqueConstraint("name"),
        {"postgresql_with": {"fillfactor": 70, "autovacuum_analyze_scale_factor": 1}},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[BigInt]
    seq: Mapped[Points]
    first_seq: Mapped[BigInt] = mapped_column(server_default=ONE)
    updated_at: Mapped[Now]


class StreamEvent(Base):
    """A fact, in the place that the transaction which made it was given."""

    __tablename__ = "stream_events"
    __table_args__ = (
        CheckConstraint("seq >= 1", "seq"),
        Index(
            "idx_stream_events_at",
            "at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
    )

    stream_id: Mapped[BigInt] = mapped_column(
        ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seq: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[Now]


class RealtimeTicket(Base):
    """A way onto the socket, for one use and 30 s; goes with the token that it was made for."""

    __tablename__ = "realtime_tickets"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", "token_hash"),
        Index("idx_realtime_tickets_token_id", "token_id"),
        Index("idx_realtime_tickets_expires_at", "expires_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_id: Mapped[BigInt] = mapped_column(
        ForeignKey("personal_access_tokens.id", ondelete="CASCADE")
    )
    expires_at: Mapped[datetime]


class Presence(Base):
    """When a user was last heard of; lost in a crash, and told anew within seconds."""

    __tablename__ = "presence"
    __table_args__ = {  # noqa: RUF012
        "prefixes": ["UNLOGGED"],
        "postgresql_with": {"fillfactor": 70},
    }

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[Now]
