"""Confirming a new e-mail or phone, which answers with the caller's own view."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts import Caller
from flylive.accounts.contacts import service
from flylive.accounts.contacts.queries import Kind
from flylive.accounts.contacts.schemas import ConfirmChange
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.http.requests import peer
from flylive.screens.me import OwnView, own_view


async def _confirm(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    settings: Settings,
    kind: Kind,
    code: str,
) -> OwnView:
    pending = await service.prove_change(
        database, settings, caller.user_id, kind, code, peer(request)
    )

    async def work(tx: Transaction) -> OwnView:
        await service.change(tx, caller.user_id, kind, pending)
        return await own_view(tx, caller.user_id)

    return await database.run(work)


@post("/me/email/confirm", status_code=200)
async def confirm_email(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ConfirmChange],
) -> OwnView:
    """Change the e-mail with the code that was sent to the new one, which proves it.

    422 `auth.code_invalid`, whatever is wrong with the code, and after five tries; 409
    `auth.email_taken` where another account has it by now. The former address is told.
    """
    return await _confirm(request, caller, database, settings, "email", data.code)


@post("/me/phone/confirm", status_code=200)
async def confirm_phone(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ConfirmChange],
) -> OwnView:
    """Change the phone with the code that was sent to the new one, which proves it.

    422 `auth.code_invalid`, whatever is wrong with the code, and after five tries; 409
    `auth.phone_taken` where another account has it by now. The former number is told.
    """
    return await _confirm(request, caller, database, settings, "phone", data.code)


ROUTES = [confirm_email, confirm_phone]
