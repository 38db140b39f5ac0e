"""Tables of money: the ledger, and what an adopted one had."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    ONE,
    BigInt,
    Id,
    Now,
    Off,
    SmallInt,
    one_of,
)

_OURS = "is_adopted OR "
"""Rows of an adopted ledger stand as they were found; every other one keeps the rest."""

_FREQUENT = "'gift', 'agency_commission', 'lucky_win', 'game_bet', 'game_win'"


class LedgerEntry(Base):
    """One movement of coins or diamonds, both sides named. Never changed, never deleted.

    Partitioned by month. Every gift writes here, so each index has to earn its place.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        CheckConstraint(
            _OURS
            + one_of(
                "type",
                "recharge",
                "recharge_bonus",
                "recharge_refund",
                "recharge_reinstated",
                "debt_repayment",
                "gift",
                "gift_reversal",
                "agency_commission",
                "lucky_win",
                "transfer",
                "coin_request",
                "exchange",
                "level_reward",
                "ranking_prize",
                "frame_purchase",
                "theme_purchase",
                "game_bet",
                "game_win",
                "game_rollback",
                "adjustment",
                "account_closure",
                "opening_balance",
            ),
            "type",
        ),
        CheckConstraint(
            _OURS + "(currency_type IN (1, 2) AND beneficiary_currency_type IN (1, 2))",
            "currency_type",
        ),
        CheckConstraint("direction IN (1, 2)", "direction"),
        CheckConstraint("amount > 0", "positive_amount"),
        CheckConstraint(_OURS + "quantity >= 1", "quantity"),
        CheckConstraint(
            _OURS + "(user_balance_before >= 0 AND user_balance_after >= 0"
            " AND beneficiary_balance_before >= 0 AND beneficiary_balance_after >= 0)",
            "positive_balances",
        ),
        CheckConstraint(
            _OURS + "user_balance_after = user_balance_before"
            " + CASE WHEN direction = 2 THEN amount ELSE - amount END",
            "user_balance",
        ),
        CheckConstraint(
            _OURS + "num_nonnulls(beneficiary_id, beneficiary_currency_type, beneficiary_amount,"
            " beneficiary_balance_before, beneficiary_balance_after) IN (0, 5)",
            "beneficiary",
        ),
        CheckConstraint(
            _OURS + "(beneficiary_amount > 0 AND"
            " beneficiary_balance_after = beneficiary_balance_before + beneficiary_amount)",
            "beneficiary_balance",
        ),
        CheckConstraint(_OURS + "beneficiary_id IS NULL OR direction = 1", "payer"),
        CheckConstraint(_OURS + "user_id <> beneficiary_id", "two_sides"),
        CheckConstraint(
            _OURS + "(transactionable_type IS NULL) = (transactionable_id IS NULL)",
            "transactionable",
        ),
        CheckConstraint(_OURS + "status = 'completed'", "status"),
        CheckConstraint(_OURS + "(updated_at = created_at AND deleted_at IS NULL)", "unchanged"),
        Index("idx_transactions_user_date", "user_id", text("created_at DESC")),
        Index(
            "idx_transactions_beneficiary_id",
            "beneficiary_id",
            text("created_at DESC"),
            postgresql_where=text("beneficiary_id IS NOT NULL"),
        ),
        # What gifts and games write is found by user and by source; the rest by its type.
        Index(
            "idx_transactions_type",
            "type",
            "created_at",
            postgresql_where=text(f"type NOT IN ({_FREQUENT})"),
        ),
        # A person's timeline: what stands there beside his gifts, which are read by themselves.
        Index(
            "idx_transactions_user_rare",
            "user_id",
            text("created_at DESC"),
            postgresql_where=text(f"type NOT IN ({_FREQUENT})"),
        ),
        Index(
            "idx_transactions_beneficiary_rare",
            "beneficiary_id",
            text("created_at DESC"),
            postgresql_where=text(f"beneficiary_id IS NOT NULL AND type NOT IN ({_FREQUENT})"),
        ),
        Index("idx_transactions_polymorphic", "transactionable_type", "transactionable_id"),
        Index(
            "idx_transactions_created_at",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
        # None but adopted rows: they are counted by it, and no other row pays for it.
        Index("idx_transactions_adopted", "id", postgresql_where=text("is_adopted")),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    beneficiary_id: Mapped[BigInt | None] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT")
    )
    type: Mapped[str] = mapped_column(String(50))
    direction: Mapped[SmallInt]
    currency_type: Mapped[SmallInt]
    amount: Mapped[Decimal]
    quantity: Mapped[int] = mapped_column(server_default=ONE)
    user_balance_before: Mapped[Decimal]
    user_balance_after: Mapped[Decimal]
    beneficiary_currency_type: Mapped[SmallInt | None]
    beneficiary_amount: Mapped[Decimal | None]
    beneficiary_balance_before: Mapped[Decimal | None]
    beneficiary_balance_after: Mapped[Decimal | None]
    transactionable_type: Mapped[str | None] = mapped_column(String(255))
    transactionable_id: Mapped[BigInt | None]
    description: Mapped[str | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")
    status: Mapped[str] = mapped_column(String(20), server_default="completed")
    created_at: Mapped[Now] = mapped_column(primary_key=True)
    updated_at: Mapped[Now]
    deleted_at: Mapped[datetime | None]
    is_adopted: Mapped[Off]


class AdoptedAccount(Base):
    """What a user had when his database was adopted; his own ledger begins there.

    `ledger_coins` and `ledger_diamonds` are what the adopted rows add up to: where they
    differ from the balances, the old ledger did not account for them.
    """

    __tablename__ = "adopted_accounts"

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"), primary_key=True, autoincrement=False
    )
    coin_balance: Mapped[Decimal]
    diamond_balance: Mapped[Decimal]
    total_spent: Mapped[Decimal]
    total_received: Mapped[Decimal]
    ledger_coins: Mapped[Decimal]
    ledger_diamonds: Mapped[Decimal]
    adopted_at: Mapped[datetime]


class AdoptedTable(Base):
    """How many rows of a table of evidence were adopted; no others may call themselves so."""

    __tablename__ = "adopted_tables"
    __table_args__ = (CheckConstraint("rows >= 0", "rows"),)

    table_name: Mapped[str] = mapped_column(String(63), primary_key=True)
    rows: Mapped[BigInt]
    adopted_at: Mapped[datetime]
