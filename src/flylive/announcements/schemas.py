"""What goes into and comes out of the addresses of announcements."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Audience = Literal["everybody", "country", "hosts", "vip"]
Status = Literal["scheduled", "running", "over", "cancelled"]


class AnnouncementView(msgspec.Struct, kw_only=True, frozen=True):
    """An announcement as its audience sees it; `ends_at` null: until it is taken back."""

    id: int
    title: str
    content: str
    starts_at: datetime
    ends_at: datetime | None


class StaffAnnouncementView(AnnouncementView, kw_only=True, frozen=True):
    """An announcement as staff see it.

    `told_count` heard of it while online, `devices_count` devices are notified of it; the telling
    came to user `told_upto` of `last_user_id`, and was through at `told_at`.
    """

    audience: str
    country: str | None
    min_vip_level: int | None
    is_pushed: bool
    status: str
    created_by: int
    created_at: datetime
    cancelled_by: int | None
    cancelled_at: datetime | None
    last_user_id: int | None
    told_upto: int
    told_count: int
    devices_count: int
    told_at: datetime | None


class WriteAnnouncement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/announcements. `country` goes with that audience, `min_vip_level` with vip.

    Without `starts_at` it runs at once, without `ends_at` until it is cancelled.
    """

    title: str
    content: str
    audience: Audience
    country: str | None = None
    min_vip_level: Annotated[int, Meta(ge=1, le=7)] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_pushed: bool = False
    reason: str
