"""The resellers' verbs: ask, approve, reject, cancel, settle, transfer.

Locks: the request, then both users by id, so that limits and what is overdue are counted while
neither can do anything else with his coins.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive import economy
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.clock import day_around, now, render
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http.fields import FieldChecks
from flylive.money import Currency, to_decimal
from flylive.money import render as render_money
from flylive.realtime import record, user_stream
from flylive.resellers import queries
from flylive.resellers.errors import (
    CreditOverdue,
    DailyLimit,
    EmailNotVerified,
    NotAReseller,
    NotFromOneself,
    RequestState,
    TooManyPending,
    UnknownRequest,
    UnknownReseller,
)
from flylive.resellers.events import CoinRequestUpdated
from flylive.resellers.schemas import AskForCoins, CoinRequestView, Transfer, Transferred
from flylive.social import service as social
from flylive.social.errors import UserNotAvailable
from flylive.social.rules import Action
from flylive.uploads import signing
from flylive.uploads.service import own_address
from flylive.wallet import Book, Movement, sales
from flylive.wallet.book import Account
from flylive.wallet.holds.service import refuse_held


async def appoint(tx: Transaction, user_id: int, max_credit_days: int) -> None:
    """Let a user sell coins. Raises UnknownUser, EmailNotVerified."""
    user = await accounts.lock_user(tx, user_id)
    if user is None:
        raise UnknownUser
    if user.email_verified_at is None:
        raise EmailNotVerified
    await queries.save_reseller(tx, user_id, max_credit_days)


async def dismiss(tx: Transaction, user_id: int) -> None:
    """Let a user sell no more; what is owed to him stays owed. Raises UnknownReseller.

    Whatever he was selling at this moment is sold before, or not at all.
    """
    await accounts.lock_user(tx, user_id)
    if not await queries.delete_reseller(tx, user_id):
        raise UnknownReseller


async def terms(tx: Reading, user_id: int) -> dict[str, int] | None:
    """The terms on which a user sells; None where he does not."""
    row = await queries.find_reseller(tx, user_id)
    return None if row is None else {"max_credit_days": row.max_credit_days}


async def find_requests(tx: Reading, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Coin requests by id."""
    return await queries.find_requests(tx, ids)


async def ask(
    tx: Transaction, user_id: int, data: AskForCoins, settings: Settings
) -> CoinRequestView:
    """A pending request.

    Raises InvalidRequest, NotFromOneself, UnknownReseller, UserNotAvailable, TooManyPending,
    CreditOverdue.
    """
    if data.requested_from == user_id:
        raise NotFromOneself.field("requested_from", "must be somebody else")
    reseller = await queries.find_reseller(tx, data.requested_from)
    amount = check_request(data, reseller.max_credit_days if reseller is not None else None)
    held = await _hold(tx, user_id, data.requested_from)
    if held[user_id] is None:
        raise Unauthenticated
    if reseller is None or held[data.requested_from] is None:
        raise UnknownReseller
    if not await social.may(tx, user_id, Action.TRADE, data.requested_from):
        raise UserNotAvailable
    pending = await queries.count_pending(tx, user_id, data.requested_from)
    if 0 < settings.pending_coin_requests <= pending:
        raise TooManyPending(f"{pending} of your requests wait there already", pending=pending)
    if data.type == "credit":
        await _refuse_overdue(tx, user_id, data.requested_from)
    proofs = await _own_proofs(tx, user_id, data.proofs)
    proof_1, proof_2, proof_3 = [*proofs, None, None, None][:3]
    row = await queries.insert_request(
        tx,
        user_id=user_id,
        requested_from=data.requested_from,
        amount=to_decimal(amount),
        type=data.type,
        message=data.message,
        credit_days=data.credit_days,
        proof_1=proof_1,
        proof_2=proof_2,
        proof_3=proof_3,
    )
    return await tell(tx, row, settings)


def check_request(data: AskForCoins, max_credit_days: int | None) -> int:
    """The amount in hundredths; `max_credit_days` None: nobody who gives credit is asked.

    Raises InvalidRequest that names every field at fault.
    """
    checks = FieldChecks()
    amount = checks.amount("amount", data.amount)
    if data.type == "purchase" and data.credit_days is not None:
        checks.refuse("credit_days", "belongs to a request on credit")
    if data.type == "credit" and max_credit_days is not None:
        if max_credit_days == 0:
            checks.refuse("type", "this reseller gives no credit")
        elif data.credit_days is None or data.credit_days > max_credit_days:
            checks.refuse("credit_days", f"must be 1–{max_credit_days} days")
    checks.done()
    assert amount is not None
    return amount


