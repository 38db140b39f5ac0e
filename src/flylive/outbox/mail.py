"""Mail by SMTP.

The address of the server says how the connection is protected: ``smtp://`` begins plainly and
insists on STARTTLS (port 587), ``smtps://`` is TLS from the first byte (port 465),
``smtp+plain://`` has none (port 25), for a relay on the same machine. User and password stand
in it percent-encoded: ``smtp://user:password@mail.example.com``.
"""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

from flylive.outbox.errors import DeliveryFailed, TemporaryFailure
from flylive.outbox.message import Message

TIMEOUT_SECONDS = 20.0
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class Server(NamedTuple):
    """An SMTP server and how to speak to it."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None


def parse_server(url: str) -> Server:
    """The server that `url` names. Raises ValueError, in words without the password."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be smtp://, smtps:// or smtp+plain://[user:password@]host[:port]")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise ValueError("has a port that is none") from None
    if (parts.username is None) != (parts.password is None):
        raise ValueError("needs user and password, or neither")
    return Server(
        parts.scheme,
        parts.hostname,
        port,
        None if parts.username is None else unquote(parts.username),
        None if parts.password is None else unquote(parts.password),
    )


def parse_sender(address: str) -> str:
    """The domain of ``name@domain`` or ``Name <name@domain>``. Raises ValueError."""
    _, plain = parseaddr(address)
    local, _, domain = plain.rpartition("@")
    if not (local and domain) or "\n" in address or "\r" in address:
        raise ValueError("must be an address, such as FlyLive <no-reply@example.com>")
    return domain


async def send(message: Message, server: Server, sender: str) -> None:
    """Hand the message to the server. Raises TemporaryFailure, DeliveryFailed."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject or ""
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=parse_sender(sender))
    # Answering machines leave such mail alone (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    try:
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp",
            timeout=TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        words = message.redact(f"{type(error).__name__}: {error}")
        kind = TemporaryFailure if _is_temporary(error) else DeliveryFailed
        # Not chained: the original's words are not redacted.
        raise kind(f"{server.host}:{server.port} did not take the mail: {words}") from None


def _is_temporary(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code < 500 for one in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code < 500
    # Away, silent, or cut off; what is left is a server that cannot do what was asked.
    return isinstance(error, OSError)
