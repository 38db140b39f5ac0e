"""The one way to move money.

A :class:`Book` locks the accounts that a piece of work needs, all at once and in the order
of their ids; moves money between them in memory, in whole hundredths, refusing whatever
would go below zero; and writes the new balances and the ledger rows as two set-based
statements. It serves a single transfer and a group of hundreds of gifts alike.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import namedtuple_row

from flylive.clock import now
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.database.burst import Call, Statement
from flylive.money import MAX_HUNDREDTHS, Currency, to_decimal
from flylive.realtime import record_value, user_stream
from flylive.wallet.errors import (
    BalanceTooLarge,
    InsufficientCoins,
    InsufficientDiamonds,
    UnknownUser,
)
from flylive.wallet.movements import PERMITTED, SHAPES, Direction, Movement

WALLET_VALUE = "wallet.updated"


@dataclass(slots=True)
class Account:
    """A locked user: balances and totals in hundredths, and what decisions need to know."""

    id: int
    coins: int
    diamonds: int
    total_spent: int
    total_received: int
    debt: int
    wealth_xp: int
    charm_xp: int
    wealth_level_id: int | None
    charm_level_id: int | None
    wealth_level_paid: int
    charm_level_paid: int
    agency_id: int | None
    vip_level: int
    vip_expires_at: datetime | None
    country: str
    name: str
    signature: str
    gender: int
    avatar_image: str | None
    static_src: str | None
    animated_src: str | None
    is_gone: bool
    is_deleted: bool
    is_changed: bool = False

    def balance(self, currency: Currency) -> int:
        """The balance in one currency, in hundredths."""
        return self.coins if currency is Currency.COINS else self.diamonds

    def vip_level_at(self, moment: datetime) -> int:
        """The VIP level that holds at `moment`: an expired one has no rights."""
        expired = self.vip_expires_at is not None and self.vip_expires_at <= moment
        return 0 if expired else self.vip_level


_LOCK = """
    SELECT id,
           (coin_balance * 100)::bigint AS coins, (diamond_balance * 100)::bigint AS diamonds,
           (total_spent * 100)::bigint AS total_spent,
           (total_received * 100)::bigint AS total_received, (coin_debt * 100)::bigint AS debt,
           wealth_xp, charm_xp, wealth_level_id, charm_level_id,
           wealth_level_paid, charm_level_paid, agency_id,
           vip_level, vip_expires_at, country, name, signature, gender, avatar_image,
           CASE WHEN frame_expires_at <= %s::timestamptz THEN NULL ELSE static_src END
               AS static_src,
           CASE WHEN frame_expires_at <= %s::timestamptz THEN NULL ELSE animated_src END
               AS animated_src, (deleted_at IS NOT NULL OR is_blocked) AS is_gone,
           deleted_at IS NOT NULL AS is_deleted
    FROM users
    WHERE id = ANY(%s::bigint[])
    ORDER BY id
    FOR NO KEY UPDATE
"""
_SAVE = """
    UPDATE users u SET
        coin_balance = c.coins * 0.01, diamond_balance = c.diamonds * 0.01,
        total_spent = c.spent * 0.01, total_received = c.received * 0.01,
        coin_debt = c.debt * 0.01,
        wealth_xp = c.wealth_xp, charm_xp = c.charm_xp,
        wealth_level_id = c.wealth_level_id, charm_level_id = c.charm_level_id
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
         AS c (id, coins, diamonds, spent, received, debt, wealth_xp, charm_xp,
               wealth_level_id, charm_level_id)
    WHERE u.id = c.id
