"""What money asks before an account is deleted, and what becomes of what is left.

Locks coin requests by id, before their users.
"""

from collections.abc import Sequence

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.money import Currency
from flylive.wallet.book import Account, Book
from flylive.wallet.movements import Movement

_LOCK_REQUESTS = text(
    """
    SELECT id FROM coin_requests
    WHERE (user_id = :user_id OR requested_from = :user_id)
      AND (status = 'pending' OR (status = 'approved' AND type = 'credit' AND settled_at IS NULL))
    ORDER BY id FOR NO KEY UPDATE
    """
)
_OPEN_CREDIT = text(
    """
    SELECT id FROM coin_requests
    WHERE (user_id = :user_id OR requested_from = :user_id)
      AND status = 'approved' AND type = 'credit' AND settled_at IS NULL
    ORDER BY id
    """
)
_CANCEL_REQUESTS = text(
    """
    UPDATE coin_requests SET status = 'cancelled', updated_by = :user_id, updated_at = :at
    WHERE (user_id = :user_id OR requested_from = :user_id) AND status = 'pending'
    """
)


async def lock_requests(tx: Transaction, user_id: int) -> None:
    """Lock the coin requests, to and from the user, that wait for an answer or to be settled."""
    await tx.execute(_LOCK_REQUESTS, {"user_id": user_id})


async def open_credit(tx: Reading, user_id: int) -> Sequence[int]:
    """The ids of what was given or taken on credit and is not settled."""
    return [row.id for row in await tx.rows(_OPEN_CREDIT, {"user_id": user_id})]


async def cancel_requests(tx: Transaction, user_id: int) -> None:
    """Cancel the coin requests, to and from the user, that wait for an answer."""
    await tx.execute(_CANCEL_REQUESTS, {"user_id": user_id, "at": now()})


async def destroy_balance(tx: Transaction, user_id: int) -> None:
    """Destroy what a locked user still has, a ledger row for each currency."""
    book = await Book.open(tx, [user_id])
    close_out(book, book.accounts[user_id])
    await book.write(tx)


def close_out(book: Book, account: Account) -> None:
    """Destroy what an account holds; nothing is written for a currency that it has none of."""
    for currency in Currency:
        book.debit(account, Movement.ACCOUNT_CLOSURE, currency, account.balance(currency))
