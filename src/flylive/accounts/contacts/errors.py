"""Why an address is not proved or changed."""

from flylive.errors import FieldError, Problem

_WORDS = "is wrong, expired or used; ask for a new one"


class VerificationInvalid(Problem):
    """The token of a verification mail is wrong, expired, used, or for a former address."""

    status, code, title = 422, "auth.verification_invalid", "This does not confirm the e-mail"

    def __init__(self) -> None:
        super().__init__(f"token: {_WORDS}", errors=[FieldError("token", _WORDS)])


class CodeInvalid(Problem):
    """The code for a new e-mail or phone is wrong, expired, used, or was guessed at too often."""

    status, code, title = 422, "auth.code_invalid", "This code does not confirm the change"

    def __init__(self) -> None:
        super().__init__(f"code: {_WORDS}", errors=[FieldError("code", _WORDS)])


class NoEmail(Problem):
    """The account has no e-mail that could be confirmed."""

    status, code, title = 409, "auth.no_email", "This account has no e-mail address"
