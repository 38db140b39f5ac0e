"""What a message may have beside its words: a file that its sender uploaded for messages."""

from typing import NamedTuple

from flylive.database import Reading
from flylive.errors import InvalidRequest
from flylive.http.fields import FieldChecks
from flylive.messaging.schemas import MessageType, SendMessage
from flylive.uploads import signing
from flylive.uploads.purposes import CONTENT_TYPES, kind_of
from flylive.uploads.service import own_address

PURPOSES = ("message",)


class Attachment(NamedTuple):
    """An upload by its plain address; `type` is image, audio or file."""

    url: str
    type: str


def told_type(data: SendMessage) -> MessageType:
    """What type a message is that names none.

    By its own words and address alone, so that what is sent again is the same again.
    """
    if data.attachment_url is None:
        return "text"
    if data.attachment_type is not None:
        return data.attachment_type
    extension = signing.plain(data.attachment_url).rpartition(".")[2]
    content_type = CONTENT_TYPES.get(extension)
    return "file" if content_type is None else kind_of(content_type).value


def check(checks: FieldChecks, data: SendMessage) -> None:
    """Note where type, address and kind of attachment do not go together."""
    if data.message_type == "text":
        for field in ("attachment_url", "attachment_type"):
            if getattr(data, field) is not None:
                checks.refuse(field, "only a message_type of image, audio or file has one")
        return
    if data.attachment_url is None:
        checks.refuse("attachment_url", f"a message of the type {data.message_type} needs one")
    if data.attachment_type not in (None, data.message_type):
        checks.refuse("attachment_type", "must be the same as message_type")


def plain(data: SendMessage) -> str | None:
    """The address as it is stored, whatever signature the client sent with it."""
    return None if data.attachment_url is None else signing.plain(data.attachment_url)


async def find(tx: Reading, user_id: int, data: SendMessage) -> Attachment | None:
    """The sender's upload, if the message has one. Raises InvalidRequest where it is not his."""
    if data.attachment_url is None:
        return None
    upload = await own_address(tx, user_id, data.attachment_url, PURPOSES)
    if upload is None:
        raise InvalidRequest.field("attachment_url", "must be an upload of yours for messages")
    kind = kind_of(upload.content_type).value
    if kind != data.message_type:
        field = "message_type" if data.attachment_type is None else "attachment_type"
        raise InvalidRequest.field(field, f"the upload is of the type {kind}")
    return Attachment(upload.url, kind)
