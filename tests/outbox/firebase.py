"""Firebase Cloud Messaging, played: HTTP v1's ``messages:send``.

Shapes: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (Message) and
…/v1/ErrorCode (FcmError in ``details``); the token exchange of google-auth's
``google/oauth2/_client.py``.
"""

import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.wallet.recharge.fakes.server import Asked, Loopback, Said

PROJECT = "flylive-example"
ACCOUNT = "notes@flylive-example.iam.gserviceaccount.com"
ACCESS_TOKEN = "ya29.firebase"


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*encoding, serialization.NoEncryption()).decode()


class PlayedFirebase(Loopback):
    """Firebase with a project of ours; `shown` are the messages that reached a device.

    `dead` are tokens whose app is gone, `refusals` what is answered first: a status and a code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[dict[str, Any]] = []
        self.dead: set[str] = set()
        self.refusals: list[tuple[int, str]] = []

    @property
    def service_account(self) -> str:
        """The key file of the service account."""
        return json.dumps(
            {
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "1",
                "private_key": _private_key(),
                "client_email": ACCOUNT,
                "client_id": "1",
                "token_uri": f"{self.url}/token",
            }
        )

    def notes(self) -> list[tuple[str, str, str]]:
        """Device, title and body of what was shown."""
        return [
            (m["token"], m["notification"]["title"], m["notification"]["body"]) for m in self.shown
        ]

    def answer(self, asked: Asked) -> Said:
        """What Firebase answers."""
        if asked.path == "/token":
            form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            claims = jwt.decode(form["assertion"], RSAKey.import_key(_private_key())).claims
            assert claims["iss"] == ACCOUNT
            assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
            token = {"access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer"}
            return Said(200, token)
        assert (asked.method, asked.path) == ("POST", f"/v1/projects/{PROJECT}/messages:send")
        if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            return _error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
        if self.refusals:
            status, code = self.refusals.pop(0)
            return _error(status, code, code)
        message = json.loads(asked.body)["message"]
        assert all(isinstance(value, str) for value in message["data"].values())
        if message["token"] in self.dead:
            return _error(404, "NOT_FOUND", "UNREGISTERED")
        if message["token"] == "malformed":
            violation = {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "message.token", "description": "Invalid token"}],
            }
            return _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violation)
        self.shown.append(message)
        return Said(200, {"name": f"projects/{PROJECT}/messages/{len(self.shown)}"})


def _error(status: int, reason: str, code: str, *details: dict[str, Any]) -> Said:
    fault = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    said = {"code": status, "message": reason, "status": reason, "details": [fault, *details]}
    return Said(status, {"error": said})
