"""Receiving a file: a multipart form, read piece by piece into bounded memory.

Bounded by bytes, by time, and by how much arrives at once: what a request announces (or the
most it may have) is reserved in its process until it is answered.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from flylive.errors import FieldError, InvalidRequest, Unavailable, Unreadable
from flylive.uploads.errors import (
    BrokenForm,
    EmptyFile,
    FileTooLarge,
    NotAForm,
    TooManyUploads,
    TooSlow,
)
from flylive.uploads.purposes import MAX_BYTES, MIB, PURPOSES, Purpose

FORM_BYTES = 64 * 1024
"""What a form has around its file."""
BYTES_AT_ONCE = 192 * MIB
"""What is received at once per process; each byte may stand in memory twice for a moment."""
UPLOADS_PER_USER = 4
"""Of one user at once, per process."""
SECONDS = 120
"""For the whole file: 16 MiB need 1.1 Mbit/s."""
MAX_PARTS = 8
MAX_FIELD_BYTES = 100

_reserved = 0
_by_user: Counter[int] = Counter()


class Received(NamedTuple):
    """A file, and what it is for."""

    purpose: Purpose
    data: bytes


@asynccontextmanager
async def place(request: Request[Any, Any, Any], user_id: int, most: int) -> AsyncIterator[None]:
    """Room for a form of at most `most` bytes. Raises Unavailable, TooManyUploads."""
    global _reserved
    announced = request.headers.get("content-length", "")
    needed = min(int(announced), most) if announced.isascii() and announced.isdigit() else most
    if _by_user[user_id] >= UPLOADS_PER_USER:
        raise TooManyUploads("Wait until your other uploads are done", retry_after=5)
    if _reserved + needed > BYTES_AT_ONCE:
        raise Unavailable("Too many uploads at once", retry_after=5)
    _reserved += needed
    _by_user[user_id] += 1
    try:
        yield
    finally:
        _reserved -= needed
        _by_user[user_id] -= 1
        if not _by_user[user_id]:
            del _by_user[user_id]


async def receive(request: Request[Any, Any, Any], purpose: Purpose | None = None) -> Received:
    """The file of the form, and its purpose where it is not known from the address.

    Raises NotAForm, BrokenForm, TooSlow, FileTooLarge, EmptyFile, InvalidRequest (fields that
    are missing, doubled or unknown).
    """
    media_type, options = request.content_type
    boundary = options.get("boundary")
    if media_type != "multipart/form-data" or not boundary:
        raise NotAForm
    form = _Form(purpose)
    try:
        async with asyncio.timeout(SECONDS):
            parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS, strict=True)
            with parser:
                async for chunk in request.stream():
                    if chunk:
                        for event in parser.parse(chunk):
                            form.add(event)
    except TimeoutError as error:
        raise TooSlow(seconds=SECONDS) from error
    except MultipartError as error:
        raise BrokenForm(f"The form could not be read: {error}") from error
    except InternalServerException as error:
        # Litestar's word for a client who went away in the middle.
        raise Unreadable("The connection ended before the form did") from error
    return form.done()


class _Form:
    """The parts of a form so far."""

    def __init__(self, purpose: Purpose | None) -> None:
        self.purpose = purpose
        self.asks_purpose = purpose is None
        self.data: bytearray | None = None
        self.errors: list[FieldError] = []
        self.name = ""
        self.text = bytearray()

    def add(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Take what the parser found: a part's head, a piece of it, or its end (None)."""
        if isinstance(event, MultipartSegment):
            self.name = event.name or ""
            self.text = bytearray()
            self._begin()
        elif event is not None:
            self._go_on(event)
        elif self.name == "purpose" and self.asks_purpose:
            self._find_purpose()

    def _begin(self) -> None:
        if self.name == "file" and self.data is None:
            self.data = bytearray()
        elif self.name == "file":
            raise InvalidRequest.field("file", "send one file")
        elif self.name != "purpose" or not self.asks_purpose:
            raise InvalidRequest.field(self.name[:MAX_FIELD_BYTES] or "body", "is not known here")
        elif self.purpose is not None:
            raise InvalidRequest.field("purpose", "send it once")

    def _go_on(self, piece: bytes | bytearray) -> None:
        if self.name == "file" and self.data is not None:
            self.data += piece
            most = MAX_BYTES if self.purpose is None else self.purpose.max_bytes
            if len(self.data) > most:
                raise FileTooLarge(max_bytes=most)
        else:
            self.text += piece
            if len(self.text) > MAX_FIELD_BYTES:
                raise InvalidRequest.field(self.name, "is too long")

    def _find_purpose(self) -> None:
        self.purpose = PURPOSES.get(self.text.decode("utf-8", "replace"))
        if self.purpose is None:
            raise InvalidRequest.field("purpose", f"must be one of {', '.join(PURPOSES)}")

    def done(self) -> Received:
        """The whole form."""
        if self.purpose is None:
            self.errors.append(FieldError("purpose", "is needed"))
        if self.data is None:
            self.errors.append(FieldError("file", "is needed"))
        if self.purpose is None or self.data is None:
            words = "; ".join(f"{error.field}: {error.message}" for error in self.errors)
            raise InvalidRequest(words, errors=self.errors)
        if not self.data:
            raise EmptyFile
        if len(self.data) > self.purpose.max_bytes:
            raise FileTooLarge(max_bytes=self.purpose.max_bytes)
        return Received(self.purpose, bytes(self.data))
