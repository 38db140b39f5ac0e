"""Files to upload: honest ones and hostile ones, made on the spot."""

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, TiffImagePlugin

from flylive.uploads.purposes import MIB

SECRET = b"a secret place in the photo"


def photo(width: int = 640, height: int = 400) -> Image.Image:
    """A picture of which each corner has a colour of its own."""
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    edge = max(1, min(width, height) // 4)
    for place, colour in (
        ((0, 0), "red"),
        ((width - edge, 0), "lime"),
        ((0, height - edge), "blue"),
        ((width - edge, height - edge), "white"),
    ):
        image.paste(Image.new("RGB", (edge, edge), colour), place)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The image of a file, whole."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def jpeg(width: int = 640, height: int = 400, **options: Any) -> bytes:
    return encoded(photo(width, height), "JPEG", **options)


def png(width: int = 640, height: int = 400, **options: Any) -> bytes:
    return encoded(photo(width, height), "PNG", **options)


def located_jpeg(orientation: int = 6) -> bytes:
    """A photo whose EXIF tells where it was taken, by whom, and how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    rational = TiffImagePlugin.IFDRational
    exif[0x8825] = {
        1: "N",
        2: (rational(52), rational(31), rational(12)),
        3: "E",
        4: (rational(13), rational(24), rational(18)),
    }
    return jpeg(exif=exif, comment=SECRET)


def animation(kind: str = "GIF", frames: int = 12, size: tuple[int, int] = (320, 200)) -> bytes:
    """Moving pictures, each different from the one before."""
    pictures = [photo(*size).rotate(7 * number) for number in range(frames)]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=80)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    """The PNG with another chunk behind its header."""
    return data[:33] + chunk(kind, content) + data[33:]


def declared_png(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 100))
        + chunk(b"IEND", b"")
    )


def bomb_png(edge: int = 20_000) -> bytes:
    """A PNG of one bit for each of its pixels, all of them there: 50 MB in some 50 kB."""
    return encoded(Image.new("1", (edge, edge)), "PNG")


def declared_gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + encoded(photo(8, 8), "GIF")[10:]


def declared_jpeg(width: int, height: int) -> bytes:
    data = bytearray(jpeg(16, 16))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def declared_webp(width: int, height: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4 + sizes + encoded(photo(8, 8), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def zip_bomb_text(kind: bytes = b"zTXt") -> bytes:
    """A PNG with a text, or colour profile, of 64 MiB in 64 kB."""
    blown = zlib.compress(b"\x00" * (64 * MIB), 9)
    return with_chunk(png(32, 32), kind, b"name\x00\x00" + blown)


def archive() -> bytes:
    """A ZIP with one file in it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("run.js", "alert(1)")
    return out.getvalue()


SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>"""
HTML = b"<!doctype html><script>alert(1)</script>"


def gif_js() -> bytes:
    """A file that is a GIF to some and a script to others."""
    return b"GIF89a/*" + b"\x00" * 40 + b"*/=1;alert(document.cookie);//;"


def pdf() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )


def mp3(frames: int = 20) -> bytes:
    """MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame; with a tag before and after."""
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + b"\x00" * 128
    frame = b"\xff\xfb\x90\x00" + b"\x55" * 413
    return tag + frame * frames + b"TAG" + b"\x00" * 124 + b"\x01"


def aac(frames: int = 20) -> bytes:
    """ADTS, 100 bytes a frame."""
    length = 100
    header = bytes(
        [0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC]
    )
    return (header + b"\x21" * (length - 7)) * frames


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def m4a(handler: bytes = b"soun") -> bytes:
    track = box(b"trak", box(b"mdia", box(b"hdlr", b"\x00" * 8 + handler + b"\x00" * 13)))
    return (
        box(b"ftyp", b"M4A \x00\x00\x00\x00isom")
        + box(b"moov", track)
        + box(b"mdat", b"\x21" * 500)
    )


def ogg(first: bytes = b"OpusHead\x01\x02") -> bytes:
    def page(content: bytes, flags: int, number: int) -> bytes:
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, 7, number, 0, 1)
        return head + bytes([len(content)]) + content

    return page(first, 2, 0) + page(b"OpusTags", 0, 1) + page(b"\x11" * 200, 4, 2)


def wav(seconds: float = 0.1) -> bytes:
    samples = b"\x00\x01" * int(8000 * seconds)
    content = (
        b"WAVE"
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
        + struct.pack("<4sI", b"data", len(samples))
        + samples
    )
    return b"RIFF" + struct.pack("<I", len(content)) + content
