"""Where the files lie: a folder of the data by default, a bucket where one is named.

``FLYLIVE_UPLOADS_URL`` such as ``s3://bucket/prefix`` names the bucket; its credentials are
``FLYLIVE_S3_*`` or what the environment gives (``AWS_*``, the machine's role). An object is
written whole or not at all, and never written again.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store, from_url

from flylive.config import Settings
from flylive.errors import Unavailable
from flylive.uploads.errors import UnknownUpload

if TYPE_CHECKING:
    from obstore.store import S3Config

log = structlog.get_logger(__name__)

FOLDER = "uploads"
CHUNK_BYTES = 256 * 1024
PAGE = 1000


class Stored(NamedTuple):
    """An object, or a span of it: `start` and `end` (exclusive) of `size` bytes."""

    size: int
    start: int
    end: int
    chunks: AsyncIterator[bytes]


class Entry(NamedTuple):
    """An object that is there, and when it was written."""

    name: str
    written_at: datetime


class Storage:
    """The objects by their names. Raises Unavailable while the bucket or the disk fails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _store(self) -> ObjectStore:
        settings = self._settings
        if settings.uploads_url is None:
            folder = settings.data.resolve() / FOLDER
            return LocalStore(folder, mkdir=True)
        if not settings.uploads_url.startswith("s3"):
            return from_url(settings.uploads_url)
        config: S3Config = {}
        if settings.s3_endpoint is not None:
            config["endpoint"] = settings.s3_endpoint
        if settings.s3_region is not None:
            config["region"] = settings.s3_region
        if settings.s3_access_key_id is not None:
            config["access_key_id"] = settings.s3_access_key_id
        if settings.s3_secret_access_key is not None:
            config["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
        is_plain = config.get("endpoint", "").startswith("http://")
        return S3Store.from_url(
            settings.uploads_url, config=config, client_options={"allow_http": is_plain}
        )

    async def put(self, name: str, data: bytes) -> None:
        """Keep the object."""
        try:
            await self._store.put_async(name, data)
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def get(self, name: str, *, start: int = 0, end: int | None = None) -> Stored:
        """The object, or the span that is asked for. Raises UnknownUpload.

        A span that begins behind the object's end is an empty one.
        """
        try:
            if start == 0 and end is None:
                found = await self._store.get_async(name)
                size = found.meta["size"]
            else:
                size = (await self._store.head_async(name))["size"]
                end = size if end is None else min(end, size)
                if start >= end:
                    return Stored(size, start, start, _nothing())
                found = await self._store.get_async(name, options={"range": (start, end)})
        except FileNotFoundError as error:
            raise UnknownUpload from error
        except (BaseError, OSError) as error:
            raise _away(error) from error
        begin, stop = found.range
        return Stored(size, begin, stop, found.stream(min_chunk_size=CHUNK_BYTES))

    async def delete(self, name: str) -> None:
        """Let the object go; nothing happens where there is none."""
        try:
            await self._store.delete_async(name)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def walk(self) -> AsyncIterator[list[Entry]]:
        """All objects, a page at a time."""
        try:
            async for page in self._store.list(chunk_size=PAGE):
                yield [Entry(one["path"], one["last_modified"]) for one in page]
        except (BaseError, OSError) as error:
            raise _away(error) from error


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _away(error: Exception) -> Unavailable:
    log.error("uploads.storage_failed", reason=str(error))
    return Unavailable("Files can neither be kept nor given at the moment", retry_after=5)
