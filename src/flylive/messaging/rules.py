"""What a message may be and how fast they may come. Pure."""

import unicodedata

MAX_CONTENT = 2000
MAX_CLIENT_ID = 64
WINDOW_SECONDS = 30
MESSAGES_PER_WINDOW = 20
MESSAGES_PER_WINDOW_RUNNING = 100
"""For whoever runs the room."""
UNANSWERED_PER_WINDOW = 5
"""To somebody who never wrote back and is no friend."""


def content(text: str) -> str:
    """1–2000 characters, one of them visible; of the control characters only tab and line feed.

    Raises ValueError whose words tell what would be right.
    """
    if not 1 <= len(text) <= MAX_CONTENT:
        raise ValueError(f"must have 1–{MAX_CONTENT} characters")
    categories = [(character, unicodedata.category(character)) for character in text]
    if any(kind in ("Cc", "Cs") and character not in "\t\n" for character, kind in categories):
        raise ValueError("must not contain control characters")
    if all(kind[0] in "CZ" for _, kind in categories):
        raise ValueError("must contain a visible character")
    return text


def client_id(text: str) -> str:
    """1–64 visible ASCII characters. Raises ValueError."""
    if not 1 <= len(text) <= MAX_CLIENT_ID or not all("!" <= c <= "~" for c in text):
        raise ValueError(f"must have 1–{MAX_CLIENT_ID} visible ASCII characters")
    return text
