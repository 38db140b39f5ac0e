"""The verbs of games: begin and end a session; bet, win, roll back, tell the balance."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Row

from flylive import economy
from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.clock import day_around, now, render
from flylive.config import Settings
from flylive.database import Transaction
from flylive.errors import Unauthenticated
from flylive.games import queries, rules
from flylive.games.calls import (
    SOURCE,
    Asked,
    Decided,
    Heard,
    find_session,
    read_amount,
    settle,
)
from flylive.games.errors import (
    DailyLossLimit,
    GameClosed,
    GameNotHere,
    PlayerUnavailable,
    SessionEnded,
    UnknownGame,
)
from flylive.games.schemas import (
    AskBalance,
    PayWin,
    PlaceBet,
    PlayerBalance,
    RollBack,
    SessionOpened,
)
from flylive.http.idempotency import Answer
from flylive.ids import new_secret, sha256_hex
from flylive.money import Currency, to_decimal
from flylive.rankings import scores
from flylive.wallet import Book, Movement
from flylive.wallet.book import Account
from flylive.wallet.errors import InsufficientCoins


async def begin(tx: Transaction, caller: Caller, code: str, settings: Settings) -> SessionOpened:
    """A session, in place of the one that the caller may have at the game.

    Raises UnknownGame, GameNotHere, Unauthenticated.
    """
    game = await _find_game(tx, code)
    user = await accounts.lock_user(tx, caller.user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    if not rules.is_open(user.country, game.country_restrictions, game.blocked_countries):
        raise GameNotHere
    at = now()
    token, expires_at = new_secret(), at + timedelta(minutes=settings.game_session_minutes)
    await queries.end_session(tx, user.id, game.id, at)
    await queries.start_session(
        tx,
        game_id=game.id,
        user_id=user.id,
        token_hash=sha256_hex(token),
        access_token_id=caller.token_id,
        at=at,
        expires_at=expires_at,
    )
    joint = "&" if "?" in game.launch_url else "?"
    return SessionOpened(
        session_token=token,
        launch_url=f"{game.launch_url}{joint}{urlencode({'session': token})}",
        expires_at=expires_at,
    )


async def end(tx: Transaction, user_id: int, code: str) -> None:
    """End one's session of a game, if one is open. Raises UnknownGame."""
    game = await queries.find_game(tx, code)
    if game is None:
        raise UnknownGame
    await accounts.lock_user(tx, user_id)
    await queries.end_session(tx, user_id, game.id, now())


async def _find_game(tx: Transaction, code: str) -> Row[Any]:
    game = await queries.find_game(tx, code)
    if game is None or not game.is_active or not game.is_provider_active:
        raise UnknownGame
    return game


async def balance(tx: Transaction, heard: Heard) -> Answer:
    """The player of an open session and his coins.

    Raises UnknownSession, SessionEnded, PlayerUnavailable.
    """
    data = heard.read(AskBalance)
    session = await find_session(tx, heard.game, data.session_token, now())
    _refuse_ended(session)
    book = await Book.open(tx, [session.user_id])
    account = _player(book, session.user_id)
    view = PlayerBalance(player_id=account.id, coin_balance=to_decimal(account.coins))
    return Answer(200, msgspec.json.encode(view))


async def bet(tx: Transaction, heard: Heard, settings: Settings) -> Answer:
    """Take a stake. Refused by SessionEnded, GameClosed, PlayerUnavailable, GameNotHere,
    BetRolledBack, RoundSettled, BetOutOfRange, DailyLossLimit, InsufficientCoins.
    """
    data, game = heard.read(PlaceBet), heard.game
    amount = read_amount(data.amount)

    async def decide(tx: Transaction, session: Row[Any], book: Book, id_: int) -> Decided:
        _refuse_ended(session)
        if not game.is_active:
            raise GameClosed
        account = _player(book, session.user_id)
        if not rules.is_open(account.country, game.country_restrictions, game.blocked_countries):
            raise GameNotHere
        is_rolled_back = await queries.is_rolled_back(tx, game.provider_id, data.transaction_id)
        stake = rules.bet(
            amount,
            int(game.min_bet * 100),
            int(game.max_bet * 100),
            await _round(tx, game, account, data.round_id),
            is_rolled_back=is_rolled_back,
        )
        if account.coins < stake:
            raise InsufficientCoins(account.coins, stake)
        await _refuse_beyond_limit(tx, book, account, stake, settings)
        book.debit(
            account,
            Movement.GAME_BET,
            Currency.COINS,
            stake,
            source=(SOURCE, id_),
            metadata=_words(game, data.round_id),
        )
        return Decided(stake, account)

    asked = Asked("bet", data.transaction_id, data.session_token, data.round_id, amount)
    return await settle(tx, game, asked, decide)


