"""What an account's fields may be. Each function gives the value as it is kept.

All raise ValueError whose words tell the client what would be right.
"""

import re
import unicodedata
from datetime import date

import phonenumbers

from flylive.accounts import countries

MIN_PASSWORD, MAX_PASSWORD = 8, 255
MAX_NAME = 255
MAX_EMAIL = 254
MAX_SIGNATURE = 20
EARLIEST_DOB = date(1900, 1, 1)

# Plausible, not RFC 5321 in full: whether it reaches somebody only a mail can tell.
_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]\Z"
)

_SIGNATURE = re.compile(rf"[1-9][0-9]{{0,{MAX_SIGNATURE - 1}}}\Z")

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")

_EMBEDDINGS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the text around a name as well, so one can pass for another."""


def name(text: str) -> str:
    """Trimmed, 1–255 characters, at least one of them visible, no control characters."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_NAME:
        raise ValueError(f"must have 1–{MAX_NAME} characters")
    categories = {unicodedata.category(character) for character in trimmed}
    if categories & {"Cc", "Cs", "Zl", "Zp"} or not _EMBEDDINGS.isdisjoint(trimmed):
        raise ValueError("must not contain control characters")
    if all(category[0] in "CZ" for category in categories):
        raise ValueError("must contain a visible character")
    return trimmed


def email(text: str) -> str:
    """Trimmed, otherwise as given; it is compared without case."""
    trimmed = text.strip()
    if len(trimmed) > MAX_EMAIL or not trimmed.isprintable() or not _EMAIL.match(trimmed):
        raise ValueError("must be an e-mail address, such as name@example.com")
    # The database makes one letter of "İ", Python two: limits would take one address for many.
    if any(len(letter.lower()) != 1 for letter in trimmed):
        raise ValueError("must be an e-mail address, such as name@example.com")
    local = trimmed.partition("@")[0]
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("must be an e-mail address, such as name@example.com")
    return trimmed


def phone(text: str, country: str | None) -> str:
    """E.164; a national number is one of `country`, without it only ``+`` numbers are read.

    Numbers of a possible length are taken: metadata of assigned ranges lags behind.
    """
    wrong = ValueError("must be a phone number, such as +14155552671")
    if len(text) > 64:
        raise wrong
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise wrong
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not _E164.match(written):
        raise wrong
    return written


def signature(text: str) -> str:
    """1–20 digits, the first one not zero."""
    if not _SIGNATURE.match(text):
        raise ValueError(f"must be a number of 1–{MAX_SIGNATURE} digits")
    return text


def password(text: str) -> str:
    """As given, 8–255 characters."""
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise ValueError(f"must have {MIN_PASSWORD}–{MAX_PASSWORD} characters")
    return text


def country(code: str) -> str:
    """ISO 3166-1 alpha-2 from either form."""
    short = countries.alpha_2(code)
    if short is None:
        raise ValueError("must be an ISO 3166-1 country code, such as PK or PAK")
    return short


def age(dob: date, today: date) -> int:
    """Whole years; who was born on 29 February has a birthday on 1 March in other years."""
    return today.year - dob.year - ((today.month, today.day) < (dob.month, dob.day))


def date_of_birth(dob: date, today: date, minimum_age: int) -> date:
    """In the past, not before 1900, at least `minimum_age` years ago."""
    if not EARLIEST_DOB <= dob <= today:
        raise ValueError(f"must be between {EARLIEST_DOB} and today")
    if age(dob, today) < minimum_age:
        raise ValueError(f"you must be at least {minimum_age} years old")
    return dob
