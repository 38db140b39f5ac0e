"""The table of seals."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import SHA256_HEX, BigInt, Now


class LedgerSeal(Base):
    """A closed span of the ledger under its hash, chained to the one before. Never changed.

    `row_ids` and `row_marks` (the first eight bytes of each line's SHA-256) prove nothing
    by themselves: they name the row where the span's own hash no longer fits.
    """

    __tablename__ = "ledger_seals"
    __table_args__ = (
        UniqueConstraint("from_id", name="uq_ledger_seals_from_id"),
        UniqueConstraint("to_id", name="uq_ledger_seals_to_id"),
        UniqueConstraint("previous_seal", name="uq_ledger_seals_previous_seal"),
        CheckConstraint("number >= 1", "number"),
        CheckConstraint("from_id >= 1 AND to_id >= from_id", "span"),
        CheckConstraint("row_count >= 1", "row_count"),
        CheckConstraint(
            f"content_sha256 {SHA256_HEX} AND previous_seal {SHA256_HEX} AND seal {SHA256_HEX}",
            "hashes",
        ),
        CheckConstraint(
            "cardinality(row_ids) = row_count AND cardinality(row_marks) = row_count", "marks"
        ),
        Index("idx_ledger_seals_sealed_at", "sealed_at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_id: Mapped[BigInt]
    to_id: Mapped[BigInt]
    row_count: Mapped[BigInt]
    content_sha256: Mapped[str] = mapped_column(String(64))
    previous_seal: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
    row_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    row_marks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    sealed_at: Mapped[Now]
