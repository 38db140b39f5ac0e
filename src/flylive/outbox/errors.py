"""Why a message did not leave. None of these reaches a client: jobs send, not requests.

::

    DeliveryFailed            sending again would not help; the job stays among the failed
    ├── NotConfigured         nobody said where messages of this kind go
    ├── DeviceGone            the device takes no notes any more
    └── TemporaryFailure      the server is away, busy, or asks to come back: tried again

Their words carry neither codes nor tokens nor passwords.
"""


class DeliveryFailed(Exception):
    """The server refused the message for good."""


class NotConfigured(DeliveryFailed):
    """There is no server for messages of this kind."""


class DeviceGone(DeliveryFailed):
    """The app is gone from the device, or its token was never one."""


class TemporaryFailure(DeliveryFailed):
    """It may work later."""
