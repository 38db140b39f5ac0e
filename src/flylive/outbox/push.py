"""Notifications on people's devices, by Firebase Cloud Messaging's HTTP v1.

- request: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
- refusals: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode

A token that Firebase no longer knows is dead: UNREGISTERED (the app is gone), SENDER_ID_MISMATCH
(it belongs to another project), INVALID_ARGUMENT about the token itself. 429 and 5xx, and no
answer in ten seconds, mean later.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from flylive.google import AuthError, ServiceAccount
from flylive.outbox.errors import DeliveryFailed, DeviceGone, TemporaryFailure

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TIMEOUT_SECONDS = 10.0
MAX_TITLE = 100
MAX_BODY = 240
_LATER = frozenset({408, 425, 429})
_DEAD = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})


class Note(NamedTuple):
    """What a device shows; `data` is for the app. A later note with the same `thread` replaces
    an earlier one that was not seen.
    """

    title: str
    body: str
    thread: str
    data: dict[str, str]


class _Violation(msgspec.Struct):
    field: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    error_code: str = ""
    field_violations: list[_Violation] = []


class _Error(msgspec.Struct):
    status: str = ""
    message: str = ""
    details: list[_Detail] = []


class _Refusal(msgspec.Struct):
    error: _Error


class Firebase:
    """One project at Firebase, by the key file of its service account."""

    def __init__(self, key_file: str, url: str) -> None:
        self._account = ServiceAccount(key_file, SCOPE)
        self._address = f"{url}/v1/projects/{self._account.project_id}/messages:send"
        self._host = urlsplit(url).hostname

    async def send(self, device: str, note: Note) -> None:
        """Hand the note over. Raises DeviceGone, TemporaryFailure, DeliveryFailed."""
        message = {
            "token": device,
            "notification": {"title": note.title[:MAX_TITLE], "body": note.body[:MAX_BODY]},
            "data": note.data,
            "android": {"collapse_key": note.thread, "notification": {"tag": note.thread}},
            "apns": {
                "headers": {"apns-collapse-id": note.thread},
                "payload": {"aps": {"thread-id": note.thread}},
            },
            "webpush": {"headers": {"Topic": note.thread}},
        }
        try:
            token = await self._account.access_token()
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                answer = await client.post(
                    self._address,
                    json={"message": message},
                    headers={"Authorization": f"Bearer {token}"},
                )
        except (httpx.HTTPError, AuthError) as error:
            raise TemporaryFailure(f"{self._host} did not answer: {type(error).__name__}") from None
        if not answer.is_success:
            raise _failure(answer, f"{self._host} did not take the note")


def _failure(answer: httpx.Response, words: str) -> DeliveryFailed:
    try:
        error = msgspec.json.decode(answer.content, type=_Refusal).error
    except msgspec.DecodeError:
        error = _Error()
    codes = {detail.error_code for detail in error.details}
    fields = {wrong.field for detail in error.details for wrong in detail.field_violations}
    said = f"{words}: {answer.status_code} {' '.join(sorted(filter(None, codes))) or error.status}"
    if codes & _DEAD or "message.token" in fields:
        return DeviceGone(said)
    if answer.status_code in _LATER or answer.status_code >= 500:
        return TemporaryFailure(said)
    return DeliveryFailed(said)
