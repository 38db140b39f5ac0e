"""How images are built, walked from their first byte to their last without decoding a pixel.

So a bomb is known by what it declares before anything is allocated for it, and what follows an
image's end is seen: a decoder stops at the end and would never tell. Pure; each function gives
what the image declares. Raises DamagedFile, NotClean.

PNG: https://www.w3.org/TR/png-3/ · GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt ·
JPEG: ITU-T T.81, annex B · WebP: https://developers.google.com/speed/webp/docs/riff_container
"""

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from flylive.uploads.errors import DamagedFile, NotClean
from flylive.uploads.walking import Walk

MAX_SCANS = 100
"""Each scan of a progressive JPEG goes over the whole image; cameras and editors write ten."""


class Measured(NamedTuple):
    """What an image declares: its format as pillow names it, pixels, pictures in it."""

    format: str
    width: int
    height: int
    frames: int = 1
    is_progressive: bool = False

    @property
    def pixels(self) -> int:
        """Of one picture."""
        return self.width * self.height


def measure(data: bytes) -> Measured | None:
    """The image, or None where the content begins as none that we take."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(Walk(data))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(Walk(data))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _gif(Walk(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(Walk(data))
    return None


def _done(walk: Walk, end: int, measured: Measured) -> Measured:
    if end != walk.size:
        raise NotClean
    if measured.width < 1 or measured.height < 1 or measured.frames < 1:
        raise DamagedFile("The image has no picture in it")
    return measured


def _png(walk: Walk) -> Measured:
    position, width, height, has_pixels = 8, 0, 0, False
    while True:
        length, kind = walk.big(position, 4), walk.take(position + 4, 4)
        if (position == 8) != (kind == b"IHDR") or (kind == b"IHDR" and length != 13):
            raise DamagedFile("The image does not begin with one header")
        if kind == b"IHDR":
            width, height = walk.big(position + 8, 4), walk.big(position + 12, 4)
        has_pixels = has_pixels or kind == b"IDAT"
        checksum = zlib.crc32(walk.take(position + 4, length + 4))
        # Capital letters are the chunks that make the picture.
        if kind[:1].isupper() and checksum != walk.big(position + length + 8, 4):
            raise DamagedFile("A part of the image is not as it was written")
        position += length + 12
        if kind == b"IEND":
            return _done(walk, position, Measured("PNG", width, height, int(has_pixels)))


_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})


def _jpeg(walk: Walk) -> Measured:
    measured, end = _one_jpeg(walk, 0)
    # Cameras append smaller or brighter versions of the picture, as whole JPEGs.
    while walk.has(b"\xff\xd8\xff", end):
        _, end = _one_jpeg(walk, end)
    return _done(walk, _samsung_trailer_end(walk, end), measured)


def _one_jpeg(walk: Walk, start: int) -> tuple[Measured, int]:
    """The JPEG that begins there, and where it ends."""
    position, frames, scans = start + 2, [], 0
    while True:
        while walk.take(position, 2) == b"\xff\xff":
            position += 1
        if walk.data[position] != 0xFF:
            raise DamagedFile("The image is not made of segments")
        marker = walk.data[position + 1]
        position += 2
        if marker == 0xD9:
            break
        length = walk.big(position, 2)
        walk.take(position, length)
        if length < 2:
            raise DamagedFile("A segment of the image is shorter than itself")
        if marker in _FRAME_HEADERS:
            width, height = walk.big(position + 5, 2), walk.big(position + 3, 2)
            frames.append(Measured("JPEG", width, height, is_progressive=marker in _PROGRESSIVE))
        position += length
        if marker == 0xDA:
            scans += 1
            following = _AFTER_SCAN.search(walk.data, position)
            if following is None:
                raise DamagedFile("The image is cut off")
            position = following.start()
    if len(frames) != 1 or not 1 <= scans <= MAX_SCANS:
        raise DamagedFile("The image has not just one picture in it")
    return frames[0], position


def _samsung_trailer_end(walk: Walk, end: int) -> int:
    """Behind the blocks that Samsung's camera appends (time, scene), or `end` without them.

    The blocks, then a directory (``SEFH``, how far back and how long each block is), its length
    and ``SEFT``; as ExifTool's documentation of Samsung's trailer tags has it.
    """
    if not walk.has(b"SEFT", walk.size - 4) or walk.size < end + 20:
        return end
    directory = walk.size - 8 - walk.little(walk.size - 8, 4)
    if directory < end or not walk.has(b"SEFH", directory):
        return end
    count = walk.little(directory + 8, 4)
    if directory + 12 + 12 * count != walk.size - 8:
        return end
    blocks = sorted(
        (directory - walk.little(entry + 4, 4), walk.little(entry + 8, 4))
        for entry in range(directory + 12, walk.size - 8, 12)
    )
    for start, length in blocks:
        if start != end:
            return end
        end += length
    return walk.size if end == directory else end


def _sub_blocks_end(walk: Walk, position: int) -> int:
    while size := walk.take(position, 1)[0]:
        position += size + 1
    return position + 1


def _gif(walk: Walk) -> Measured:
    width, height = walk.little(6, 2), walk.little(8, 2)
    position, frames = 13 + _palette_length(walk.take(10, 1)[0]), 0
    while True:
        introducer = walk.take(position, 1)
        if introducer == b"\x3b":
            return _done(walk, position + 1, Measured("GIF", width, height, frames))
        if introducer == b"\x21":
            position = _sub_blocks_end(walk, position + 2)
        elif introducer == b"\x2c":
            left, top, wide, high = (walk.little(position + at, 2) for at in (1, 3, 5, 7))
            if left + wide > width or top + high > height:
                raise DamagedFile("A picture of the animation is larger than the animation")
            palette = _palette_length(walk.take(position + 9, 1)[0])
            position = _sub_blocks_end(walk, position + 11 + palette)
            frames += 1
        else:
            raise DamagedFile("The image is not made of blocks")


def _palette_length(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(walk: Walk) -> Measured:
    if walk.little(4, 4) + 8 > walk.size:
        raise DamagedFile("The image is cut off")
    end = walk.little(4, 4) + 8
    chunks = list(_riff_chunks(walk, 12, end))
    if not chunks:
        raise DamagedFile("The image has no picture in it")
    kind, start, length = chunks[0]
    if kind == b"VP8X":
        width, height = walk.little(start + 4, 3) + 1, walk.little(start + 7, 3) + 1
    else:
        width, height = _webp_picture(walk, kind, start)
    frames = 0
    for kind, start, length in chunks:
        if kind == b"ANMF":
            wide, high = walk.little(start + 6, 3) + 1, walk.little(start + 9, 3) + 1
            pictures = [c for c in _riff_chunks(walk, start + 16, start + length) if _is_vp8(c[0])]
            sizes = [(wide, high)] + [_webp_picture(walk, c[0], c[1]) for c in pictures]
        elif _is_vp8(kind):
            sizes = [_webp_picture(walk, kind, start)]
        else:
            continue
        frames += 1
        if any(wide > width or high > height for wide, high in sizes):
            raise DamagedFile("A picture in the image is larger than the image")
    return _done(walk, end, Measured("WEBP", width, height, frames))


def _is_vp8(kind: bytes) -> bool:
    return kind in (b"VP8 ", b"VP8L")


def _riff_chunks(walk: Walk, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each chunk. Raises DamagedFile unless they fill the span."""
    while start < end:
        name, length = walk.take(start, 4), walk.little(start + 4, 4)
        yield name, start + 8, length
        start += 8 + length + length % 2
    if start != end:
        raise DamagedFile("The image is not made of chunks")


def _webp_picture(walk: Walk, kind: bytes, start: int) -> tuple[int, int]:
    if kind == b"VP8 " and walk.take(start + 3, 3) == b"\x9d\x01\x2a":
        return walk.little(start + 6, 2) & 0x3FFF, walk.little(start + 8, 2) & 0x3FFF
    if kind == b"VP8L" and walk.take(start, 1) == b"\x2f":
        bits = walk.little(start + 1, 4)
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    raise DamagedFile("The image has no picture in it")
