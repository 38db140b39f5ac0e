"""What accounts tell, on their owner's stream."""

from flylive.realtime import Event


class SessionRevoked(Event, tag="session.revoked", kw_only=True, frozen=True):
    """These access tokens are no longer good: the ids of ``GET /auth/tokens``.

    Their own sockets are closed with 4201; the others learn that a device is gone.
    """

    token_ids: list[int]
