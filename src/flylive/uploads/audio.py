"""How sound files are built, walked from their first byte to their last without decoding.

They are stored as they were given, so what is walked is what is served. Pure; raises
DamagedFile, NotClean.

MP3: ISO/IEC 11172-3, https://id3.org/id3v2.4.0-structure · AAC: ISO/IEC 13818-7 (ADTS) ·
M4A: ISO/IEC 14496-12 · Ogg: RFC 3533 and 7845 · WAV: RIFF, Microsoft's WAVEFORMATEX
"""

from collections.abc import Callable, Iterable, Iterator

from flylive.uploads.errors import DamagedFile, NotClean
from flylive.uploads.walking import Walk

LEAST_FRAMES = 3
"""Fewer bytes that look like frames of MP3 or AAC are found in many a file."""

ID3V1_BYTES = 128

# PCM, floats, A-law, µ-law, or named further on in a longer header.
_WAV_ENCODINGS = frozenset({1, 3, 6, 7, 0xFFFE})

_MP3_KBPS = {
    (1, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (1, or 2 and 2.5) and the layer's bits (3 is layer I, 1 is layer III)."""
_MP3_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the version's bits: 3 is 1, 2 is 2, 0 is 2.5."""


def identify(data: bytes) -> str | None:
    """The content type of a whole, well-formed sound file; None where it begins as none."""
    walk = Walk(data)
    if data.startswith(b"OggS"):
        return _ogg(walk)
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return _wav(walk)
    if data[4:8] == b"ftyp":
        return _m4a(walk)
    start = _id3_end(data)
    if _adts_length(data, start):
        return _frames(walk, start, _adts_length, "audio/aac")
    if _mp3_length(data, start):
        return _frames(walk, start, _mp3_length, "audio/mpeg")
    if start:
        raise DamagedFile("There is no sound behind the tag")
    return None


def _id3_end(data: bytes) -> int:
    """Where the sound begins: behind an ID3v2 tag, if there is one."""
    if not data.startswith(b"ID3") or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    end = 10 + size + (10 if data[5] & 0x10 else 0)
    return len(data) - len(data[end:].lstrip(b"\x00"))


def _adts_length(data: bytes, at: int) -> int:
    """Of the frame of AAC that begins there; 0 where none does."""
    header = data[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 and header[2] >> 2 & 0xF < 13 else 0


def _mp3_length(data: bytes, at: int) -> int:
    """Of the frame of MPEG audio that begins there; 0 where none does."""
    header = data[at : at + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate, hertz, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 0 or rate in (0, 15) or hertz == 3:
        return 0
    bits_per_second = 1000 * _MP3_KBPS[(1 if version == 3 else 2, layer)][rate]
    frequency = _MP3_HZ[version][hertz]
    if layer == 3:
        return (12 * bits_per_second // frequency + padding) * 4
    samples = 576 if layer == 1 and version != 3 else 1152
    return samples // 8 * bits_per_second // frequency + padding


def _frames(
    walk: Walk, position: int, length_at: Callable[[bytes, int], int], content_type: str
) -> str:
    count = 0
    while length := length_at(walk.data, position):
        walk.step()
        position += length
        count += 1
    if count < LEAST_FRAMES:
        raise DamagedFile("There are too few frames of sound in it")
    # The last frame may be unfinished: recorders are stopped in the middle of one.
    rest = walk.data[position:].strip(b"\x00")
    if rest.startswith(b"APETAGEX"):
        rest = rest[32 + int.from_bytes(rest[12:16], "little") :].strip(b"\x00")
    if rest and not (rest.startswith(b"TAG") and len(rest) <= ID3V1_BYTES):
        raise NotClean
    return content_type


def _ogg(walk: Walk) -> str:
    position, first = 0, b""
    while position < walk.size:
        if position and not walk.has(b"OggS\x00", position):
            raise NotClean
        head = walk.take(position, 27)
        sizes = walk.take(position + 27, head[26])
        position += 27 + len(sizes) + sum(sizes)
        first = first or walk.take(position - sum(sizes), sum(sizes))
    if position != walk.size:
        raise DamagedFile("The sound is cut off")
    if not first.startswith((b"OpusHead", b"\x01vorbis")):
        raise DamagedFile("It is an Ogg file without Opus or Vorbis sound")
    return "audio/ogg"


def _wav(walk: Walk) -> str:
    end = walk.little(4, 4) + 8
    if end < walk.size:
        raise NotClean
    position, encoding, has_sound = 12, 0, False
    while position < end:
        name, length = walk.take(position, 4), walk.little(position + 4, 4)
        if name == b"fmt ":
            encoding = walk.little(position + 8, 2)
        has_sound = has_sound or name == b"data"
        position += 8 + length + length % 2
    if end > walk.size or position not in (end, end + 1):
        raise DamagedFile("The sound is cut off")
    if not has_sound or encoding not in _WAV_ENCODINGS:
        raise DamagedFile("There is no sound in it that is known")
    return "audio/wav"


def _m4a(walk: Walk) -> str:
    boxes = list(_boxes(walk, 0, walk.size))
    tracks = {
        walk.take(start + 8, 4)
        for movie in _named(boxes, b"moov")
        for track in _named(_boxes(walk, *movie), b"trak")
        for media in _named(_boxes(walk, *track), b"mdia")
        for start, _ in _named(_boxes(walk, *media), b"hdlr")
    }
    if not tracks or not any(_named(boxes, b"mdat")):
        raise DamagedFile("There is no sound in it")
    if tracks != {b"soun"}:
        raise DamagedFile("It holds something else than sound, such as a film")
    return "audio/mp4"


_Span = tuple[int, int]


def _named(boxes: Iterable[tuple[bytes, _Span]], wanted: bytes) -> Iterator[_Span]:
    return (span for name, span in boxes if name == wanted)


def _boxes(walk: Walk, start: int, end: int) -> Iterator[tuple[bytes, _Span]]:
    """Name and content of each box. Raises DamagedFile unless they fill the span."""
    while start < end:
        head, size, name = 8, walk.big(start, 4), walk.take(start + 4, 4)
        if size == 1:
            head, size = 16, walk.big(start + 8, 8)
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise DamagedFile("The sound is cut off, or something follows it")
        yield name, (start + head, start + size)
        start += size
