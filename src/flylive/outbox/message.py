"""A message to one person."""

from enum import StrEnum
from typing import NamedTuple


class Channel(StrEnum):
    """The way a message takes."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class Message(NamedTuple):
    """Plain text to one address; `subject` is for mail and push only.

    `code` and `token` repeat the secret that `text` carries: so that development can show it,
    and so that a server which quotes the text in its refusal cannot put it into our logs.
    """

    channel: Channel
    to: str
    text: str
    subject: str | None = None
    code: str | None = None
    token: str | None = None

    def redact(self, words: str) -> str:
        """`words` without this message's secrets."""
        for secret in (self.code, self.token):
            if secret:
                words = words.replace(secret, "***")
        return words
