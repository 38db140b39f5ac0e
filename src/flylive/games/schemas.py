"""What goes in and out of the games' addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from flylive.http.fields import Amount

Name = Annotated[str, Meta(pattern=r"^[!-~]{1,64}\Z")]
"""An id of the provider's own: 1–64 visible ASCII characters."""
Token = Annotated[str, Meta(min_length=1, max_length=64)]


class GameView(msgspec.Struct, kw_only=True):
    """A game that the caller may play."""

    code: str
    name: str
    thumbnail_url: str | None
    min_bet: Decimal
    max_bet: Decimal
    max_win: Decimal


class SessionOpened(msgspec.Struct, kw_only=True):
    """Where to play: `launch_url` carries the token, which the game hands to its provider."""

    session_token: str
    launch_url: str
    expires_at: datetime


class AskBalance(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST …/wallet/balance."""

    session_token: Token


class PlaceBet(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST …/wallet/bet: take `amount` coins, above zero."""

    session_token: Token
    transaction_id: Name
    round_id: Name
    amount: Amount


class PayWin(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST …/wallet/win: pay `amount` coins; 0 settles a round that won nothing."""

    session_token: Token
    transaction_id: Name
    round_id: Name
    amount: Amount


class RollBack(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST …/wallet/rollback: give a bet back, or see to it that it is never taken."""

    session_token: Token
    transaction_id: Name
    bet_transaction_id: Name


class PlayerBalance(msgspec.Struct, kw_only=True):
    """The player and his coins."""

    player_id: int
    coin_balance: Decimal


class Moved(msgspec.Struct, kw_only=True):
    """What a call moved, and the coins after it.

    `amount` is 0 by a rollback whose bet was never taken, or is given back already.
    """

    transaction_id: str
    amount: Decimal
    coin_balance: Decimal


class ProviderRow(msgspec.Struct, kw_only=True):
    """A provider as the staff see him; `previous_until`: how long his last secret holds on."""

    id: int
    name: str
    secret_version: int
    previous_until: datetime | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class GameRow(msgspec.Struct, kw_only=True):
    """A game as the staff see it."""

    id: int
    provider_id: int
    code: str
    name: str
    launch_url: str
    thumbnail_url: str | None
    min_bet: Decimal
    max_bet: Decimal
    max_win: Decimal
    is_active: bool
    country_restrictions: list[str] | None
    blocked_countries: list[str] | None
    created_at: datetime
    updated_at: datetime


class GameTransactionRow(msgspec.Struct, kw_only=True):
    """A provider's call as the staff see it; `code` is the refusal's."""

    id: int
    provider_id: int
    game_id: int
    session_id: int
    user_id: int
    type: str
    provider_transaction_id: str
    bet_transaction_id: str | None
    round_id: str | None
    requested: Decimal | None
    amount: Decimal
    status: int
    code: str | None
    created_at: datetime
