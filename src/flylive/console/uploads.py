"""The staff's address of uploads: pictures of the catalogue, from the console's own session."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency

from flylive.accounts import Caller, audit
from flylive.accounts.audit import Actor
from flylive.config import Settings
from flylive.console.guard import check, require
from flylive.console.rules import Right
from flylive.database import Database, Transaction
from flylive.http.requests import peer
from flylive.uploads import queries, signing
from flylive.uploads.intake import FORM_BYTES
from flylive.uploads.openapi import form_with_file
from flylive.uploads.purposes import PURPOSES
from flylive.uploads.schemas import UploadView
from flylive.uploads.service import Upload, upload
from flylive.uploads.storage import Storage

CATALOGUE = PURPOSES["catalogue"]


@post(
    "/uploads",
    status_code=201,
    request_max_body_size=CATALOGUE.max_bytes + FORM_BYTES,
    operation_class=form_with_file(),
    guards=[require(Right.MANAGE_CATALOGUES)],
)
async def upload_picture(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    storage: NamedDependency[Storage],
) -> UploadView:
    """Upload a picture for the catalogue, as POST /v1/uploads does for `catalogue`."""

    async def keep(tx: Transaction, made: Upload) -> UploadView:
        role = await check(tx, caller.user_id, Right.MANAGE_CATALOGUES)
        kept = await queries.find_own(tx, caller.user_id, made.url, [made.purpose])
        assert kept is not None, "its row was written just now"
        await audit.write(
            tx,
            Actor(caller.user_id, role, peer(request)),
            "upload.create",
            ("upload", kept.id),
            reason="a picture for the catalogue",
            before={},
            after={"url": made.url, "sha256": made.sha256, "bytes": made.bytes},
        )
        return UploadView(
            url=signing.briefly(settings, made.url),
            content_type=made.content_type,
            bytes=made.bytes,
        )

    return await upload(request, database, storage, settings, caller.user_id, CATALOGUE, keep)


ROUTES = [upload_picture]
