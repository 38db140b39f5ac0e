"""The addresses of tokens and passwords.

Those that answer with the caller's own view (sign-up, log-in, ``/me``) stand in
``flylive.screens.me``, since that view is composed of several domains.
"""

from typing import Any

import msgspec
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import Row

from flylive.accounts import login, passwords, queries, rules, service
from flylive.accounts.authentication import Authenticator
from flylive.accounts.caller import Caller
from flylive.accounts.recovery.service import after_new_password
from flylive.accounts.schemas import ChangePassword, TokenView
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import FieldChecks
from flylive.http.requests import peer


def _authenticator(request: Request[Any, Any, Any]) -> Authenticator:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


@post("/auth/logout", status_code=204)
async def log_out(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
) -> None:
    """End the token that this request carries."""

    async def work(tx: Transaction) -> None:
        await service.revoke_token(tx, caller.user_id, caller.token_id)

    await database.run(work)
    _authenticator(request).forget(token_id=caller.token_id)


@get("/auth/tokens", status_code=200)
async def list_tokens(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[TokenView]:
    """The caller's access tokens that still hold, newest first, without their secrets."""
    before = pages.decode(cursor, int)

    def view(row: Row[Any]) -> TokenView:
        return msgspec.convert(row._asdict() | {"is_current": row.id == caller.token_id}, TokenView)

    async def work(tx: Reading) -> pages.Page[TokenView]:
        rows = await queries.list_tokens(
            tx, caller.user_id, limit=limit + 1, before=before[0] if before else None
        )
        return pages.page(rows, limit, view, lambda row: (row.id,))

    return await database.read(work)


@delete("/auth/tokens/{token_id:int}", status_code=204)
async def delete_token(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    token_id: FromPath[int],
) -> None:
    """End one of the caller's tokens; other people's are not found."""

    async def work(tx: Transaction) -> None:
        await service.revoke_token(tx, caller.user_id, token_id)

    await database.run(work)
    _authenticator(request).forget(token_id=token_id)


@delete("/auth/tokens", status_code=204)
async def delete_other_tokens(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
) -> None:
    """End all of the caller's tokens but the one that this request carries."""

    async def work(tx: Transaction) -> None:
        await service.revoke_other_tokens(tx, caller.user_id, caller.token_id)

    await database.run(work)
    _authenticator(request).forget(user_id=caller.user_id)


@post("/auth/password/change", status_code=204)
async def change_password(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[ChangePassword],
) -> None:
    """Change the password and end every other token of the caller's.

    Wrong current passwords count as wrong log-ins do: 403 `auth.wrong_password`, then
    429 `auth.locked`. 409 `auth.no_password` where there is none to change.
    """
    checks = FieldChecks()
    checks.field("password", rules.password, data.password)
    checks.done()
    proof = await login.prove_again(database, caller.user_id, data.current_password, peer(request))
    new_hash = await passwords.hash_password(data.password)

    async def work(tx: Transaction) -> None:
        await service.change_password(tx, proof, new_hash, caller.token_id)
        user = await queries.find_user(tx, caller.user_id)
        await after_new_password(tx, caller.user_id, user.email if user else None)

    await database.run(work)
    _authenticator(request).forget(user_id=caller.user_id)


ROUTES = [log_out, list_tokens, delete_token, delete_other_tokens, change_password]
