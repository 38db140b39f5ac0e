"""The addresses of linked identities. ``POST /auth/social`` stands in ``flylive.screens.me``."""

from typing import Any

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import Row

from flylive.accounts.caller import Caller
from flylive.accounts.identities import queries, service
from flylive.accounts.identities.schemas import IdentityView, LinkIdentity
from flylive.accounts.identities.tokens import IdTokens
from flylive.database import Database, Reading, Transaction
from flylive.http import pages


def _view(row: Row[Any]) -> IdentityView:
    return msgspec.convert(row._asdict(), IdentityView)


@get("/me/identities", status_code=200)
async def list_identities(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[IdentityView]:
    """The caller's linked identities, first linked first."""
    (after,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[IdentityView]:
        rows = await queries.list_identities(tx, caller.user_id, after=after, limit=limit + 1)
        return pages.page(rows, limit, _view, lambda row: (row.id,))

    return await database.read(work)


@post("/me/identities", status_code=201)
async def link_identity(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    id_tokens: NamedDependency[IdTokens],
    data: JSONBody[LinkIdentity],
) -> IdentityView:
    """Link an identity by an id token that the provider issued within ten minutes.

    409 `auth.identity_taken` where another account has it, `auth.provider_linked` where the
    caller has one at this provider; 422 `auth.invalid_id_token` or `auth.stale_id_token`.
    """
    identity = await id_tokens.verify(
        data.provider, data.id_token, max_age_seconds=service.LINK_AGE_SECONDS
    )

    async def work(tx: Transaction) -> IdentityView:
        return _view(await service.link(tx, caller.user_id, identity))

    return await database.run(work)


@delete("/me/identities/{provider:str}", status_code=204)
async def unlink_identity(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    provider: FromPath[str],
) -> None:
    """Unlink the caller's identity at a provider.

    409 `auth.last_way_in` where neither another identity nor a password with an e-mail or a
    phone number would be left.
    """

    async def work(tx: Transaction) -> None:
        await service.unlink(tx, caller.user_id, provider)

    await database.run(work)


ROUTES = [list_identities, link_identity, unlink_identity]
