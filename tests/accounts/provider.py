"""An OpenID provider played on loopback: an HTTP server of its own, with keys that rotate."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import timedelta
from functools import cache
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from flylive.clock import now

Key = RSAKey | ECKey


@cache
def rsa_key(name: str, bits: int = 2048) -> RSAKey:
    """An RSA key of this name, the same each time: making one takes a while."""
    return RSAKey.generate_key(bits, {"kid": name, "use": "sig"})


def published(key: Key, **parameters: Any) -> dict[str, Any]:
    """A key as a set has it: its public part, with its algorithm."""
    algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
    return key.as_dict(private=False) | {"alg": algorithm} | parameters


def segment(value: Any) -> str:
    """A part of a compact token: JSON (or bytes) in base64url."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class PlayedProvider:
    """Publishes its keys and signs id tokens; counts how often it was asked.

    `status`, `headers` and `body` say how it answers; while `gate` is not None it answers
    nobody before the event is set.
    """

    def __init__(self, name: str, issuer: str, audience: str) -> None:
        self.name, self.issuer, self.audience = name, issuer, audience
        self.asked = 0
        self.port = 0
        self.url = ""
        self._server: asyncio.Server | None = None
        self.reset()

    def reset(self) -> None:
        """As it was at first, but for what it has counted."""
        self.keys: list[Key] = [rsa_key(f"{self.name}-1")]
        self.status, self.body = 200, b""
        self.headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        self.gate: asyncio.Event | None = None

    async def start(self) -> None:
        """Answer on the loopback; a second time on the port of the first."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/certs"

    async def stop(self) -> None:
        """Answer nobody any more: connections are refused."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def rotate(self, *keys: Key) -> None:
        """Publish these keys and no others."""
        self.keys = list(keys)

    def key_set(self) -> dict[str, Any]:
        """What it publishes."""
        return {"keys": [published(key) for key in self.keys]}

    def claims(self, sub: Any, **claims: Any) -> dict[str, Any]:
        """The claims of a good token; None leaves one out."""
        moment = int(now().timestamp())
        good = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": sub,
            "iat": moment,
            "exp": moment + int(timedelta(hours=1).total_seconds()),
        }
        return {name: value for name, value in (good | claims).items() if value is not None}

    def signed(
        self,
        payload: bytes,
        header: dict[str, Any] | None = None,
        key: Key | None = None,
        algorithm: str | None = None,
    ) -> str:
        """These bytes, signed by the newest key unless another is given."""
        key = key or self.keys[-1]
        algorithm = algorithm or ("ES256" if isinstance(key, ECKey) else "RS256")
        head = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | (header or {})
        # The algorithm alone, not the library's way to make tokens: that refuses odd headers.
        data = f"{segment(head)}.{segment(payload)}".encode()
        return f"{data.decode()}.{segment(JWSRegistry.algorithms[algorithm].sign(data, key))}"

    def token(
        self,
        sub: Any = "somebody",
        *,
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        algorithm: str | None = None,
        **claims: Any,
    ) -> str:
        """An id token for `sub`; `claims` in place of the good ones, None leaves one out."""
        payload = json.dumps(self.claims(**({"sub": sub} | claims)))
        return self.signed(payload.encode(), header, key, algorithm)

    def forged(self, sub: str, header: dict[str, Any], secret: bytes | None = None) -> str:
        """A token that no key signed, or HMAC under `secret`."""
        signed = f"{segment(header)}.{segment(self.claims(sub))}"
        if secret is None:
            return signed + "."
        return f"{signed}.{segment(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            if self.gate is not None:
                await self.gate.wait()
            body = self.body or json.dumps(self.key_set()).encode()
            headers = self.headers | {"Content-Length": str(len(body)), "Connection": "close"}
            lines = [f"HTTP/1.1 {self.status} Played"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
