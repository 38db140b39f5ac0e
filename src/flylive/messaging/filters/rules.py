"""Whether a text has a word, a link, or is one that was just said. Pure.

Texts and words are compared without case, accents, vowel marks, invisible characters and
stretched letters, so that "Cœur", "ＢＡＤ" and "baaad" are what they sound like. A word counts
where it stands alone; in scripts that put no space between words, wherever it stands. What is
not seen through: letters of one script that look like another's, and words with s p a c e s.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from linkify_it import LinkifyIt  # type: ignore[import-untyped]
from linkify_it.tlds import TLDS  # type: ignore[import-untyped]

MAX_WORDS, MAX_WORD = 1000, 64
SAME_WITHIN_SECONDS = 60
SAME_AT_MOST = 3
"""So often may somebody say the same in one place within that time."""
SHORT = 24
"""Up to so many characters nothing counts as the same: "Welcome!", "😂", "yes" are said often."""
SAME_TO_STRANGERS, STRANGERS_WINDOW_SECONDS = 5, 600
"""To so many who never wrote back may somebody send the same within that time."""

_STRETCHED = re.compile(r"(\w)\1{2,}")
_TATWEEL = "\u0640"
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def folded(text: str) -> str:
    """The text as it is compared."""
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", text)
        if unicodedata.category(character) not in ("Mn", "Me", "Cf") and character != _TATWEEL
    )
    return _STRETCHED.sub(r"\1", " ".join(plain.casefold().split()))


def word(text: str) -> str:
    """A word or phrase of a list, trimmed; 1–64 characters with a letter or digit in it.

    Raises ValueError.
    """
    trimmed = " ".join(text.split())
    if not 1 <= len(trimmed) <= MAX_WORD:
        raise ValueError(f"must have 1–{MAX_WORD} characters")
    if not any(character.isalnum() for character in folded(trimmed)):
        raise ValueError("must contain a letter or a digit")
    return trimmed


def words(texts: Sequence[str]) -> list[str]:
    """A list of words without those that say the same as an earlier one. Raises ValueError."""
    if len(texts) > MAX_WORDS:
        raise ValueError(f"must have at most {MAX_WORDS} words")
    kept: dict[str, str] = {}
    for text in texts:
        try:
            trimmed = word(text)
        except ValueError as error:
            raise ValueError(f"each word {error}") from None
        kept.setdefault(folded(trimmed), trimmed)
    return list(kept.values())


def find_word(text: str, listed: Iterable[str]) -> str | None:
    """The first of the listed words that the text has, as it stands in the list."""
    said = folded(text)
    for plain, listed_word in _by_folded(tuple(listed)).items():
        if plain in said and _pattern(plain).search(said):
            return listed_word
    return None


@lru_cache(maxsize=256)
def _by_folded(listed: tuple[str, ...]) -> dict[str, str]:
    return {folded(one): one for one in listed}


@lru_cache(maxsize=4096)
def _pattern(plain: str) -> re.Pattern[str]:
    return re.compile(f"{_edge(plain[0], '<')}{re.escape(plain)}{_edge(plain[-1], '')}")


def _edge(character: str, side: str) -> str:
    """No letter may stand on that side, where the script puts spaces between words."""
    if not character.isalnum() or unicodedata.name(character, "").startswith(_UNSPACED):
        return ""
    return rf"(?{side}!\w)"


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt(options={"fuzzy_email": False}).tlds(TLDS)


def find_link(text: str) -> str | None:
    """The first address in the text, with a scheme or by the name of a host alone."""
    linkify = _linkify()
    if not linkify.pretest(text):
        return None
    found = linkify.match(text)
    return found[0].text if found else None


def sameness(content: str, attachment_url: str | None) -> str | None:
    """32 characters that two messages have in common which say the same; None for a short one."""
    said = folded(content)
    if attachment_url is None and len(said) <= SHORT:
        return None
    plain = "" if attachment_url is None else attachment_url.partition("?")[0]
    return hashlib.sha256(f"{said}\0{plain}".encode()).hexdigest()[:32]
