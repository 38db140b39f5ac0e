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


class NoPassword(Problem):
    """The caller's account has no password: it was opened with a provider's identity."""

    status, code, title = (
        409,
        "auth.no_password",
        "This account has no password yet; /auth/password/forgot sets one",
    )


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


class SignatureTaken(Problem):
    """Somebody has this signature, or had it when he deleted his account."""

    status, code, title = 409, "user.signature_taken", "This signature is taken"


class BlockedAlready(Problem):
    """The account is blocked already; who came first gave the reason."""

    status, code, title = 409, "user.blocked_already", "This account is blocked already"


class NotBlocked(Problem):
    """The account is not blocked."""

    status, code, title = 409, "user.not_blocked", "This account is not blocked"


class NoRole(NotFound):
    """The user is no member of the staff."""

    code, title = "staff.no_role", "This user has no role"


class LastAdmin(Problem):
    """Without this one there would be no admin; grant the role to somebody else first."""

    status, code, title = 409, "staff.last_admin", "This is the last admin"


class AccountInDebt(Problem):
    """A debt stands before the account can be deleted. Extra: `debt`, coins as a string."""

    status, code, title = 409, "account.debt", "Repay the debt before deleting the account"


class AccountHasCredit(Problem):
    """Coins given or taken on credit are not settled yet. Extra: `coin_request_ids`."""

    status, code = 409, "account.open_credit"
    title = "Settle what was given or taken on credit before deleting the account"


class AccountOwnsAgency(Problem):
    """An agency would be left without its owner. Extra: `agency_id`."""

    status, code = 409, "account.owns_agency"
    title = "Hand over or close your agency before deleting the account"


class CodeNeeded(Unauthenticated):
    """The password is right; a code from the phone, or a recovery code, has to come with it."""

    code, title = "staff.code_needed", "Send the code that your phone shows, too"


class WrongCode(Unauthenticated):
    """Wrong, over, or used already. Counted; after too many `auth.locked`."""

    code, title = "staff.wrong_code", "The code is wrong, or was used already"


class TotpEnrolled(Problem):
    """A phone is set up already; remove it first, or let an admin do so."""

    status, code, title = 409, "staff.totp_enrolled", "A phone is set up already"


class TotpNotBegun(Problem):
    """There is nothing to confirm or to remove: no phone was set up."""

    status, code, title = 409, "staff.totp_not_begun", "No phone is being set up"


class TotpUnreadable(Problem):
    """The secret was encrypted with another FLYLIVE_SECRET_KEY; it has to be set up again."""

    status, code = 409, "staff.totp_unreadable"
    title = "The phone has to be set up again; an admin or `flylive staff reset-totp` takes it off"
