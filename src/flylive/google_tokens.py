"""Access tokens by google-auth, which speaks over httpx so that no second HTTP library comes in.

Only :mod:`flylive.google` imports this, and only where an account is set up: google-auth takes a
while to import.
"""

from collections.abc import Mapping
from typing import Any

import httpx
from google.auth import exceptions, transport
from google.oauth2 import service_account

TIMEOUT_SECONDS = 10.0

GoogleAuthError = exceptions.GoogleAuthError


class Tokens:
    """The tokens of one account for one scope; `refresh` waits for Google."""

    def __init__(self, document: Mapping[str, Any], scope: str) -> None:
        self._credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            document, scopes=[scope]
        )

    @property
    def is_valid(self) -> bool:
        """Whether the token holds for a while yet."""
        return bool(self._credentials.valid)

    @property
    def token(self) -> str:
        """The token that was made last."""
        return str(self._credentials.token)

    def refresh(self) -> None:
        """Make a new one. Raises GoogleAuthError."""
        self._credentials.refresh(_Request())


class _Request(transport.Request):
    """google-auth's way to ask for a token, over httpx; runs in a thread of its own."""

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> "_Response":
        try:
            return _Response(
                httpx.request(
                    method,
                    url,
                    content=body,
                    headers=headers,
                    timeout=timeout or TIMEOUT_SECONDS,
                    follow_redirects=False,
                )
            )
        except httpx.HTTPError as error:
            raise exceptions.TransportError(error) from error  # type: ignore[no-untyped-call]


class _Response(transport.Response):
    """What google-auth reads of an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        """The status code."""
        return self._answer.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        return self._answer.headers

    @property
    def data(self) -> bytes:
        """The body."""
        return self._answer.content
