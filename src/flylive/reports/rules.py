"""What can be reported, and for what. Pure."""

SUBJECTS = ("user", "room", "message", "agency")
REASONS = (
    "spam",
    "harassment",
    "hate",
    "nudity",
    "violence",
    "fraud",
    "underage",
    "other",
)
"""The words that clients offer; a reporter may have his own."""
STATUSES = ("open", "upheld", "dismissed")

MAX_REASON = 255
MAX_DETAILS = 2000
REPORTS_PER_DAY = 30
DAY_SECONDS = 86_400
SURROUNDING = 10
"""Messages kept with a reported one: so many before it and after it."""


def reason(text: str) -> str:
    """One of :data:`REASONS`, or other words: trimmed, 1–255 characters."""
    return _words(text, MAX_REASON)


def details(text: str) -> str:
    """Trimmed, 1–2000 characters without control characters but line feed and tab."""
    return _words(text, MAX_DETAILS)


def _words(text: str, longest: int) -> str:
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= longest:
        raise ValueError(f"must have 1–{longest} characters")
    if any(character < " " and character not in "\t\n" for character in trimmed):
        raise ValueError("must not contain control characters")
    return trimmed
