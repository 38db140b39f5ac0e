"""Google's service accounts: the access tokens that their interfaces want.

google-auth makes the tokens, in a thread.
https://developers.google.com/identity/protocols/oauth2/service-account
"""

import asyncio
import json


class AuthError(Exception):
    """Google gave no token: it is away, or does not know the account."""


class ServiceAccount:
    """An account by its key file (JSON text), for one scope."""

    def __init__(self, key_file: str, scope: str) -> None:
        from flylive import google_tokens

        document = json.loads(key_file)
        self.project_id: str | None = document.get("project_id")
        self._failure = google_tokens.GoogleAuthError
        self._tokens = google_tokens.Tokens(document, scope)
        self._refreshing = asyncio.Lock()

    async def access_token(self) -> str:
        """A token that holds for a while yet. Raises AuthError."""
        async with self._refreshing:
            if not self._tokens.is_valid:
                try:
                    await asyncio.to_thread(self._tokens.refresh)
                except self._failure as error:
                    raise AuthError(repr(error)) from error
            return self._tokens.token
