"""Tables of the HTTP edge: answers kept under their keys, and the cache."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Now, SmallInt


class IdempotencyKey(Base):
    """The first answer to a request, kept to be given again; ``json`` keeps its bytes."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("key ~ '^[!-~]+$'", "key"),
        CheckConstraint("octet_length(fingerprint) = 32", "fingerprint"),
        CheckConstraint("status BETWEEN 200 AND 499", "status"),
        Index(
            "idx_idempotency_keys_created_at",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[SmallInt]
    answer: Mapped[Any] = mapped_column(JSON, nullable=False)
    created_at: Mapped[Now]


class CacheEntry(Base):
    """Rate-limit buckets and computed answers; `expiration` in Unix seconds."""

    __tablename__ = "cache"
    __table_args__ = (Index("idx_cache_expiration", "expiration"),)

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[str]
    expiration: Mapped[BigInt]
