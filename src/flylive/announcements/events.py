"""What announcements tell, on each one's own stream."""

from datetime import datetime

from flylive.realtime import Event


class Announced(Event, tag="notice", kw_only=True, frozen=True):
    """The platform tells something; as ``GET /announcements`` has it. `kind` is announcement."""

    kind: str
    id: int
    title: str
    content: str
    starts_at: datetime
    ends_at: datetime | None
