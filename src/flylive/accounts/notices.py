"""Notices after something that only its owner should have done."""

from typing import Literal

from flylive.accounts import letters, queries
from flylive.jobs import Task
from flylive.outbox import Outbox, TemporaryFailure


async def send_password_notice(outbox: Outbox, *, user_id: int) -> None:
    """Tell a user that his password is another one: by mail, without an address by SMS."""
    user = await outbox.database.read(lambda tx: queries.find_user(tx, user_id))
    if user is None:
        return
    if user.email is not None:
        await outbox.send(letters.password_changed_mail(user.email))
    elif user.phone is not None:
        await outbox.send(letters.password_changed_sms(user.phone))


async def send_contact_notice(
    outbox: Outbox, *, kind: Literal["email", "phone"], former: str
) -> None:
    """Tell the address that an account had that it has another one."""
    if kind == "email":
        await outbox.send(letters.email_changed_mail(former))
    else:
        await outbox.send(letters.phone_changed_sms(former))


PASSWORD_NOTICE = Task("accounts.password_notice", send_password_notice, (TemporaryFailure,))
CONTACT_NOTICE = Task("accounts.contact_notice", send_contact_notice, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [PASSWORD_NOTICE, CONTACT_NOTICE]
