"""Mail, SMS and push leave the platform here: ports to SMTP, an SMS gateway and Firebase.

In development messages are kept for an hour as well (rows ``outbox:…`` of ``cache``), for
``GET /dev/outbox``, and nothing needs to be set up. Locks nothing.
"""

from flylive.outbox.delivery import Outbox
from flylive.outbox.errors import DeliveryFailed, DeviceGone, NotConfigured, TemporaryFailure
from flylive.outbox.message import Channel, Message
from flylive.outbox.push import Note

__all__ = [
    "Channel",
    "DeliveryFailed",
    "DeviceGone",
    "Message",
    "NotConfigured",
    "Note",
    "Outbox",
    "TemporaryFailure",
]
