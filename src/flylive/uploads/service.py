"""Keeping what people upload: look at it, store the object, then the row.

A crash between object and row leaves an object that nothing names, and never a row without its
object; such orphans are swept once a day. Whoever changes what names an upload says `discard` in
the same transaction; the object goes some days later, when nobody holds a view that shows it.
"""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import structlog
from litestar import Request
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http import limits, marks
from flylive.uploads import audio, documents, encoding, images, intake, queries, signing
from flylive.uploads.errors import TooManyUploads, TypeNotTaken
from flylive.uploads.purposes import EXTENSIONS, MAX_BYTES, MIB, Kind, Purpose
from flylive.uploads.storage import Storage

DAY_SECONDS = 24 * 3600
KEPT_AFTER_DISCARD = timedelta(days=30)
"""Signed addresses, and events that are kept for resuming, may show it so long."""
BATCH = 100
ORPHANED_AFTER = timedelta(days=1)
SWEEP_EVERY_SECONDS = 24 * 3600
MOST_ORPHANS, MOST_ORPHANS_PART = 1000, 0.1
"""More than both of these at once is no crash, but a database that does not belong to the files."""

URL_PREFIX = "/uploads/"
_OURS = re.compile(r"(private/)?[0-9a-f]{32}\.[a-z0-9]{3,4}")
_SWEPT = "uploads.swept"

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Content(NamedTuple):
    """A file as it is stored; `width` and `height` in pixels, of an image."""

    data: bytes
    content_type: str
    width: int | None = None
    height: int | None = None


class Upload(NamedTuple):
    """A stored object by its plain address, whose row is still to be written."""

    url: str
    purpose: str
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    sha256: str


async def upload(
    request: Request[Any, Any, Any],
    database: Database,
    storage: Storage,
    settings: Settings,
    user_id: int,
    purpose: Purpose | None,
    keep: Callable[[Transaction, Upload], Awaitable[T]],
) -> T:
    """Receive a file, look at it, store it, and let `keep` write what names it.

    `purpose` None: the form says it. Raises what :mod:`flylive.uploads.intake` and
    :func:`look_at` raise, TooManyUploads, Unavailable; then nothing is stored. Raises
    Unauthenticated where the account was deleted meanwhile; then the object is swept.
    """
    most = intake.FORM_BYTES + (MAX_BYTES if purpose is None else purpose.max_bytes)
    async with intake.place(request, user_id, most):
        await database.run(lambda tx: _count(tx, user_id, settings))
        received = await intake.receive(request, purpose)
        content = await encoding.in_thread(lambda: look_at(received.data, received.purpose))
        made = _upload(content, received.purpose)
        await storage.put(made.url.removeprefix(URL_PREFIX), content.data)

    async def work(tx: Transaction) -> T:
        if not await accounts.hold_user(tx, user_id):
            raise Unauthenticated
        await queries.insert_upload(tx, user_id=user_id, **made._asdict())
        return await keep(tx, made)

    return await database.run(work)


async def _count(tx: Transaction, user_id: int, settings: Settings) -> None:
    limit = settings.uploads_per_day
    hit = await limits.hit(tx, f"uploads:{user_id}", limit, DAY_SECONDS)
    if not hit.is_allowed:
        raise TooManyUploads(f"At most {limit} uploads a day", retry_after=hit.retry_after_seconds)
    most = settings.upload_megabytes_per_day
    day = timedelta(seconds=DAY_SECONDS)
    stored = await queries.stored_since(tx, user_id, now() - day)
    if stored.bytes > most * MIB:
        wait = stored.oldest_at + day - now()
        raise TooManyUploads(
            f"At most {most} megabytes a day", retry_after=max(1, int(wait.total_seconds()))
        )