async def approve(
    tx: Transaction, reseller_id: int, request_id: int, message: str | None, settings: Settings
) -> CoinRequestView:
    """Move the coins from the reseller to who asked, and close the request.

    Raises UnknownRequest, RequestState, NotAReseller, UnknownUser, UserNotAvailable, WalletHeld,
    CreditOverdue, DailyLimit, InsufficientCoins.
    """
    request = await _lock(tx, request_id, reseller_id, side="requested_from")
    _require(request, "pending")
    book = await Book.open(tx, [reseller_id, request.user_id])
    terms = await queries.find_reseller(tx, reseller_id)
    if terms is None:
        raise NotAReseller
    if request.type == "credit" and request.credit_days > terms.max_credit_days:
        raise RequestState(
            f"credit of {request.credit_days} days is more than the {terms.max_credit_days} that"
            " you may give by now",
            request_status=request.status,
        )
    reseller, buyer = book.account(reseller_id), book.account(request.user_id)
    if not await social.may(tx, reseller_id, Action.TRADE, buyer.id):
        raise UserNotAvailable
    await refuse_held(tx, [reseller.id, buyer.id])
    if request.type == "credit":
        await _refuse_overdue(tx, buyer.id, reseller_id)
    amount = int(request.amount * 100)
    await _refuse_beyond_limits(tx, reseller, buyer, amount, settings, book.at)
    book.debit(
        reseller,
        Movement.COIN_REQUEST,
        Currency.COINS,
        amount,
        beneficiary=buyer,
        beneficiary_amount=amount,
        source=(sales.SOURCE_REQUEST, request_id),
        metadata={"type": request.type},
    )
    await book.write(tx)
    decided = await queries.decide_request(tx, request_id, "approved", reseller_id, message)
    return await tell(tx, decided, settings)


async def reject(
    tx: Transaction, reseller_id: int, request_id: int, message: str | None, settings: Settings
) -> CoinRequestView:
    """Close a pending request without coins. Raises UnknownRequest, RequestState."""
    _require(await _lock(tx, request_id, reseller_id, side="requested_from"), "pending")
    decided = await queries.decide_request(tx, request_id, "rejected", reseller_id, message)
    return await tell(tx, decided, settings)


async def cancel(
    tx: Transaction, user_id: int, request_id: int, settings: Settings
) -> CoinRequestView:
    """Withdraw one's own pending request. Raises UnknownRequest, RequestState."""
    _require(await _lock(tx, request_id, user_id, side="user_id"), "pending")
    decided = await queries.decide_request(tx, request_id, "cancelled", user_id, None)
    return await tell(tx, decided, settings)


async def settle(
    tx: Transaction, reseller_id: int, request_id: int, settings: Settings
) -> CoinRequestView:
    """Note that credit was paid, which happens outside. Raises UnknownRequest, RequestState."""
    request = await _lock(tx, request_id, reseller_id, side="requested_from")
    _require(request, "approved")
    if request.type != "credit":
        raise RequestState("a purchase has nothing to settle", request_status=request.status)
    if request.settled_at is not None:
        raise RequestState("the credit is settled already", request_status="settled")
    return await tell(tx, await queries.settle_request(tx, request_id, reseller_id), settings)


async def transfer(
    tx: Transaction, reseller_id: int, data: Transfer, settings: Settings
) -> Transferred:
    """Coins from a reseller to a user, at once.

    Raises InvalidRequest, NotFromOneself, NotAReseller, UnknownUser, UserNotAvailable, WalletHeld,
    DailyLimit, InsufficientCoins.
    """
    checks = FieldChecks()
    amount = checks.amount("amount", data.amount)
    checks.done()
    assert amount is not None
    if data.to_user_id == reseller_id:
        raise NotFromOneself.field("to_user_id", "must be somebody else")
    book = await Book.open(tx, [reseller_id, data.to_user_id])
    if await queries.find_reseller(tx, reseller_id) is None:
        raise NotAReseller
    reseller, receiver = book.account(reseller_id), book.account(data.to_user_id)
    if not await social.may(tx, reseller_id, Action.TRADE, receiver.id):
        raise UserNotAvailable
    await refuse_held(tx, [reseller.id, receiver.id])
    await _refuse_beyond_limits(tx, reseller, receiver, amount, settings, book.at)
    book.debit(
        reseller,
        Movement.TRANSFER,
        Currency.COINS,
        amount,
        beneficiary=receiver,
        beneficiary_amount=amount,
        description=data.message,
    )
    await book.write(tx)
    row = await sales.newest_row(tx, reseller_id, book.at)
    shown = row._asdict() | {
        "transaction_id": row.id,
        "to_user_id": receiver.id,
        "coin_balance": to_decimal(reseller.coins),
    }
    return msgspec.convert(shown, Transferred)


