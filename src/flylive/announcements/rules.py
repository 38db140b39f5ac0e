"""What an announcement may be, and where it stands. Pure."""

from datetime import datetime

MAX_TITLE = 100
MAX_CONTENT = 2000
AUDIENCES = ("everybody", "country", "hosts", "vip")
STATUSES = ("scheduled", "running", "over", "cancelled")


def title(text: str) -> str:
    """Trimmed, 1–100 characters on one line."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_TITLE:
        raise ValueError(f"must have 1–{MAX_TITLE} characters")
    if any(character < " " or character == "\x7f" for character in trimmed):
        raise ValueError("must not contain control characters")
    return trimmed


def content(text: str) -> str:
    """Trimmed, 1–2000 characters without control characters but line feed and tab."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_CONTENT:
        raise ValueError(f"must have 1–{MAX_CONTENT} characters")
    if any(character < " " and character not in "\t\n" for character in trimmed):
        raise ValueError("must not contain control characters")
    return trimmed


def status(
    starts_at: datetime, ends_at: datetime | None, cancelled_at: datetime | None, at: datetime
) -> str:
    """Where an announcement stands at that moment."""
    if cancelled_at is not None:
        return "cancelled"
    if ends_at is not None and ends_at <= at:
        return "over"
    return "scheduled" if starts_at > at else "running"