"""
_POST = """
    INSERT INTO transactions (
        user_id, type, direction, currency_type, amount, quantity,
        user_balance_before, user_balance_after,
        beneficiary_id, beneficiary_currency_type, beneficiary_amount,
        beneficiary_balance_before, beneficiary_balance_after,
        transactionable_type, transactionable_id, description, metadata,
        created_at, updated_at)
    SELECT r.user_id, r.type, r.direction, r.currency_type, r.amount * 0.01, r.quantity,
           r.before * 0.01, r.after * 0.01,
           r.beneficiary_id, r.beneficiary_currency_type, r.beneficiary_amount * 0.01,
           r.beneficiary_before * 0.01, r.beneficiary_after * 0.01,
           r.source_type, r.source_id, r.description, r.metadata,
           %(at)s::timestamptz, %(at)s::timestamptz
    FROM unnest(%(user_id)s::bigint[], %(type)s::text[], %(direction)s::smallint[],
                %(currency_type)s::smallint[], %(amount)s::bigint[], %(quantity)s::integer[],
                %(before)s::bigint[], %(after)s::bigint[], %(beneficiary_id)s::bigint[],
                %(beneficiary_currency_type)s::smallint[], %(beneficiary_amount)s::bigint[],
                %(beneficiary_before)s::bigint[], %(beneficiary_after)s::bigint[],
                %(source_type)s::text[], %(source_id)s::bigint[], %(description)s::text[],
                %(metadata)s::jsonb[])
         AS r (user_id, type, direction, currency_type, amount, quantity, before, after,
               beneficiary_id, beneficiary_currency_type, beneficiary_amount,
               beneficiary_before, beneficiary_after, source_type, source_id, description,
               metadata)
