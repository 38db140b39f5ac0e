"""What the gateway refuses: in the answer to an upgrade, or in a reply on the socket."""

from flylive.errors import Problem


class UpgradeRequired(Problem):
    """The address speaks WebSocket only."""

    status, code, title = 426, "realtime.upgrade_required", "Open this address as a WebSocket"


class BadFrame(Problem):
    """JSON, but not one of the client frames."""

    status, code, title = 422, "realtime.bad_frame", "This is not a frame that clients send"


class UnknownStream(Problem):
    """No stream has such a name, or it is not the caller's to follow."""

    status, code, title = 404, "realtime.unknown_stream", "There is no such stream for you"


class AlreadySubscribed(Problem):
    """This socket follows the stream."""

    status, code, title = 409, "realtime.already_subscribed", "You follow this stream already"


class NotSubscribed(Problem):
    """This socket does not follow the stream, or may not leave it."""

    status, code, title = 409, "realtime.not_subscribed", "You do not follow this stream"


class TooManySubscriptions(Problem):
    """A socket follows a bounded number of streams."""

    status, code, title = 409, "realtime.too_many_subscriptions", "Unsubscribe from others first"
