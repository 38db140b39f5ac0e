"""Why a message is not sent or deleted; nothing is changed."""

from flylive.errors import Forbidden, NotFound, Problem, TooManyRequests


class UnknownMessage(NotFound):
    """No such message, or not to be seen by the caller."""

    code, title = "message.not_found", "There is no such message"


class TouristsMayNotWrite(Forbidden):
    """Only followers and those who run the room may write here."""

    code, title = "message.tourists_may_not_write", "Follow the room before you write in it"


class TouristsMayNotSendFiles(Forbidden):
    """Only followers and those who run the room may send images, sounds and files here."""

    code, title = "message.tourists_may_not_send_files", "Follow the room before you send files"


class ClientIdReused(Problem):
    """The caller sent another message, or elsewhere, with this client id."""

    status, code = 409, "message.client_id_reused"
    title = "This client_id belongs to another message of yours"


class SlowDown(TooManyRequests):
    """Too many messages in a short time. Extra: `retry_after` seconds."""

    code, title = "message.slow_down", "You write too fast"


class MayNotDelete(Forbidden):
    """Only the sender, and whoever runs the room and stands above him, may delete a message."""

    code, title = "message.may_not_delete", "Only its sender and who runs the room may delete it"
