"""What goes into and comes out of the wallet's addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


class WalletView(msgspec.Struct, kw_only=True):
    """GET /wallet: the caller's balances, as strings with two decimals."""

    coin_balance: Decimal
    diamond_balance: Decimal
    total_spent: Decimal
    total_received: Decimal
    debt: Decimal


class TransactionView(msgspec.Struct, kw_only=True):
    """A ledger row as one of its two sides sees it: the other side's balances are null.

    `is_adopted`: it was found in a database that the platform took over, and is history; its
    `metadata` is whatever it was there, that of other rows an object.
    """

    id: int
    user_id: int
    beneficiary_id: int | None
    type: str
    direction: int
    currency_type: int
    amount: Decimal
    quantity: int
    user_balance_before: Decimal | None
    user_balance_after: Decimal | None
    beneficiary_currency_type: int | None
    beneficiary_amount: Decimal | None
    beneficiary_balance_before: Decimal | None
    beneficiary_balance_after: Decimal | None
    transactionable_type: str | None
    transactionable_id: int | None
    description: str | None
    metadata: Any
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    is_adopted: bool
