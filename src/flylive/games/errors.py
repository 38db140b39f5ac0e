"""Why a game is not played, or a provider's call moves nothing."""

from typing import Any

from flylive.errors import Forbidden, NotFound, Problem
from flylive.money import render


class UnknownGame(NotFound):
    """No such game, or it is not played any more."""

    code, title = "game.not_found", "There is no such game"


class GameNotHere(Forbidden):
    """The game is switched off in the player's country."""

    code, title = "game.not_in_country", "This game is not played in your country"


class Replayed(Problem):
    """This very signature was heard before; a try of the same again is signed anew."""

    status, code, title = 409, "game.replayed", "This signed call was heard already"


class ProviderSuspended(Forbidden):
    """The staff have suspended the provider."""

    code, title = "game.provider_suspended", "This provider is suspended"


class UnknownSession(NotFound):
    """No session of this game has that token."""

    code, title = "game.session_not_found", "There is no such session of this game"


class SessionEnded(Problem):
    """The session has ended or expired, or the player's access token is gone. No bets."""

    status, code, title = 409, "game.session_ended", "The session has ended"


class GameClosed(Problem):
    """The game is switched off. No bets."""

    status, code, title = 409, "game.closed", "The game is closed"


class PlayerUnavailable(Forbidden):
    """The player is blocked, or his account is deleted."""

    code, title = "game.player_unavailable", "The player is not available"


class TransactionReused(Problem):
    """The id was used for another call; nothing was done."""

    status, code, title = (
        422,
        "game.transaction_reused",
        "This transaction_id was used for another call",
    )


class BetOutOfRange(Problem):
    """The stake is below or above what the game takes. Extras: `min_bet`, `max_bet`."""

    status, code, title = 409, "game.bet_out_of_range", "The stake is not within the game's limits"


class BetRolledBack(Problem):
    """The bet was rolled back, perhaps before it came."""

    status, code, title = 409, "game.bet_rolled_back", "The bet was rolled back"


class RoundSettled(Problem):
    """The round has paid out: no further bets in it, and none of its bets rolls back."""

    status, code, title = 409, "game.round_settled", "The round was settled"


class NoBet(Problem):
    """The player has no accepted bet in this round, so there is nothing to win."""

    status, code, title = 409, "game.no_bet", "There is no bet of the player's in this round"


class WinTooLarge(Problem):
    """The round would pay more than the game may. Extras: `max_win`, `won`."""

    status, code, title = 409, "game.win_too_large", "The round would pay more than the game may"


class NotABet(Problem):
    """What is to be rolled back is no bet of this player's in this game."""

    status, code, title = 409, "game.not_a_bet", "This is no bet of the player's in this game"


class DailyLossLimit(Problem):
    """The day's losses would pass the limit.

    Extras: `limit`, `lost` (so far today, net of wins), `resets_at`.
    """

    status, code, title = 409, "game.daily_loss_limit", "The limit of losses in a day is reached"

    def __init__(self, limit: int, lost: int, resets_at: str) -> None:
        extras: dict[str, Any] = {"limit": render(limit), "lost": render(lost)}
        super().__init__(
            f"{render(limit)} coins are what a player may lose in a day",
            resets_at=resets_at,
            **extras,
        )


class UnknownProvider(NotFound):
    """No such provider of games."""

    code, title = "game.provider_not_found", "There is no such provider"


class NameTaken(Problem):
    """A game or provider has this name already."""

    status, code, title = 409, "game.name_taken", "This name is taken"