"""
_COLUMNS = (
    "user_id",
    "type",
    "direction",
    "currency_type",
    "amount",
    "quantity",
    "before",
    "after",
    "beneficiary_id",
    "beneficiary_currency_type",
    "beneficiary_amount",
    "beneficiary_before",
    "beneficiary_after",
    "source_type",
    "source_id",
    "description",
    "metadata",
)


_LOCKING, _SAVING, _POSTING = Statement(_LOCK), Statement(_SAVE), Statement(_POST)


class Book:
    """Locked accounts and the movements between them, until :meth:`write`."""

    def __init__(self, accounts: Iterable[Account], at: datetime) -> None:
        self.accounts = {account.id: account for account in accounts}
        self.at = at
        self._rows: list[tuple[Any, ...]] = []

    @classmethod
    async def open(
        cls, tx: Transaction, user_ids: Collection[int], *, at: datetime | None = None
    ) -> "Book":
        """Lock these users by id and read their balances. Unknown ids are simply not in it."""
        driver = await tx.driver()
        cursor = driver.cursor(row_factory=namedtuple_row)
        moment = at or now()
        ids = array_literal(sorted(set(user_ids)))
        await cursor.execute(_LOCK, (moment, moment, ids), prepare=True)
        rows = await cursor.fetchall()
        return cls((Account(*row) for row in rows), at or now())

    @staticmethod
    def locking(user_ids: Collection[int], at: datetime) -> Call:
        """What :meth:`open` does, as a part of a burst; its rows go to :meth:`of`."""
        return _LOCKING(at, at, array_literal(sorted(set(user_ids))))

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]], at: datetime) -> "Book":
        """The book of what :meth:`locking` found."""
        return cls((Account(*row) for row in rows), at)

    def account(self, user_id: int) -> Account:
        """A locked account. Raises UnknownUser for one that is not there, blocked or deleted."""
        account = self.accounts.get(user_id)
        if account is None or account.is_gone:
            raise UnknownUser
        return account

    def debit(
        self,
        user: Account,
        movement: Movement,
        currency: Currency,
        amount: int,
        *,
        beneficiary: Account | None = None,
        beneficiary_amount: int = 0,
        quantity: int = 1,
        source: tuple[str, int] | None = None,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Take `amount` hundredths from `user`; what the beneficiary gets is his own amount.

        The beneficiary's currency is the movement's. A zero amount writes nothing.
        Raises InsufficientCoins, InsufficientDiamonds, BalanceTooLarge; then nothing moved.
        """
        if amount == 0:
            return
        _check_amount(amount)
        shape = SHAPES[movement]
        assert (movement, Direction.DEBIT, currency) in PERMITTED, f"{movement} is no such debit"
        before = user.balance(currency)
        if before < amount:
            if currency is Currency.COINS:
                raise InsufficientCoins(before, amount)
            raise InsufficientDiamonds(before, amount)
        received: tuple[Any, ...] = (None, None, None, None, None)
        if beneficiary is not None and beneficiary_amount > 0:
            assert beneficiary is not user, "nobody pays himself in one row"
            other = shape.beneficiary_currency
            assert other is not None, f"{movement} has no beneficiary"
            other_before = beneficiary.balance(other)
            _put(beneficiary, other, other_before + beneficiary_amount)
            if shape.counts_as_received:
                beneficiary.total_received += beneficiary_amount
            received = (
                beneficiary.id,
                int(other),
                beneficiary_amount,
                other_before,
                other_before + beneficiary_amount,
            )
        _put(user, currency, before - amount)
        if shape.counts_as_spent:
            user.total_spent += amount
        self._note(
            user, movement, Direction.DEBIT, currency, amount, quantity, before, received,
            source, description, metadata,
        )  # fmt: skip
        if beneficiary is not None and shape.beneficiary_currency is Currency.COINS:
            self.repay(beneficiary)

    def credit(
        self,
        user: Account,
        movement: Movement,
        currency: Currency,
        amount: int,
        *,
        quantity: int = 1,
        source: tuple[str, int] | None = None,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Give `user` `amount` hundredths from the house; coins repay a debt at once.

        A zero amount writes nothing. Raises BalanceTooLarge; then nothing moved.
        """
        if amount == 0:
            return
        _check_amount(amount)
        assert (movement, Direction.CREDIT, currency) in PERMITTED, f"{movement} is no such credit"
        before = user.balance(currency)
        _put(user, currency, before + amount)
        if SHAPES[movement].counts_as_received:
            user.total_received += amount
        self._note(
            user, movement, Direction.CREDIT, currency, amount, quantity, before,
            (None, None, None, None, None), source, description, metadata,
        )  # fmt: skip
        if currency is Currency.COINS:
            self.repay(user)

    def repay(self, user: Account) -> None:
        """Pay what `user` owes from the coins that he has."""
        amount = min(user.debt, user.coins)
        if amount:
            user.debt -= amount
            self.debit(
                user,
                Movement.DEBT_REPAYMENT,
                Currency.COINS,
                amount,
                metadata={"debt_after": str(to_decimal(user.debt))},
            )

    def claw_back(
        self, user: Account, movement: Movement, amount: int, *, source: tuple[str, int]
    ) -> None:
        """Take coins back as far as they reach; what is missing becomes a debt."""
        taken = min(amount, user.coins)
        user.debt += amount - taken
        user.is_changed = True
        self.debit(
            user,
            movement,
            Currency.COINS,
            taken,
            source=source,
            metadata={"owed": str(to_decimal(amount - taken))},
        )

    async def write(self, tx: Transaction) -> None:
        """Write balances and ledger rows; hint every changed wallet after the commit."""
        changed = self._changed()
        driver = await tx.driver()
        if self._rows:
            await driver.execute(_POST, self._posting(), prepare=True)
            self._rows.clear()
        await save(driver, changed)
        self._written(tx, changed)

    def posting(self) -> list[Call]:
        """The ledger rows noted since the last time, as a part of a burst."""
        if not self._rows:
            return []
        call = _POSTING.named(**self._posting())
        self._rows.clear()
        return [call]

    def saving(self, tx: Transaction) -> list[Call]:
        """The changed balances, as a part of a burst; hints every changed wallet after the commit.

        They are better written after all rows that refer to users: a foreign key locks the row
        that it finds, which costs nothing while that is the version locked by the Book, and a
        write to the log for each account once there is a newer one.
        """
        changed = self._changed()
        calls = [_SAVING(*_columns_of(changed))] if changed else []
        self._written(tx, changed)
        return calls

    def _changed(self) -> list[Account]:
        return [account for account in self.accounts.values() if account.is_changed]

    def _written(self, tx: Transaction, changed: Iterable[Account]) -> None:
        for account in changed:
            account.is_changed = False
            record_value(tx, user_stream(account.id), WALLET_VALUE)

    def _posting(self) -> dict[str, Any]:
        columns = zip(*self._rows, strict=True)
        parameters: dict[str, Any] = {
            name: array_literal(column) for name, column in zip(_COLUMNS, columns, strict=True)
        }
        parameters["at"] = self.at
        return parameters

    def _note(
        self,
        user: Account,
        movement: Movement,
        direction: Direction,
        currency: Currency,
        amount: int,
        quantity: int,
        before: int,
        received: tuple[Any, ...],
        source: tuple[str, int] | None,
        description: str | None,
        metadata: dict[str, Any] | None,
    ) -> None:
        self._rows.append(
            (
                user.id,
                movement.value,
                int(direction),
                int(currency),
                amount,
                quantity,
                before,
                user.balance(currency),
                *received,
                source[0] if source else None,
                source[1] if source else None,
                description,
                msgspec.json.encode(metadata).decode() if metadata else None,
            )
        )


async def save(driver: psycopg.AsyncConnection[Any], accounts: Collection[Account]) -> None:
    """Write the accounts' balances, totals, debt and XP in one statement."""
    if accounts:
        await driver.execute(_SAVE, _columns_of(accounts), prepare=True)


def _columns_of(accounts: Collection[Account]) -> list[str]:
    columns = zip(
        *(
            (
                account.id,
                account.coins,
                account.diamonds,
                account.total_spent,
                account.total_received,
                account.debt,
                account.wealth_xp,
                account.charm_xp,
                account.wealth_level_id,
                account.charm_level_id,
            )
            for account in accounts
        ),
        strict=True,
    )
    return [array_literal(column) for column in columns]


_OPEN_ROWS = """
    INSERT INTO transactions (
        user_id, type, direction, currency_type, amount, user_balance_before, user_balance_after,
        description, metadata, created_at, updated_at)
    SELECT f.user_id, 'opening_balance', 2, b.currency_type, b.found, 0, b.found,
           'Found when this database was adopted', jsonb_build_object('ledger', b.ledger::text),
           f.adopted_at, f.adopted_at
    FROM adopted_accounts f
    CROSS JOIN LATERAL (VALUES (1, f.coin_balance, f.ledger_coins),
                               (2, f.diamond_balance, f.ledger_diamonds))
         AS b (currency_type, found, ledger)
    WHERE b.found > 0
    ORDER BY f.user_id, b.currency_type
"""
_OPEN_BALANCES = """
    UPDATE users u SET
        coin_balance = GREATEST(f.coin_balance, 0),
        diamond_balance = GREATEST(f.diamond_balance, 0),
        total_spent = GREATEST(f.total_spent, 0),
        total_received = GREATEST(f.total_received, 0),
        coin_debt = GREATEST(- f.coin_balance, 0)
    FROM adopted_accounts f
    WHERE u.id = f.user_id
      AND (f.coin_balance, f.diamond_balance, f.total_spent, f.total_received) <> (0, 0, 0, 0)
"""


def open_adopted(connection: psycopg.Connection[Any]) -> int:
    """Give every user of ``adopted_accounts`` what was found for him; how many ledger rows.

    Runs in the caller's transaction, by the owner, over users whose balances are zero. What
    is below zero becomes zero: coins as a debt, diamonds as nothing.
    """
    opened = connection.execute(_OPEN_ROWS).rowcount
    connection.execute(_OPEN_BALANCES)
    return opened


def _check_amount(amount: int) -> None:
    if not 0 < amount <= MAX_HUNDREDTHS:
        raise ValueError(f"{amount} hundredths is no amount to move")


def _put(account: Account, currency: Currency, balance: int) -> None:
    if balance > MAX_HUNDREDTHS:
        raise BalanceTooLarge
    if currency is Currency.COINS:
        account.coins = balance
    else:
        account.diamonds = balance
    account.is_changed = True
