"""Encoding images anew: decoded, turned upright, scaled, and written as WebP without metadata.

Pillow decodes in two threads beside the event loop. What it may be given is bounded before it
sees a byte (:mod:`flylive.uploads.images`): some 200 MiB per thread are the most it takes, for
a picture of :data:`MAX_DECODED_PIXELS` with transparency.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import NamedTuple, TypeVar

from PIL import Image, ImageCms, ImageFile, ImageOps, ImageSequence

from flylive.errors import Unavailable
from flylive.uploads.errors import DamagedFile, TooManyFrames, TooManyPixels
from flylive.uploads.images import Measured
from flylive.uploads.purposes import Purpose

MAX_PIXELS = 64_000_000
"""What an image may declare: the largest cameras of phones, at their usual settings, fit."""
MAX_PROGRESSIVE_PIXELS = 32_000_000
"""A progressive JPEG is held whole while it is decoded, however small it becomes."""
MAX_DECODED_PIXELS = 16_000_000
"""What is decoded: a JPEG is decoded at a half, a quarter or an eighth, anything else whole."""
MAX_FRAMES = 150
MAX_ANIMATED_PIXELS = 80_000_000
"""Of all pictures of an animation together."""
ANIMATED_EDGE = 400

QUALITY = 85
ANIMATED_QUALITY = 75
LEAST_MS, MOST_MS, USUAL_MS = 20, 10_000, 100
"""How long a picture of an animation stands."""

THREADS = 2
MAX_WAITING = 32
"""Images waiting per process: some ten seconds of work."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's `Orientation`."""
_ORIENTATION = 0x0112
_SRGB = ImageCms.createProfile("sRGB")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="upload")
_waiting = 0

T = TypeVar("T")


class Picture(NamedTuple):
    """An image as it is stored."""

    data: bytes
    width: int
    height: int


async def in_thread(work: Callable[[], T]) -> T:
    """Do what keeps a processor busy beside the event loop. Raises Unavailable if many wait."""
    global _waiting
    if _waiting >= MAX_WAITING:
        raise Unavailable("Too many uploads at once", retry_after=5)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


def encode(data: bytes, measured: Measured, purpose: Purpose) -> Picture:
    """The image as this purpose keeps it. Raises TooManyPixels, TooManyFrames, DamagedFile."""
    moves = purpose.keeps_animation and measured.frames > 1
    check_size(measured, moves=moves)
    try:
        with Image.open(BytesIO(data), formats=[measured.format]) as image:
            if image.size != (measured.width, measured.height):
                raise DamagedFile("The image contradicts itself about its size")
            return _moving(image, measured) if moves else _still(image, purpose)
    except (DamagedFile, TooManyPixels, MemoryError):
        raise
    # Pillow's readers raise whatever a hostile file leads them into.
    except Exception as error:
        raise DamagedFile("The image could not be decoded") from error


def check_size(measured: Measured, *, moves: bool) -> None:
    """Refuse by what the image declares, before anything is allocated for it."""
    highest = MAX_PIXELS if measured.format == "JPEG" else MAX_DECODED_PIXELS
    if measured.is_progressive:
        highest = MAX_PROGRESSIVE_PIXELS
    if moves:
        if measured.frames > MAX_FRAMES:
            raise TooManyFrames(frames=measured.frames, max_frames=MAX_FRAMES)
        highest = min(highest, MAX_ANIMATED_PIXELS // measured.frames)
    if measured.pixels > highest:
        raise TooManyPixels(width=measured.width, height=measured.height, max_pixels=highest)


def _still(image: Image.Image, purpose: Purpose) -> Picture:
    profile = image.info.get("icc_profile")
    turn = _UPRIGHT.get(_orientation(image))
    size = _fitting(image.size, purpose)
    # The shorter edge of what is decoded must still be as long as that of what is kept.
    image.draft(None, _scaled(image.size, max(size)) if not purpose.is_square else size)
    if image.width * image.height > MAX_DECODED_PIXELS:
        raise TooManyPixels(width=image.width, height=image.height, max_pixels=MAX_DECODED_PIXELS)
    plain = _in_colours(image)
    if purpose.is_square:
        kept = ImageOps.fit(plain, size, Image.Resampling.LANCZOS)
    else:
        kept = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if profile:
        kept = _in_srgb(kept, profile)
    if turn is not None:
        kept = kept.transpose(turn)
    kept.info = {}
    out = BytesIO()
    kept.save(out, "WEBP", quality=QUALITY, method=4)
    return Picture(out.getvalue(), kept.width, kept.height)


def _moving(image: Image.Image, measured: Measured) -> Picture:
    size = _scaled(image.size, min(ANIMATED_EDGE, max(image.size)))
    pictures, durations = [], []
    for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
        if number > measured.frames:
            raise DamagedFile("The animation contradicts itself about its length")
        duration = frame.info.get("duration", 0) or USUAL_MS
        kept = frame.convert("RGBA").resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        kept.info = {}
        pictures.append(kept)
        durations.append(int(min(max(duration, LEAST_MS), MOST_MS)))
    out = BytesIO()
    pictures[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=ANIMATED_QUALITY,
        method=2,
    )
    return Picture(out.getvalue(), *size)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    # A camera's broken metadata is no reason to refuse the picture: it goes anyway.
    except Exception:
        return 1


def _in_colours(image: Image.Image) -> Image.Image:
    """In RGB, or RGBA where anything is transparent."""
    if image.mode.startswith("I"):
        # 16 bits for a grey: converted as they are, nearly all of them would be white.
        return image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L").convert("RGB")
    has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode=image.mode
        )
    # A profile of other colours than the picture's, or none at all.
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _scaled(size: tuple[int, int], longest: int) -> tuple[int, int]:
    factor = min(1.0, longest / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _fitting(size: tuple[int, int], purpose: Purpose) -> tuple[int, int]:
    if purpose.is_square:
        edge = min(*size, purpose.max_edge)
        return edge, edge
    return _scaled(size, min(purpose.max_edge, max(size)))
