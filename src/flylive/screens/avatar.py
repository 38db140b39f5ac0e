"""``PUT /me/avatar``: a picture of oneself, shown at once wherever one is seen."""

from typing import Any

from litestar import Request, put
from litestar.di import NamedDependency

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Unauthenticated
from flylive.rooms import cards
from flylive.screens.me import OwnView, own_view
from flylive.uploads.intake import FORM_BYTES
from flylive.uploads.openapi import form_with_file
from flylive.uploads.purposes import AVATAR
from flylive.uploads.service import Upload, discard, upload
from flylive.uploads.storage import Storage


@put(
    "/me/avatar",
    status_code=200,
    request_max_body_size=AVATAR.max_bytes + FORM_BYTES,
    operation_class=form_with_file(),
)
async def change_avatar(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    storage: NamedDependency[Storage],
) -> OwnView:
    """Upload a picture of oneself: its middle, square, at most 512 pixels wide.

    Refused as `POST /uploads` refuses; the old picture is deleted some weeks later.
    """

    async def keep(tx: Transaction, made: Upload) -> OwnView:
        user = await accounts.lock_user(tx, caller.user_id)
        if user is None:
            raise Unauthenticated
        await accounts.update_avatar(tx, caller.user_id, made.url)
        await discard(tx, caller.user_id, [user.avatar_image])
        await cards.tell(tx, caller.user_id)
        return await own_view(tx, caller.user_id)

    return await upload(request, database, storage, settings, caller.user_id, AVATAR, keep)


ROUTES = [change_avatar]
