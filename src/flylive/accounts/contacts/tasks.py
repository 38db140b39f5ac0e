"""What the worker sends to prove an address. A retry makes a new secret."""

from datetime import timedelta

from flylive.accounts import codes, letters
from flylive.accounts import queries as accounts
from flylive.accounts.contacts import queries
from flylive.clock import now
from flylive.database import Transaction
from flylive.ids import new_secret, sha256_hex
from flylive.jobs import Task
from flylive.outbox import Outbox, TemporaryFailure

VERIFICATION_SECONDS = 24 * 60 * 60


async def send_verification(outbox: Outbox, *, user_id: int, was_barred: bool = False) -> None:
    """Mail a token to a user whose e-mail is not proved yet.

    `was_barred`: it was asked for when the address was barred from recovery already. What was
    asked for before that was asked by whoever is shut out since; his server may make us wait.
    """
    token = new_secret()

    async def work(tx: Transaction) -> str | None:
        user = await accounts.lock_user(tx, user_id)
        if user is None or user.email is None or user.email_verified_at is not None:
            return None
        if user.recovery_barred == "email" and not was_barred:
            return None
        expires_at = now() + timedelta(seconds=VERIFICATION_SECONDS)
        await queries.put_verification(tx, user_id, user.email, sha256_hex(token), expires_at)
        return str(user.email)

    to = await outbox.database.run(work)
    if to is not None:
        await outbox.send(letters.verification_mail(outbox.settings, to, token))


async def send_change_code(outbox: Outbox, *, change_id: int) -> None:
    """Send a code to the new e-mail or phone of a change that is still wanted."""
    change = await outbox.database.read(lambda tx: queries.find_change(tx, change_id))
    if change is None:
        return
    code = codes.new_code()
    code_hash = await codes.hash_code(
        outbox.settings, code, f"change-{change.kind}", change.user_id, change.contact
    )
    expires_at = now() + timedelta(seconds=codes.CODE_SECONDS)
    if await outbox.database.run(lambda tx: queries.set_code(tx, change_id, code_hash, expires_at)):
        letter = letters.change_mail if change.kind == "email" else letters.change_sms
        await outbox.send(letter(change.contact, code))


VERIFICATION_MAIL = Task("accounts.verification_mail", send_verification, (TemporaryFailure,))
CHANGE_CODE = Task("accounts.change_code", send_change_code, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [VERIFICATION_MAIL, CHANGE_CODE]
