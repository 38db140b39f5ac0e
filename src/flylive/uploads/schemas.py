"""What comes out of the addresses of uploads."""

import msgspec


class UploadView(msgspec.Struct, kw_only=True):
    """POST /uploads: where the file is now, as what, and how long.

    `url` is a path of the platform. That of a private file (`message`, `proof`) is signed and
    expires; where an address is asked for, it may be sent with its signature or without.
    """

    url: str
    content_type: str
    bytes: int
