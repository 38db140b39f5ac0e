"""The addresses of a forgotten password; both answer without a token."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts import codes, rules
from flylive.accounts.authentication import Authenticator
from flylive.accounts.recovery import service
from flylive.accounts.recovery.schemas import ForgotPassword, ResetPassword, Sent
from flylive.accounts.recovery.tasks import TOKEN_SECONDS
from flylive.config import Settings
from flylive.database import Database
from flylive.http.fields import FieldChecks
from flylive.http.requests import peer


@post("/auth/password/forgot", status_code=202)
async def forgot_password(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ForgotPassword],
) -> Sent:
    """Ask for a token by mail (an hour) or a code by SMS (5 minutes) that resets the password.

    The answer is the same whether there is such an account. One a minute and ten a day for one
    address, and a limit by peer: 429 with `Retry-After`.
    """
    checks = FieldChecks()
    host = peer(request)
    if (data.email is None) == (data.phone is None):
        checks.refuse("email", "either an e-mail or a phone number is needed")
    if data.email is not None:
        email = checks.field("email", rules.email, data.email)
    if data.phone is not None:
        phone = checks.field("phone", lambda text: rules.phone(text, None), data.phone)
    checks.done()
    if data.email is not None:
        assert email is not None
        await database.run(lambda tx: service.ask_by_email(tx, settings, email, host))
        return Sent(expires_in=TOKEN_SECONDS)
    assert phone is not None
    await database.run(lambda tx: service.ask_by_phone(tx, settings, phone, host))
    return Sent(expires_in=codes.CODE_SECONDS)


@post("/auth/password/reset", status_code=204)
async def reset_password(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ResetPassword],
) -> None:
    """Set another password with the token from a mail, or the code from an SMS.

    Every access token of the account ends. A token or code is good once, for five tries: 422
    `auth.reset_invalid`, whatever is wrong with it. Ten guesses a minute: 429.
    """
    checks = FieldChecks()
    checks.field("password", rules.password, data.password)
    email = phone = None
    if (data.email is None) == (data.phone is None):
        checks.refuse("email", "either an e-mail or a phone number is needed")
    elif data.email is not None:
        email = checks.field("email", rules.email, data.email)
        if data.token is None or data.code is not None:
            checks.refuse("token", "goes with the e-mail")
    elif data.phone is not None:
        phone = checks.field("phone", lambda text: rules.phone(text, None), data.phone)
        if data.code is None or data.token is not None:
            checks.refuse("code", "goes with the phone number")
    checks.done()
    host = peer(request)
    if email is not None:
        assert data.token is not None
        user_id = await service.reset_by_email(
            database, settings, email, data.token, data.password, host
        )
    else:
        assert phone is not None
        assert data.code is not None
        user_id = await service.reset_by_phone(
            database, settings, phone, data.code, data.password, host
        )
    authenticator: Authenticator = request.app.state.authenticator
    authenticator.forget(user_id=user_id)


ROUTES = [forgot_password, reset_password]
