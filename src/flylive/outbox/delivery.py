"""Which port a message takes."""

import structlog

from flylive.config import Settings
from flylive.database import Database
from flylive.outbox import development, mail, sms
from flylive.outbox.errors import NotConfigured
from flylive.outbox.message import Channel, Message
from flylive.outbox.push import Firebase, Note

log = structlog.get_logger(__name__)


class Outbox:
    """Sends messages. What every task that writes to people works with."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        key_file = settings.fcm_service_account
        self._firebase = (
            None
            if key_file is None
            else Firebase(key_file.get_secret_value(), settings.fcm_api_url)
        )

    async def send(self, message: Message) -> None:
        """Send the message, and in development keep and log it too.

        Raises TemporaryFailure, DeliveryFailed, and in production NotConfigured.
        """
        if self.settings.env == "development":
            await self.database.run(lambda tx: development.keep(tx, message))
            log.info(
                "outbox.kept",
                channel=message.channel.value,
                to=message.to,
                subject=message.subject,
                text=message.text,
            )
        if message.channel is Channel.EMAIL:
            await self._send_mail(message)
        else:
            await self._send_sms(message)

    async def push(self, device: str, note: Note) -> None:
        """Show the note on the device, and in development keep and log it too.

        Without Firebase nobody is notified, which is no failure: people still see it in the app.
        Raises DeviceGone, TemporaryFailure, DeliveryFailed.
        """
        if self.settings.env == "development":
            shown = Message(Channel.PUSH, device, note.body, subject=note.title)
            await self.database.run(lambda tx: development.keep(tx, shown))
            log.info("outbox.kept", channel="push", subject=note.title, text=note.body)
        if self._firebase is not None:
            await self._firebase.send(device, note)

    async def _send_mail(self, message: Message) -> None:
        url, sender = self.settings.smtp_url, self.settings.mail_from
        if url is not None and sender is not None:
            await mail.send(message, mail.parse_server(url.get_secret_value()), sender)
        elif self.settings.env == "production":
            raise NotConfigured("Mail goes nowhere: set FLYLIVE_SMTP_URL and FLYLIVE_MAIL_FROM")

    async def _send_sms(self, message: Message) -> None:
        url, token = self.settings.sms_url, self.settings.sms_token
        if url is not None and token is not None:
            await sms.send(message, url, token.get_secret_value())
        elif self.settings.env == "production":
            raise NotConfigured("SMS go nowhere: set FLYLIVE_SMS_URL and FLYLIVE_SMS_TOKEN")
