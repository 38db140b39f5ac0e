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
STATUSES = ("open", "upheld", "dismissed")

MAX_DETAILS = 2000
REPORTS_PER_DAY = 30
DAY_SECONDS = 86_400
SURROUNDING = 10
"""Messages kept with a reported one: so many before it and after it."""


def details(text: str) -> str:
    """Trimmed, 1–2000 characters without control characters but line feed and tab."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_DETAILS:
        raise ValueError(f"must have 1–{MAX_DETAILS} characters")
    if any(character < " " and character not in "\t\n" for character in trimmed):
        raise ValueError("must not contain control characters")
    return trimmed
