"""What the worker sends to whoever forgot his password. A retry makes a new secret."""

from datetime import timedelta

from flylive.accounts import codes, letters
from flylive.accounts.recovery import queries
from flylive.clock import now
from flylive.database import Transaction
from flylive.ids import new_secret, sha256_hex
from flylive.jobs import Task
from flylive.outbox import Outbox, TemporaryFailure

TOKEN_SECONDS = 60 * 60


async def send_reset_mail(outbox: Outbox, *, email: str) -> None:
    """Mail a token to the account with this e-mail, if there is one."""
    token = new_secret()

    async def work(tx: Transaction) -> str | None:
        user = await queries.lock_by_email(tx, email)
        if user is None or user.recovery_barred == "email":
            return None
        expires_at = now() + timedelta(seconds=TOKEN_SECONDS)
        await queries.put_token(tx, user.email, sha256_hex(token), expires_at)
        # To the address that is kept: what was typed need only be equal without case.
        return str(user.email)

    to = await outbox.database.run(work)
    if to is not None:
        await outbox.send(letters.password_reset_mail(outbox.settings, to, token))


async def send_reset_sms(outbox: Outbox, *, phone: str) -> None:
    """Send a code to the account with this phone, if there is one."""
    code = codes.new_code()
    code_hash = await codes.hash_code(outbox.settings, code, "reset", phone)

    async def work(tx: Transaction) -> bool:
        user = await queries.lock_by_phone(tx, phone)
        if user is None or user.recovery_barred == "phone":
            return False
        expires_at = now() + timedelta(seconds=codes.CODE_SECONDS)
        await queries.put_code(tx, user.id, code_hash, expires_at)
        return True

    if await outbox.database.run(work):
        await outbox.send(letters.password_reset_sms(phone, code))


RESET_MAIL = Task("accounts.reset_mail", send_reset_mail, (TemporaryFailure,))
RESET_SMS = Task("accounts.reset_sms", send_reset_sms, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [RESET_MAIL, RESET_SMS]
