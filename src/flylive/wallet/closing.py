"""What becomes of the balance that somebody leaves behind."""

from flylive.database import Transaction
from flylive.money import Currency
from flylive.wallet.book import Account, Book
from flylive.wallet.movements import Movement


async def destroy_balance(tx: Transaction, user_id: int) -> None:
    """Destroy what a locked user still has, a ledger row for each currency."""
    book = await Book.open(tx, [user_id])
    close_out(book, book.accounts[user_id])
    await book.write(tx)


def close_out(book: Book, account: Account) -> None:
    """Destroy what an account holds; nothing is written for a currency that it has none of."""
    for currency in Currency:
        book.debit(account, Movement.ACCOUNT_CLOSURE, currency, account.balance(currency))
