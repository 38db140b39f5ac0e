"""Tickets: one use, thirty seconds, so that no access token stands in a socket's address.

Kept as SHA-256; redeeming deletes the row, so of two at once only one gets in. A ticket
belongs to an access token and goes with it.
"""

import hashlib
from datetime import timedelta
from typing import NamedTuple, Protocol, runtime_checkable

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Transaction
from flylive.errors import Unauthenticated
from flylive.ids import new_secret
from flylive.realtime.errors import TicketRefused

TTL_SECONDS = 30
LENGTH = 40


@runtime_checkable
class Holder(Protocol):
    """Whoever holds an access token: accounts' Caller, which stands in a layer above."""

    @property
    def user_id(self) -> int:
        """The user."""
        ...

    @property
    def token_id(self) -> int:
        """His access token."""
        ...


class Redeemed(NamedTuple):
    """What a ticket stood for."""

    user_id: int
    token_id: int


_ISSUE = text(
    """
    INSERT INTO realtime_tickets (token_hash, user_id, token_id, expires_at)
    SELECT :token_hash, :user_id, t.id, :expires_at
    FROM personal_access_tokens t WHERE t.id = :token_id
    FOR KEY SHARE OF t
    """
)
_REDEEM = text(
    "DELETE FROM realtime_tickets WHERE token_hash = :token_hash"
    " RETURNING user_id, token_id, expires_at"
)
_DROP = text("DELETE FROM realtime_tickets WHERE user_id = :user_id")
_PRUNE = text("DELETE FROM realtime_tickets WHERE expires_at < :before")


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()


async def issue(tx: Transaction, caller: Holder) -> str:
    """A new ticket for this caller; it opens one socket within TTL_SECONDS.

    Raises Unauthenticated where his access token was revoked while he asked.
    """
    ticket = new_secret(LENGTH)
    issued = await tx.execute(
        _ISSUE,
        {
            "token_hash": _digest(ticket),
            "user_id": caller.user_id,
            "token_id": caller.token_id,
            "expires_at": now() + timedelta(seconds=TTL_SECONDS),
        },
    )
    if issued.rowcount == 0:
        raise Unauthenticated
    return ticket


async def redeem(tx: Transaction, ticket: str) -> Redeemed:
    """Use the ticket up and say whose it was. Raises TicketRefused."""
    row = await tx.row(_REDEEM, {"token_hash": _digest(ticket)})
    if row is None or row.expires_at <= now():
        raise TicketRefused
    return Redeemed(row.user_id, row.token_id)


async def drop(tx: Transaction, user_id: int) -> None:
    """Drop the tickets that a user has open."""
    await tx.execute(_DROP, {"user_id": user_id})


async def prune(tx: Transaction) -> None:
    """Drop tickets that nobody used in time; the worker calls it now and then."""
    await tx.execute(_PRUNE, {"before": now()})
