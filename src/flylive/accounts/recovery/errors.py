"""Why a password is not reset."""

from typing import Literal

from flylive.errors import FieldError, Problem


class ResetInvalid(Problem):
    """The token or code is wrong, expired, used, or was guessed at too often: all alike."""

    status, code, title = 422, "auth.reset_invalid", "This does not reset the password"

    def __init__(self, field: Literal["token", "code"]) -> None:
        words = f"the {field} is wrong, expired or used; ask for a new one"
        super().__init__(f"{field}: {words}", errors=[FieldError(field, words)])
