"""A provider's call: told by its signature, heard once, answered once and for all.

What is asked under an id is decided while the player is locked, and kept with its answer in the
transaction that moves the coins, refusals included. The same id with the same words gets that
answer again; what could not be decided (a wrong field, a session that is not there, the database
away) is not kept, and may be asked again under the same id.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from litestar import Request
from sqlalchemy import Row

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Problem, Unauthenticated
from flylive.games import queries, signing
from flylive.games.errors import (
    ProviderSuspended,
    Replayed,
    TransactionReused,
    UnknownSession,
)
from flylive.http import problems
from flylive.http.fields import FieldChecks
from flylive.http.idempotency import Answer
from flylive.ids import sha256_hex
from flylive.money import parse, to_decimal
from flylive.wallet.book import Account, Book

SOURCE = "GameTransaction"
"""``transactions.transactionable_type`` of what a call moved."""

NOT_SIGNED = "The call must be signed by the game's provider"

T = TypeVar("T")


class Heard(NamedTuple):
    """A call that the provider of this game signed."""

    game: Row[Any]
    signature: str
    body: Any

    def read(self, kind: type[T]) -> T:
        """The body as `kind`. Raises InvalidRequest."""
        try:
            return msgspec.convert(self.body, kind, strict=True)
        except msgspec.ValidationError as error:
            raise problems.from_msgspec(error) from error


async def hear(
    request: Request[Any, Any, Any], database: Database, settings: Settings, code: str
) -> Heard:
    """Tell a call by its signature.

    Raises Unauthenticated, in the same words whatever is wrong with the signature; and once it
    is right ProviderSuspended, Unreadable, InvalidRequest, UnsupportedMediaType.
    """
    given = request.headers.get(signing.SIGNATURE, "")
    time = request.headers.get(signing.TIME, "")
    moment = signing.read_time(time)
    if not signing.is_signature(given) or moment is None:
        raise Unauthenticated(NOT_SIGNED)
    game = await database.read(lambda tx: queries.find_game(tx, code))
    body = await request.body()
    expected = [
        signing.sign(secret, request.method, request.url.path, time, body)
        for secret in _secrets(settings, game)
    ]
    if not signing.matches(given, *expected) or game is None:
        raise Unauthenticated(NOT_SIGNED)
    if abs(now() - moment) > signing.WINDOW:
        raise Unauthenticated(f"The call's time is more than {signing.WINDOW.seconds} s from ours")
    if not game.is_provider_active:
        raise ProviderSuspended
    return Heard(game, given, await request.json())


def _secrets(settings: Settings, game: Row[Any] | None) -> list[str]:
    """What the game's provider may sign with; of a game that is not there, nobody's secret."""
    if game is None:
        return [signing.secret(settings, 0, 0)]
    versions = [game.secret_version]
    if game.previous_until is not None and game.previous_until > now():
        versions.append(game.secret_version - 1)
    return [signing.secret(settings, game.provider_id, version) for version in versions]


async def once(
    database: Database, heard: Heard, work: Callable[[Transaction], Awaitable[Answer]]
) -> Answer:
    """Answer a call, and never its copy. Raises Replayed, Unavailable.

    `work` writes only what it then answers, so a refusal has nothing to undo; that the call was
    heard is kept beside it.
    """
    # Until its time is too old: it may be ahead of ours by as much as it may be behind.
    expires_at = now() + 2 * signing.WINDOW

    async def attempt(tx: Transaction) -> Answer:
        if not await queries.remember(tx, bytes.fromhex(heard.signature), expires_at):
            raise Replayed
        try:
            return await work(tx)
        except Problem as problem:
            if problem.status >= 500:
                raise
            return refused(problem)

    return await database.run(attempt)


def refused(problem: Problem) -> Answer:
    """A refusal as an answer."""
    return Answer(problem.status, problems.encoded(problem))


class Asked(NamedTuple):
    """What is asked under an id; `requested` in hundredths, None by a rollback."""

    type: str
    name: str
    session_token: str
    round_id: str | None = None
    requested: int | None = None
    bet_name: str | None = None

    def fingerprint(self, game_id: int) -> bytes:
        """What makes two calls the same: all but the session, of which a player has several."""
        words = (game_id, self.type, self.name, self.round_id, self.requested, self.bet_name)
        return hashlib.sha256(msgspec.json.encode(words)).digest()


class Decided(NamedTuple):
    """What is moved, in hundredths, and the Book it stands in."""

    amount: int
    account: Account


Decide = Callable[[Transaction, Row[Any], Book, int], Awaitable[Decided]]
"""Decides a call for a session with its player locked, under the id of the call's row.

Raises every refusal before the Book is touched; the Book is written by who called.
"""


async def settle(tx: Transaction, game: Row[Any], asked: Asked, decide: Decide) -> Answer:
    """Decide what is asked, once. Raises UnknownSession, TransactionReused."""
    names = sorted({asked.name, asked.bet_name or asked.name})
    for name in names:
        await tx.lock(f"game:{game.provider_id}:{name}")
    session = await find_session(tx, game, asked.session_token, now())
    fingerprint = asked.fingerprint(game.id)
    kept = await queries.find_answer(tx, game.provider_id, asked.name)
    if kept is not None:
        if bytes(kept.fingerprint) != fingerprint or kept.user_id != session.user_id:
            raise TransactionReused
        return Answer(kept.status, kept.answer.encode(), replayed=True)
    book = await Book.open(tx, [session.user_id])
    id_ = await queries.next_id(tx)
    amount = 0
    try:
        decided = await decide(tx, session, book, id_)
    except Problem as problem:
        if problem.status >= 500:
            raise
        answer = refused(problem)
    else:
        amount = decided.amount
        await book.write(tx)
        answer = Answer(
            200,
            msgspec.json.encode(
                {
                    "transaction_id": asked.name,
                    "amount": to_decimal(amount),
                    "coin_balance": to_decimal(decided.account.coins),
                }
            ),
        )
    await queries.keep(
        tx,
        {
            "id": id_,
            "provider_id": game.provider_id,
            "game_id": game.id,
            "session_id": session.id,
            "user_id": session.user_id,
            "type": asked.type,
            "provider_transaction_id": asked.name,
            "bet_transaction_id": asked.bet_name,
            "round_id": asked.round_id,
            "requested": None if asked.requested is None else to_decimal(asked.requested),
            "amount": to_decimal(amount),
            "fingerprint": fingerprint,
            "status": answer.status,
            "answer": answer.body.decode(),
            "created_at": book.at,
        },
    )
    return answer


async def find_session(tx: Transaction, game: Row[Any], token: str, moment: datetime) -> Row[Any]:
    """The session of a token. Raises UnknownSession."""
    session = await queries.find_session(tx, sha256_hex(token), game.id, moment)
    if session is None:
        raise UnknownSession
    return session


def read_amount(given: str | int, *, may_be_nothing: bool = False) -> int:
    """Hundredths of the field `amount`. Raises InvalidRequest."""
    checks = FieldChecks()
    if may_be_nothing:
        amount = checks.field("amount", lambda text: parse(str(text)), given)
    else:
        amount = checks.amount("amount", given)
    checks.done()
    assert amount is not None
    return amount
