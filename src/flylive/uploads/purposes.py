"""What each purpose takes, how much of it, and what becomes of an image.

============ ======================= ======= ==============================
purpose      takes                   MiB     images become
============ ======================= ======= ==============================
avatar       image                   8       a square of at most 512 px
room_logo    image                   8       at most 1024 px on the long edge
agency_logo  image                   8       at most 512 px on the long edge
catalogue    image                   8       at most 1024 px, animated
room_music   audio                   20
message      image, audio, PDF       16      at most 2048 px; 400 px animated
proof        image, PDF              16      at most 2560 px
============ ======================= ======= ==============================

Images are JPEG, PNG, GIF and WebP, and become WebP; audio is MP3, AAC, M4A, Ogg (Opus or
Vorbis) and WAV. Text and markup (HTML, SVG) are taken nowhere. Only a message and what the
catalogue sells (frames, themes, badges, levels) keep an animation; elsewhere it becomes its first
picture. Files of `message` and `proof` are private: their addresses are signed and expire.
"""

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

MIB = 1024 * 1024

PurposeName = Literal[
    "avatar", "room_logo", "room_music", "message", "proof", "agency_logo", "catalogue"
]


class Kind(Enum):
    """What a file is to whoever gets it; the value is a message's `attachment_type`."""

    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"


EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/webp": "webp",
        "audio/mpeg": "mp3",
        "audio/aac": "aac",
        "audio/mp4": "m4a",
        "audio/ogg": "ogg",
        "audio/wav": "wav",
        "application/pdf": "pdf",
    }
)
"""What is stored, and how its address ends."""
CONTENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {extension: content_type for content_type, extension in EXTENSIONS.items()}
)

_TAKEN = {
    Kind.IMAGE: ("image/jpeg", "image/png", "image/gif", "image/webp"),
    Kind.AUDIO: tuple(kept for kept in EXTENSIONS if kept.startswith("audio/")),
    Kind.FILE: ("application/pdf",),
}


class Purpose(NamedTuple):
    """What is taken for one purpose; edges in pixels."""

    name: str
    kinds: frozenset[Kind]
    max_bytes: int
    max_edge: int = 0
    is_square: bool = False
    is_private: bool = False
    keeps_animation: bool = False

    @property
    def accepts(self) -> list[str]:
        """The content types that may be sent."""
        return [kept for kind in Kind if kind in self.kinds for kept in _TAKEN[kind]]


_IMAGE = frozenset({Kind.IMAGE})

PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType(
    {
        purpose.name: purpose
        for purpose in (
            Purpose("avatar", _IMAGE, 8 * MIB, 512, is_square=True),
            Purpose("room_logo", _IMAGE, 8 * MIB, 1024),
            Purpose("room_music", frozenset({Kind.AUDIO}), 20 * MIB),
            Purpose(
                "message", frozenset(Kind), 16 * MIB, 2048, is_private=True, keeps_animation=True
            ),
            Purpose("proof", frozenset({Kind.IMAGE, Kind.FILE}), 16 * MIB, 2560, is_private=True),
            Purpose("agency_logo", _IMAGE, 8 * MIB, 512),
            Purpose("catalogue", _IMAGE, 8 * MIB, 1024, keeps_animation=True),
        )
    }
)
AVATAR = PURPOSES["avatar"]
MAX_BYTES = max(purpose.max_bytes for purpose in PURPOSES.values())

_NAME = re.compile(rf"[0-9a-f]{{32}}\.({'|'.join(CONTENT_TYPES)})")


def kind_of(content_type: str) -> Kind:
    """What a stored file is."""
    if content_type.startswith("image/"):
        return Kind.IMAGE
    return Kind.AUDIO if content_type.startswith("audio/") else Kind.FILE


def content_type_of(name: str) -> str | None:
    """The content type of an object by its name; None where no object can have that name."""
    match = _NAME.fullmatch(name)
    return CONTENT_TYPES[match[1]] if match else None
