"""Diamonds into coins at the platform's rate, rounded down to 0.01.

Two ledger rows: one takes the diamonds, one gives the coins, since a row's two sides are two
people. The rate can only be such that no gift that goes around in a circle gains
(`Settings.model_post_init`, `gifts.rules.lucky`).
"""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from flylive import economy
from flylive.accounts import Caller
from flylive.clock import day_around
from flylive.clock import render as render_moment
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.economy import Economy
from flylive.http import idempotency
from flylive.http.fields import Amount, FieldChecks
from flylive.money import Currency, render, to_decimal
from flylive.wallet import queries
from flylive.wallet.book import Account, Book
from flylive.wallet.errors import ExchangeLimit
from flylive.wallet.holds.service import refuse_held
from flylive.wallet.movements import Movement


class Exchange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /wallet/exchange: `diamonds` as ``"12.50"`` or 12."""

    diamonds: Amount


class Quote(msgspec.Struct, kw_only=True):
    """What so many diamonds are worth: `coins` = `diamonds` × `rate`, rounded down to 0.01."""

    diamonds: Decimal
    rate: Decimal
    coins: Decimal


class Exchanged(Quote, kw_only=True):
    """What was exchanged, and the balances after it."""

    coin_balance: Decimal
    diamond_balance: Decimal


def quote(diamonds: Amount, rate: Decimal) -> tuple[int, int]:
    """Hundredths of diamonds, and of the coins that they give.

    Raises InvalidRequest for what is no amount, and for so little that it gives nothing.
    """
    checks = FieldChecks()
    given = checks.amount("diamonds", diamonds) or 0
    coins = given * int(rate * 100) // 100
    if given and not coins:
        checks.refuse("diamonds", f"{render(given)} give no coins at the rate of {rate}")
    checks.done()
    return given, coins


@get("/wallet/exchange/preview")
async def preview(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    diamonds: Annotated[str, QueryParameter(name="diamonds", min_length=1, max_length=24)],
) -> Quote:
    """What an exchange would give now; whether the diamonds are there is not asked."""
    rate = (await database.read(lambda tx: economy.current(tx, settings))).exchange_rate
    given, coins = quote(diamonds, rate)
    return Quote(diamonds=to_decimal(given), rate=rate, coins=to_decimal(coins))


@post(
    "/wallet/exchange",
    status_code=201,
    responses={201: ResponseSpec(Exchanged, generate_examples=False, description="Exchanged")},
)
async def exchange(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[Exchange],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Turn diamonds into coins. Needs an Idempotency-Key.

    409 `wallet.insufficient_diamonds`, `wallet.exchange_limit`, 403 `wallet.held`. Coins pay a
    debt first.
    """

    async def work(tx: Transaction) -> Exchanged:
        book = await Book.open(tx, [caller.user_id])
        user = book.account(caller.user_id)
        await refuse_held(tx, [user.id])
        holds = await economy.current(tx, settings)
        rate = holds.exchange_rate
        given, coins = quote(data.diamonds, rate)
        await _refuse_beyond_limit(tx, book, user, given, holds, settings.timezone)
        terms = {"rate": str(rate), "diamonds": render(given), "coins": render(coins)}
        book.debit(user, Movement.EXCHANGE, Currency.DIAMONDS, given, metadata=terms)
        book.credit(user, Movement.EXCHANGE, Currency.COINS, coins, metadata=terms)
        await book.write(tx)
        return Exchanged(
            diamonds=to_decimal(given),
            rate=rate,
            coins=to_decimal(coins),
            coin_balance=to_decimal(user.coins),
            diamond_balance=to_decimal(user.diamonds),
        )

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    return answer.response()


async def _refuse_beyond_limit(
    tx: Transaction, book: Book, user: Account, given: int, holds: Economy, timezone: str
) -> None:
    """The account is locked, so what is counted cannot change."""
    limit = holds.exchange_daily_diamonds
    if not limit:
        return
    begins, ends = day_around(book.at, timezone)
    used = await queries.exchanged(tx, user.id, since=begins)
    if used * 100 + given > limit * 100:
        raise ExchangeLimit(
            f"{limit} diamonds are what a user may exchange in a day",
            limit=render(limit * 100),
            used=render(used),
            resets_at=render_moment(ends),
        )


ROUTES = [preview, exchange]