async def views(tx: Reading, rows: Sequence[Row[Any]], settings: Settings) -> list[CoinRequestView]:
    """Requests with both people and signed addresses of their proofs, in the order given."""
    people = await accounts.cards(
        tx, {row.user_id for row in rows} | {row.requested_from for row in rows}
    )
    moment = now()
    return [
        msgspec.convert(
            row._asdict()
            | {
                "is_overdue": is_overdue(row, moment),
                **_signed_proofs(row, settings),
                "user": people[row.user_id],
                "reseller": people[row.requested_from],
            },
            CoinRequestView,
        )
        for row in rows
    ]


def is_overdue(request: Row[Any], moment: datetime) -> bool:
    """Whether credit is past its day and not paid."""
    return request.due_at is not None and request.settled_at is None and request.due_at <= moment


async def _own_proofs(tx: Transaction, user_id: int, proofs: Sequence[str]) -> list[str]:
    checks = FieldChecks()
    found = []
    for number, url in enumerate(proofs):
        upload = await own_address(tx, user_id, url, ["proof"])
        if upload is None:
            checks.refuse(f"proofs[{number}]", "must be the address of an upload of yours, a proof")
        else:
            found.append(upload.url)
    checks.done()
    return found


def _signed_proofs(row: Row[Any], settings: Settings) -> dict[str, str | None]:
    return {
        name: None if url is None else signing.steady(settings, url, row.created_at)
        for name in ("proof_1", "proof_2", "proof_3")
        for url in [getattr(row, name)]
    }


async def _hold(tx: Transaction, *user_ids: int) -> Mapping[int, Row[Any] | None]:
    return {user_id: await accounts.lock_user(tx, user_id) for user_id in sorted(user_ids)}


async def _lock(tx: Transaction, request_id: int, user_id: int, *, side: str) -> Row[Any]:
    request = await queries.lock_request(tx, request_id)
    if request is None or getattr(request, side) != user_id:
        raise UnknownRequest
    return request


def _require(request: Row[Any], status: str) -> None:
    if request.status != status:
        raise RequestState(
            f"the request is {request.status}; only a {status} one is open to this",
            request_status=request.status,
        )


async def tell(tx: Transaction, row: Row[Any], settings: Settings) -> CoinRequestView:
    """Record, to both sides, how a request is now."""
    [view] = await views(tx, [row], settings)
    for user_id in (row.user_id, row.requested_from):
        record(tx, user_stream(user_id), CoinRequestUpdated(request=view))
    return view


async def _refuse_overdue(tx: Transaction, user_id: int, reseller_id: int) -> None:
    overdue = await queries.find_overdue(tx, user_id, reseller_id)
    if overdue is not None:
        raise CreditOverdue(
            f"{overdue.amount} coins were due {render(overdue.due_at)}",
            coin_request_id=overdue.id,
            due_at=render(overdue.due_at),
            amount=str(overdue.amount),
        )


async def _refuse_beyond_limits(
    tx: Transaction,
    reseller: Account,
    buyer: Account,
    amount: int,
    settings: Settings,
    at: datetime,
) -> None:
    """Both accounts are locked, so what is counted cannot change."""
    start, end = day_around(at, settings.timezone)
    holds = await economy.current(tx, settings)

    def check(limit: int, used: Decimal, words: str) -> None:
        if used * 100 + amount > limit * 100:
            raise DailyLimit(
                f"{limit} coins are what {words} in a day",
                limit=render_money(limit * 100),
                used=render_money(used),
                resets_at=render(end),
            )

    if limit := holds.reseller_daily_coins:
        used = await sales.total(tx, reseller.id, since=start)
        check(limit, used, "a reseller may hand out")
    if limit := holds.buyer_daily_coins:
        used = await sales.received(tx, buyer.id, since=start)
        check(limit, used, "a user may get from resellers")
