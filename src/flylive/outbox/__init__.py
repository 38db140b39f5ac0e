"""Mail and SMS leave the platform here: ports to SMTP and to an SMS gateway over HTTP.

In development messages are kept for an hour as well (rows ``outbox:…`` of ``cache``), for
``GET /dev/outbox``, and nothing needs to be set up. Locks nothing.
"""

from flylive.outbox.delivery import Outbox
from flylive.outbox.errors import DeliveryFailed, NotConfigured, TemporaryFailure
from flylive.outbox.message import Channel, Message

__all__ = [
    "Channel",
    "DeliveryFailed",
    "Message",
    "NotConfigured",
    "Outbox",
    "TemporaryFailure",
]
