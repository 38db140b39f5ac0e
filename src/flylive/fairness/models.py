"""The table of seeds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now, Points


class FairnessSeed(Base):
    """A pair of seeds: the server's is secret until `revealed_at`, its hash is not."""

    __tablename__ = "fairness_seeds"
    __table_args__ = (
        CheckConstraint(
            "server_seed_hash = encode(sha256(server_seed), 'hex')", "server_seed_hash"
        ),
        CheckConstraint("octet_length(server_seed) >= 16", "server_seed"),
        CheckConstraint("nonce >= 0", "nonce"),
        Index(
            "uq_fairness_seeds_current",
            "user_id",
            unique=True,
            postgresql_where=text("revealed_at IS NULL"),
        ),
        Index("idx_fairness_seeds_user_id", "user_id", text("id DESC")),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    server_seed: Mapped[bytes]
    server_seed_hash: Mapped[str] = mapped_column(String(64))
    client_seed: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[Points]
    created_at: Mapped[Now]
    revealed_at: Mapped[datetime | None]
