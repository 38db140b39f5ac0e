"""An SMTP server as a process of its own: prints its port, then each mail, as lines of JSON.

``--login user:password`` asks for it; ``--refuse 451:2`` refuses so many mails first;
``--tls certificate.pem`` offers STARTTLS, with ``--implicit`` it is TLS from the first byte.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    """Takes mails, or refuses them."""

    def __init__(self, refuse: str | None) -> None:
        self.code, times = refuse.split(":") if refuse else ("", "0")
        self.times = int(times)
        self.user: str | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """One mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        if self.times:
            self.times -= 1
            words = email.message_from_bytes(content, policy=email.policy.default).get_content()
            quoted = " ".join(words.split()).encode("ascii", "replace").decode()
            return f"{self.code} I do not like this: {quoted[:400]}"
        mail = email.message_from_bytes(content, policy=email.policy.default)
        seen = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": dict(mail.items()),
            "text": mail.get_content().replace("\r\n", "\n"),
            "user": self.user,
            "tls": session.ssl is not None
            or server.transport.get_extra_info("ssl_object") is not None,
        }
        print(json.dumps(seen), flush=True)
        return "250 taken"


async def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--login")
    parser.add_argument("--refuse")
    parser.add_argument("--tls")
    parser.add_argument("--implicit", action="store_true")
    options = parser.parse_args()
    user, _, password = (options.login or "").partition(":")
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls)

    def authenticate(
        server: Any, session: Session, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        right = (data.login, data.password) == (user.encode(), password.encode())
        if right:
            handler.user = user
        return AuthResult(success=right, handled=True)

    handler = Handler(options.refuse)

    def protocol() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
            auth_require_tls=False,
            tls_context=None if options.implicit else context,
        )

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=context if options.implicit else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
