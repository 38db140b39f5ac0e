"""What we write to people: the text of each message stands here and nowhere else.

Plain text, in English. A link is added where ``FLYLIVE_PUBLIC_URL`` says where people find the
platform; what it carries stands behind the ``#``, which browsers keep to themselves.
"""

from urllib.parse import urlencode

from flylive.config import Settings
from flylive.outbox import Channel, Message

_IGNORE = "If this was not you, ignore this message; nothing changes."
_ALARM = (
    "If this was not you, somebody else has your account: reset your password at once and"
    " tell our support."
)


def _mail(to: str, subject: str, *paragraphs: str, token: str = "", code: str = "") -> Message:
    text = "\n\n".join(filter(None, paragraphs)) + "\n"
    return Message(Channel.EMAIL, to, text, subject, code=code or None, token=token or None)


def _sms(to: str, text: str, *, code: str = "") -> Message:
    return Message(Channel.SMS, to, text, code=code or None)


def _link(settings: Settings, action: str, **values: str) -> str:
    if settings.public_url is None:
        return ""
    return f"{settings.public_url.rstrip('/')}/account#{urlencode({'do': action, **values})}"


def password_reset_mail(settings: Settings, email: str, token: str) -> Message:
    """The token that resets a password."""
    return _mail(
        email,
        "Reset your FlyLive password",
        "Somebody asked to reset the password of your FlyLive account. This token does it,"
        " once, within the next hour:",
        token,
        _link(settings, "reset", email=email, token=token),
        _IGNORE,
        token=token,
    )


def password_reset_sms(phone: str, code: str) -> Message:
    """The code that resets a password."""
    return _sms(
        phone,
        f"{code} resets your FlyLive password. It holds for 5 minutes. Never tell it to anybody.",
        code=code,
    )


def verification_mail(settings: Settings, email: str, token: str) -> Message:
    """The token that shows that an address reaches its user."""
    return _mail(
        email,
        "Confirm your e-mail address",
        "Welcome to FlyLive. This token confirms that your account's e-mail address reaches"
        " you; it holds for a day:",
        token,
        _link(settings, "verify", token=token),
        "If you have no FlyLive account, ignore this message: without the token nobody can"
        " confirm your address.",
        token=token,
    )


def change_mail(email: str, code: str) -> Message:
    """The code that makes an address an account's e-mail."""
    return _mail(
        email,
        f"{code} is your FlyLive code",
        "Somebody asked to make this the e-mail address of a FlyLive account. This code does"
        " it, within the next 5 minutes:",
        code,
        _IGNORE,
        code=code,
    )


def change_sms(phone: str, code: str) -> Message:
    """The code that makes a number an account's phone."""
    return _sms(
        phone,
        f"{code} confirms this number for your FlyLive account. It holds for 5 minutes."
        " Never tell it to anybody.",
        code=code,
    )


def password_changed_mail(email: str) -> Message:
    """The password is another one."""
    return _mail(
        email,
        "Your FlyLive password was changed",
        "The password of your FlyLive account was changed, and other devices were logged out.",
        _ALARM,
    )


def password_changed_sms(phone: str) -> Message:
    """The password is another one."""
    return _sms(phone, f"Your FlyLive password was changed. {_ALARM}")


def email_changed_mail(email: str) -> Message:
    """The account has another e-mail: to the one it had."""
    return _mail(
        email,
        "The e-mail address of your FlyLive account was changed",
        "This is no longer the e-mail address of your FlyLive account; a new one was confirmed.",
        "If this was not you, tell our support at once: this address cannot reset the password"
        " any more.",
    )


def phone_changed_sms(phone: str) -> Message:
    """The account has another phone: to the one it had."""
    return _sms(
        phone,
        "This is no longer the phone number of your FlyLive account; a new one was confirmed."
        " If this was not you, tell our support at once.",
    )
