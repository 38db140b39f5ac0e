"""The addresses of e-mail and phone. Those that confirm a change stand in
``flylive.screens.contacts``, since they answer with the caller's own view.
"""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts import codes, queries, rules
from flylive.accounts.caller import Caller
from flylive.accounts.contacts import service
from flylive.accounts.contacts.queries import Kind
from flylive.accounts.contacts.schemas import ChangeEmail, ChangePhone, VerifyEmail
from flylive.accounts.contacts.tasks import VERIFICATION_SECONDS
from flylive.accounts.identities.proofs import prove_caller
from flylive.accounts.identities.tokens import IdTokens
from flylive.accounts.recovery.schemas import Sent
from flylive.accounts.schemas import ProvedRequest
from flylive.config import Settings
from flylive.database import Database
from flylive.http.fields import FieldChecks
from flylive.http.requests import peer


@post("/auth/email/verification", status_code=202)
async def send_verification(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Sent:
    """Send another verification mail; none where the e-mail is verified already.

    409 `auth.no_email`; one a minute and ten a day: 429 with `Retry-After`.
    """
    await database.run(
        lambda tx: service.ask_for_verification(tx, settings, caller.user_id, peer(request))
    )
    return Sent(expires_in=VERIFICATION_SECONDS)


@post("/auth/email/verify", status_code=204)
async def verify_email(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[VerifyEmail],
) -> None:
    """Confirm an e-mail with the token from the mail; it is good once, for a day.

    Needs no log-in: the link may be opened on another device. 422 `auth.verification_invalid`.
    """
    await database.run(lambda tx: service.check_guess(tx, settings, peer(request)))
    await database.run(lambda tx: service.verify_email(tx, data.token))


async def _ask_for_change(
    request: Request[Any, Any, Any],
    database: Database,
    settings: Settings,
    caller: Caller,
    kind: Kind,
    contact: str,
    data: ProvedRequest,
) -> Sent:
    host = peer(request)
    id_tokens: IdTokens = request.app.state.id_tokens
    proof = await prove_caller(database, id_tokens, caller.user_id, data, host)
    await database.run(lambda tx: service.ask_for_change(tx, settings, proof, kind, contact, host))
    return Sent(expires_in=codes.CODE_SECONDS)


@post("/me/email", status_code=202)
async def change_email(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ChangeEmail],
) -> Sent:
    """Ask for a code to a new e-mail; `/me/email/confirm` takes it within 5 minutes.

    Proved by the password, or by a fresh id token of a linked identity.
    403 `auth.wrong_password`, 429 `auth.locked`, as at a log-in; one code a minute and ten a
    day: 429. Whether another account has the address is told at the confirmation alone.
    """
    checks = FieldChecks()
    email = checks.field("email", rules.email, data.email)
    checks.done()
    assert email is not None
    return await _ask_for_change(request, database, settings, caller, "email", email, data)


@post("/me/phone", status_code=202)
async def change_phone(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ChangePhone],
) -> Sent:
    """Ask for a code to a new phone; `/me/phone/confirm` takes it within 5 minutes.

    Proved by the password, or by a fresh id token of a linked identity.
    403 `auth.wrong_password`, 429 `auth.locked`, as at a log-in; one code a minute and ten a
    day: 429. Whether another account has the number is told at the confirmation alone.
    """
    user = await database.read(lambda tx: queries.find_user(tx, caller.user_id))
    country = None if user is None else user.country
    checks = FieldChecks()
    phone = checks.field("phone", lambda text: rules.phone(text, country), data.phone)
    checks.done()
    assert phone is not None
    return await _ask_for_change(request, database, settings, caller, "phone", phone, data)


ROUTES = [send_verification, verify_email, change_email, change_phone]
