"""Why an identity does not open, join or leave an account."""

from collections.abc import Sequence
from typing import Any

from flylive.errors import FieldError, NotFound, Problem


class ProviderUnavailable(Problem):
    """This platform has no application registered with the provider."""

    status, code, title = 422, "auth.provider_unavailable", "This provider is not available here"


class InvalidIdToken(Problem):
    """The provider did not issue this id token to us, or not for now. Not told which."""

    status, code, title = 422, "auth.invalid_id_token", "The id token does not hold"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (FieldError("id_token", "must be one that holds now"),),
        **extras: Any,
    ) -> None:
        super().__init__(detail, errors=errors, **extras)


class StaleIdToken(Problem):
    """The id token holds but is not fresh: sign in at the provider again. Extra: `max_age`, s."""

    status, code, title = 422, "auth.stale_id_token", "Sign in at the provider once more"


class IdentityTaken(Problem):
    """Another account has this identity."""

    status, code, title = 409, "auth.identity_taken", "This identity belongs to another account"


class ProviderLinked(Problem):
    """The caller has an identity at this provider already."""

    status, code, title = 409, "auth.provider_linked", "You have linked this provider already"


class IdentityNotLinked(NotFound):
    """The caller has no identity at this provider, or proves himself with somebody else's."""

    code, title = "auth.identity_not_linked", "You have not linked this identity"


class LastWayIn(Problem):
    """Nothing would be left to log in with: no password with an e-mail or phone, no identity."""

    status, code, title = 409, "auth.last_way_in", "This is your last way to log in"
