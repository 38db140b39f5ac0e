"""Why an account is not opened, entered or changed."""

from flylive.errors import Forbidden, NotFound, Problem, TooManyRequests, Unauthenticated


class EmailTaken(Problem):
    """Another account has this e-mail, whatever its case."""

    status, code, title = 409, "auth.email_taken", "There is an account with this e-mail already"


class PhoneTaken(Problem):
    """Another account has this phone number."""

    status, code, title = 409, "auth.phone_taken", "There is an account with this phone already"


class WrongCredentials(Unauthenticated):
    """Unknown account or wrong password: the same words, and the same time."""

    code, title = "auth.wrong_credentials", "The log-in or the password is wrong"


class WrongPassword(Forbidden):
    """The caller's own current password, asked for once more, is wrong."""

    code, title = "auth.wrong_password", "The current password is wrong"


class Blocked(Forbidden):
    """Staff blocked the account. Told only to whoever knows its password."""

    code, title = "auth.blocked", "This account is blocked"


class Locked(TooManyRequests):
    """Too many wrong passwords, for a known or unknown account. Extra: `retry_after` seconds."""

    code, title = "auth.locked", "Too many wrong passwords; wait before the next try"


class UnknownToken(NotFound):
    """No such token of the caller's."""

    code, title = "auth.token_not_found", "You have no such access token"


class UnknownUser(NotFound):
    """No such user, or the account was deleted. Extra, among recipients: `recipient_id`."""

    code, title = "user.not_found", "There is no such user"
