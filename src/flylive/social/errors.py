"""Why a follow or a block is refused; nothing is changed."""

from flylive.errors import Forbidden, InvalidRequest, Problem


class UserNotAvailable(Forbidden):
    """The user is not to be approached by the caller; why is not told."""

    code, title = "user.not_available", "This user is not available to you"


class BlockedByYou(Problem):
    """The caller blocked the user himself."""

    status, code, title = 409, "user.blocked_by_you", "Unblock this user first"


class NotOneself(InvalidRequest):
    """Nobody follows or blocks himself."""

    code, title = "user.not_oneself", "You cannot do this to yourself"
