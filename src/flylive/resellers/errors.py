"""Why a reseller does not sell, or somebody is not sold to; nothing is changed."""

from flylive.errors import Forbidden, InvalidRequest, NotFound, Problem


class NotAReseller(Forbidden):
    """Only resellers transfer coins."""

    code, title = "reseller.required", "Only resellers can do this"


class UnknownReseller(NotFound):
    """No such reseller, or he sells no more."""

    code, title = "reseller.not_found", "There is no such reseller"


class NotFromOneself(InvalidRequest):
    """Nobody asks himself, and nobody transfers to himself."""

    code, title = "reseller.not_oneself", "You cannot do this with yourself"


class UnknownRequest(NotFound):
    """No such coin request that the caller could act on."""

    code, title = "coin_request.not_found", "There is no such coin request of yours"


class RequestState(Problem):
    """The request is past what is asked. Extra: `request_status`."""

    status, code, title = 409, "coin_request.state", "The coin request is not in a state for this"


class TooManyPending(Problem):
    """So many requests wait at this reseller already. Extra: `pending`."""

    status, code, title = 409, "coin_request.too_many_pending", "Wait until he has answered"


class CreditOverdue(Problem):
    """Credit from this reseller is past its day. Extras: `coin_request_id`, `due_at`, `amount`."""

    status, code, title = 409, "coin_request.credit_overdue", "Overdue credit must be paid first"


class DailyLimit(Problem):
    """The day's limit does not reach. Extras: `limit`, `used`, `resets_at`."""

    status, code, title = 409, "reseller.daily_limit", "The limit of this day is reached"


class EmailNotVerified(Problem):
    """A reseller must be reachable: his e-mail has to be verified first."""

    status, code, title = 409, "reseller.email_not_verified", "Verify the e-mail address first"
