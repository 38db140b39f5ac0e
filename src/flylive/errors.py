"""The root of every refusal.

::

    Problem                       what a client gets as RFC 9457 problem+json
    ├── InvalidRequest  422       readable but wrong; `errors` names the fields
    ├── Unreadable      400
    ├── Unauthenticated 401
    ├── Forbidden       403
    ├── NotFound        404
    ├── …                         one class per refusal in each slice's errors.py

A class carries its ``status``, ``code`` and ``title``; an instance carries the words
for this case and the typed extras that the rule names. ``docs/reference/errors.md`` is
generated from these classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One field at fault: its name in the request, and what would be right."""

    field: str
    message: str


class Problem(Exception):
    """A refusal that reaches the client; nothing was changed."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extras: Any,
    ) -> None:
        self.detail = detail or self.title
        self.errors = list(errors)
        self.headers = dict(headers or {})
        if self.status == 401:
            # RFC 9110: a 401 names how to authenticate.
            self.headers.setdefault("WWW-Authenticate", "Bearer")
        self.extras = extras
        super().__init__(self.detail)

    def body(self) -> dict[str, Any]:
        """The members of the problem document."""
        document: dict[str, Any] = {
            "type": f"/docs/errors#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            document["errors"] = [error._asdict() for error in self.errors]
        return document | self.extras


class Unreadable(Problem):
    """The body, a header or the query could not be read at all."""

    status, code, title = 400, "request.unreadable", "The request could not be read"


class InvalidRequest(Problem):
    """The request was read but a field is wrong."""

    status, code, title = 422, "request.invalid", "A field of the request is wrong"

    @classmethod
    def field(cls, name: str, message: str) -> "InvalidRequest":
        """The usual case: one field at fault."""
        return cls(f"{name}: {message}", errors=[FieldError(name, message)])


class Unauthenticated(Problem):
    """No token, or one that is unknown, expired or revoked."""

    status, code, title = 401, "auth.unauthenticated", "A valid access token is needed"


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status, code, title = 403, "request.forbidden", "You may not do this"


class NotFound(Problem):
    """Not there, or not to be seen by the caller."""

    status, code, title = 404, "request.not_found", "There is nothing at this address"


class MethodNotAllowed(Problem):
    """The address exists, but not for this method."""

    status, code, title = 405, "request.method_not_allowed", "This address has no such method"


class TooLarge(Problem):
    """The body is larger than this address takes."""

    status, code, title = 413, "request.too_large", "The request is too large"


class UnsupportedMediaType(Problem):
    """The body is of a type this address does not take."""

    status, code, title = (
        415,
        "request.unsupported_media_type",
        "Send JSON with Content-Type: application/json",
    )


class TooManyRequests(Problem):
    """A limit on speed; ``Retry-After`` says when to come back."""

    status, code, title = 429, "request.too_many", "Too many requests"

    def __init__(self, detail: str | None = None, *, retry_after: int, **extras: Any) -> None:
        super().__init__(
            detail,
            headers={"Retry-After": str(retry_after)},
            retry_after=retry_after,
            **extras,
        )


class Unavailable(Problem):
    """The database is away or a queue is full; the request may be sent again."""

    status, code, title = 503, "service.unavailable", "The service is briefly unavailable"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
