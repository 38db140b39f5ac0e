"""What goes into and comes out of the resellers' addresses. Money is a string out of here."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from flylive.accounts.schemas import UserCard
from flylive.http.fields import Amount, Id
from flylive.wallet.schemas import TransactionView

MAX_MESSAGE = 500
MAX_PROOFS = 3

Message = Annotated[str, Meta(min_length=1, max_length=MAX_MESSAGE)]


class Transfer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /wallet/transfers: coins from the caller, a reseller, to another user."""

    to_user_id: Id
    amount: Amount
    message: Message | None = None


class Transferred(TransactionView, kw_only=True):
    """A transfer that happened: its ledger row, and what the reseller has left.

    `transaction_id` and `to_user_id` are the row's `id` and `beneficiary_id`.
    """

    transaction_id: int
    to_user_id: int
    coin_balance: Decimal


class AskForCoins(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /coin-requests: `credit_days` with `credit` and only then.

    `proofs` are addresses of the caller's own uploads for this purpose.
    """

    requested_from: Id
    amount: Amount
    type: Literal["purchase", "credit"]
    credit_days: Annotated[int, Meta(ge=1, le=365)] | None = None
    message: Message | None = None
    proofs: Annotated[list[str], Meta(max_length=MAX_PROOFS)] = []


class Act(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The reseller's words with his decision."""

    action_message: Message | None = None


class CoinRequestView(msgspec.Struct, kw_only=True, frozen=True):
    """A coin request as both sides see it.

    `due_at` is set when credit is approved; `settled_at` when the reseller says it was paid;
    `is_overdue` compares with now.
    """

    id: int
    user_id: int
    requested_from: int
    amount: Decimal
    type: str
    message: str | None
    action_message: str | None
    credit_days: int | None
    proof_1: str | None
    proof_2: str | None
    proof_3: str | None
    status: str
    updated_by: int | None
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    settled_at: datetime | None
    is_overdue: bool
    user: UserCard
    reseller: UserCard


class ResellerView(msgspec.Struct, kw_only=True):
    """Somebody who sells coins; credit for at most so many days, 0: none."""

    user_id: int
    user: UserCard
    max_credit_days: int
    created_at: datetime


class Summary(msgspec.Struct, kw_only=True):
    """A reseller's sums: `stock` and open credit now, the rest in the asked time.

    `sold` are the coins of transfers and purchases, `credited` those given on credit, `settled`
    those whose payment he confirmed; `on_credit` is what is owed to him, `overdue` the part of
    it that is past its day.
    """

    stock: Decimal
    sold: Decimal
    credited: Decimal
    settled: Decimal
    on_credit: Decimal
    overdue: Decimal
    open_credits: int
    overdue_credits: int


class StatementLine(msgspec.Struct, kw_only=True):
    """Coins that left the reseller; `coin_request_id` is null for a direct transfer.

    `is_overdue` compares with now.
    """

    transaction_id: int
    created_at: datetime
    kind: Literal["transfer", "purchase", "credit"]
    user: UserCard
    amount: Decimal
    balance_after: Decimal
    coin_request_id: int | None
    message: str | None
    due_at: datetime | None
    settled_at: datetime | None
    is_overdue: bool


class Statement(msgspec.Struct, kw_only=True):
    """A page of lines, newest first, with the sums of the whole asked time."""

    summary: Summary
    data: list[StatementLine]
    next_cursor: str | None