def look_at(data: bytes, purpose: Purpose) -> Content:
    """The file as this purpose stores it: what it is, its content alone says.

    Raises TypeNotTaken, DamagedFile, NotClean, TooManyPixels, TooManyFrames.
    """
    if Kind.IMAGE in purpose.kinds and (measured := images.measure(data)) is not None:
        picture = encoding.encode(data, measured, purpose)
        return Content(picture.data, "image/webp", picture.width, picture.height)
    if Kind.AUDIO in purpose.kinds and (content_type := audio.identify(data)) is not None:
        return Content(data, content_type)
    if Kind.FILE in purpose.kinds and (content_type := documents.identify(data)) is not None:
        return Content(data, content_type)
    raise TypeNotTaken(
        f"A file of this type is not taken here; send {', '.join(purpose.accepts)}",
        accepts=purpose.accepts,
    )


def _upload(content: Content, purpose: Purpose) -> Upload:
    prefix = signing.PREFIX if purpose.is_private else URL_PREFIX
    return Upload(
        url=f"{prefix}{secrets.token_hex(16)}.{EXTENSIONS[content.content_type]}",
        purpose=purpose.name,
        content_type=content.content_type,
        bytes=len(content.data),
        width=content.width,
        height=content.height,
        sha256=hashlib.sha256(content.data).hexdigest(),
    )


async def own_address(
    tx: Reading, user_id: int, url: str, purposes: Collection[str]
) -> Row[Any] | None:
    """The caller's own upload under this address, signed or not; None where it is not his.

    A foreign address would track whoever looks or listens: only what this finds, and the
    platform's own assets, may ever be stored. The row's `url` is the plain one, to be kept.
    """
    return await queries.find_own(tx, user_id, signing.plain(url), purposes)


async def discard(tx: Transaction, user_id: int, urls: Collection[str | None]) -> None:
    """Let uploads of the user's go, since nothing names them any more; assets are left alone."""
    named = [url for url in urls if url is not None and url.startswith(URL_PREFIX)]
    if named:
        await queries.discard(tx, user_id, named)


async def discard_public(tx: Transaction, user_id: int) -> None:
    """Let go of a user's pictures and music; what he sent to others, or as proof, stays."""
    await queries.discard_public(tx, user_id)


async def delete_discarded(database: Database, storage: Storage) -> int:
    """Delete the files that were discarded long enough ago; how many they were."""
    before = now() - KEPT_AFTER_DISCARD
    rows = await database.read(lambda tx: queries.list_discarded(tx, before, BATCH))
    for row in rows:
        await storage.delete(row.url.removeprefix(URL_PREFIX))
    if rows:
        await database.run(lambda tx: queries.delete_uploads(tx, [row.id for row in rows]))
    return len(rows)


async def sweep_daily(database: Database, storage: Storage) -> None:
    """Sweep, if no worker did within a day."""

    async def claim(tx: Transaction) -> bool:
        await tx.lock(_SWEPT)
        if await marks.seconds_left(tx, _SWEPT) is not None:
            return False
        await marks.put(tx, _SWEPT, SWEEP_EVERY_SECONDS)
        return True

    if await database.run(claim):
        await sweep_orphans(database, storage)


async def sweep_orphans(database: Database, storage: Storage) -> int:
    """Delete the objects of ours that no row names, a day after they were written; how many.

    Where they are too many to be what crashes left, nothing is deleted and the log says so: the
    database may be another one's, or an old one.
    """
    before = now() - ORPHANED_AFTER
    orphans: list[str] = []
    seen = 0
    async for page in storage.walk():
        names = [entry.name for entry in page if _OURS.fullmatch(entry.name)]
        seen += len(names)
        old = {entry.name for entry in page if entry.written_at < before}.intersection(names)
        named = await _named(database, old)
        orphans += [name for name in sorted(old) if name not in named]
    if len(orphans) > max(MOST_ORPHANS, seen * MOST_ORPHANS_PART):
        log.error("uploads.too_many_orphans", orphans=len(orphans), objects=seen)
        return 0
    for name in orphans:
        await storage.delete(name)
    if orphans:
        log.info("uploads.orphans_deleted", orphans=len(orphans), objects=seen)
    return len(orphans)


async def _named(database: Database, names: Collection[str]) -> set[str]:
    """Those of the objects that a row names."""
    urls = [URL_PREFIX + name for name in names]
    named = await database.read(lambda tx: queries.list_named(tx, urls))
    return {url.removeprefix(URL_PREFIX) for url in named}
