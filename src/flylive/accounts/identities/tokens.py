"""Id tokens of Google and Facebook: whose they are, once everything about them holds.

Addresses and issuers, both settings:

- Google, https://developers.google.com/identity/sign-in/web/backend-auth: `iss` is
  ``accounts.google.com`` or ``https://accounts.google.com``, keys at
  ``https://www.googleapis.com/oauth2/v3/certs``; `email_verified` says what it says.
- Facebook's Limited Login,
  https://developers.facebook.com/docs/facebook-login/limited-login/token: RS256, `iss` is
  ``https://www.facebook.com``, keys at
  ``https://limited.facebook.com/.well-known/oauth/openid/jwks/`` since 2024. (Those at
  www.facebook.com then carried the key id and did not verify:
  https://github.com/python-social-auth/social-core/issues/904.) It says nothing of whether an
  e-mail was verified, so none is taken from it.

What a token's own header offers as keys (`jwk`, `jku`, `x5c`, `x5u`) is never looked at.
"""

import base64
import binascii
from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple

import httpx
import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from msgspec import UNSET, Meta, UnsetType

from flylive.accounts import rules
from flylive.accounts.identities.errors import InvalidIdToken, ProviderUnavailable, StaleIdToken
from flylive.accounts.identities.keys import Key, PublishedKeys
from flylive.clock import now
from flylive.config import Settings

Provider = Literal["google", "facebook"]

LEEWAY_SECONDS = 60
"""By which the provider's clock and ours may differ."""
MAX_TOKEN_CHARACTERS = 8192


class Identity(NamedTuple):
    """Whom a provider names in a token that holds.

    `email` is what the provider calls him; only where `is_email_verified` is it known to be
    his. `name` is as the provider has it, None where it says none.
    """

    provider: Provider
    provider_id: str
    email: str | None
    is_email_verified: bool
    name: str | None


class _Header(msgspec.Struct):
    """What of a token's header is read before its key is known."""

    kid: str


class _Claims(msgspec.Struct):
    """The types of the claims; further ones are passed over."""

    iss: str
    aud: str | list[str]
    sub: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\A[!-~]+\Z")]
    exp: int | float
    iat: int | float
    nbf: int | float | UnsetType = UNSET
    email: Any = None
    email_verified: Any = None
    name: Any = None


class _Source(NamedTuple):
    """A provider: who may have asked it for the token, and how it signs."""

    audiences: frozenset[str]
    issuers: tuple[str, ...]
    keys: PublishedKeys


class IdTokens:
    """Verifies id tokens against the keys that their providers publish."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=5.0)
        self._sources: dict[Provider, _Source] = {
            "google": _Source(
                frozenset(settings.google_client_ids),
                settings.google_issuers,
                PublishedKeys(settings.google_keys_url, self._client),
            ),
            "facebook": _Source(
                frozenset(settings.facebook_app_ids),
                settings.facebook_issuers,
                PublishedKeys(settings.facebook_keys_url, self._client),
            ),
        }

    async def close(self) -> None:
        """Close the connections to the providers."""
        await self._client.aclose()

    async def verify(
        self, provider: Provider, id_token: str, *, max_age_seconds: int | None = None
    ) -> Identity:
        """Whose token this is; issued within `max_age_seconds`, if that is asked for.

        Raises ProviderUnavailable, InvalidIdToken, StaleIdToken, and Unavailable while the
        provider's keys cannot be had.
        """
        source = self._sources[provider]
        if not source.audiences:
            raise ProviderUnavailable
        key = await source.keys.find(_header(id_token).kid)
        if key is None:
            raise InvalidIdToken
        claims = _claims(_payload(id_token, key), source)
        if max_age_seconds is not None and claims.iat < (
            (now() - timedelta(seconds=max_age_seconds + LEEWAY_SECONDS)).timestamp()
        ):
            raise StaleIdToken(max_age=max_age_seconds)
        return Identity(
            provider,
            claims.sub,
            _email(claims.email),
            claims.email_verified is True,
            claims.name if isinstance(claims.name, str) and claims.name.strip() else None,
        )


def _header(id_token: str) -> _Header:
    """What the token says of itself; not to be believed, only to find its key by."""
    if len(id_token) > MAX_TOKEN_CHARACTERS or id_token.count(".") != 2:
        raise InvalidIdToken
    encoded = id_token.partition(".")[0]
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=_Header)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidIdToken from error


def _payload(id_token: str, key: Key) -> bytes:
    """The signed bytes, once the key says that they are its own, by its own algorithm alone."""
    registry = JWSRegistry(algorithms=[key.algorithm], strict_check_header=False)
    try:
        payload = jws.deserialize_compact(id_token, key.key, registry=registry).payload
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidIdToken from error
    assert payload is not None
    return payload


def _claims(payload: bytes, source: _Source) -> _Claims:
    """The claims, if the token is from this provider, for us, and for now."""
    try:
        claims = msgspec.json.decode(payload, type=_Claims)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidIdToken from error
    audiences = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    # OpenID Connect Core 3.1.3.7: no audience beside us that we do not know.
    if not audiences or not audiences <= source.audiences or claims.iss not in source.issuers:
        raise InvalidIdToken
    moment, not_before = now().timestamp(), 0 if claims.nbf is UNSET else claims.nbf
    is_over = claims.exp <= moment - LEEWAY_SECONDS
    if is_over or max(claims.iat, not_before) > moment + LEEWAY_SECONDS:
        raise InvalidIdToken
    return claims


def _email(given: Any) -> str | None:
    """An e-mail that an account here could have; None for anything else."""
    try:
        return rules.email(given) if isinstance(given, str) else None
    except ValueError:
        return None
