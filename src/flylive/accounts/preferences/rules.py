"""What preferences may be. Pure; raises ValueError whose words tell what would be right."""

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

_LANGUAGE_WANTED = "must be a language tag, such as en, ar or pt-BR"


def language(tag: str) -> str:
    """A BCP 47 tag of a language that has words, in its usual spelling."""
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(_LANGUAGE_WANTED) from error
    # CLDR's "root" is a locale of no language.
    if not tag.isascii() or locale.variant or locale.modifier or len(locale.language) > 3:
        raise ValueError(_LANGUAGE_WANTED)
    parts = (locale.language, locale.script, locale.territory)
    return "-".join(part for part in parts if part)


def timezone(name: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be a time zone, such as Asia/Dubai") from error
    return name


def is_within(local: time, start: time, end: time) -> bool:
    """Whether a local time lies from `start` on and before `end`, over midnight if need be."""
    if start < end:
        return start <= local < end
    return local >= start or local < end