async def win(tx: Transaction, heard: Heard) -> Answer:
    """Pay a win, also after the session's end, and to a player who is blocked.

    Refused by PlayerUnavailable (deleted), NoBet, BetRolledBack, WinTooLarge, BalanceTooLarge.
    """
    data, game = heard.read(PayWin), heard.game
    amount = read_amount(data.amount, may_be_nothing=True)

    async def decide(tx: Transaction, session: Row[Any], book: Book, id_: int) -> Decided:
        account = _creditor(book, session.user_id)
        round_ = await _round(tx, game, account, data.round_id)
        paid = rules.win(amount, int(game.max_win * 100), round_)
        book.credit(
            account,
            Movement.GAME_WIN,
            Currency.COINS,
            paid,
            source=(SOURCE, id_),
            metadata=_words(game, data.round_id),
        )
        if paid:
            await scores.note_win(tx, game.code, account.id, paid, book.at)
        return Decided(paid, account)

    asked = Asked("win", data.transaction_id, data.session_token, data.round_id, amount)
    return await settle(tx, game, asked, decide)


async def roll_back(tx: Transaction, heard: Heard) -> Answer:
    """Give a bet back; one that has not come is refused when it does.

    Refused by PlayerUnavailable (deleted), NotABet, RoundSettled, BalanceTooLarge.
    """
    data, game = heard.read(RollBack), heard.game

    async def decide(tx: Transaction, session: Row[Any], book: Book, id_: int) -> Decided:
        account = _creditor(book, session.user_id)
        found = await queries.find_bet(
            tx, game.provider_id, game.id, account.id, data.bet_transaction_id
        )
        returned = rules.rollback(None if found is None else rules.Bet(**found._mapping))
        book.credit(
            account,
            Movement.GAME_ROLLBACK,
            Currency.COINS,
            returned,
            source=(SOURCE, id_),
            metadata={"game": game.code, "bet": data.bet_transaction_id},
        )
        return Decided(returned, account)

    asked = Asked(
        "rollback", data.transaction_id, data.session_token, bet_name=data.bet_transaction_id
    )
    return await settle(tx, game, asked, decide)


def _words(game: Row[Any], round_id: str) -> dict[str, str]:
    return {"game": game.code, "round": round_id}


def _refuse_ended(session: Row[Any]) -> None:
    if session.ended_at is not None or session.expires_at <= now() or not session.is_signed_in:
        raise SessionEnded


def _player(book: Book, user_id: int) -> Account:
    """Whoever may play: neither blocked nor deleted."""
    account = book.accounts[user_id]
    if account.is_gone:
        raise PlayerUnavailable
    return account


def _creditor(book: Book, user_id: int) -> Account:
    """Whoever may be paid: blocked or not, what he won is his."""
    account = book.accounts[user_id]
    if account.is_deleted:
        raise PlayerUnavailable
    return account


async def _round(tx: Transaction, game: Row[Any], account: Account, round_id: str) -> rules.Round:
    found = await queries.find_round(tx, game.provider_id, game.id, account.id, round_id)
    return rules.Round(**found._mapping)


async def _refuse_beyond_limit(
    tx: Transaction, book: Book, account: Account, stake: int, settings: Settings
) -> None:
    """The account is locked, so what is summed cannot change."""
    limit = (await economy.current(tx, settings)).game_daily_loss_coins * 100
    if not limit:
        return
    begins, ends = day_around(book.at, settings.timezone)
    lost = await queries.lost(tx, account.id, begins, ends)
    if rules.passes(limit, lost, stake):
        raise DailyLossLimit(limit, lost, render(ends))
