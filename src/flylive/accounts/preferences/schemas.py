"""What goes into and comes out of the addresses of push tokens and preferences."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flylive.accounts.schemas import DeviceName

Platform = Literal["android", "ios", "web"]
PushTokenText = Annotated[
    str, Meta(pattern=r"^[!-~]{1,1024}\Z", description="As the push service gave it.")
]
LocalTime = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="HH:MM, 00:00 to 23:59.")
]


class RegisterPushToken(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /me/push-tokens."""

    token: PushTokenText
    platform: Platform
    device_name: DeviceName | None = None


class ForgetPushToken(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """DELETE /me/push-tokens."""

    token: PushTokenText


class QuietHours(
    msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}
):
    """From and to in the time of `timezone`, such as Asia/Dubai; over midnight if need be."""

    start: LocalTime
    end: LocalTime
    timezone: Annotated[str, Meta(max_length=64)]


class PushPreferences(msgspec.Struct, kw_only=True):
    """What may be pushed: private messages, followed rooms that open, rooms that friends open,
    gifts received, announcements of the platform."""

    messages: bool = True
    followed_rooms: bool = True
    friends_rooms: bool = True
    gifts: bool = True
    announcements: bool = True


class PreferencesView(msgspec.Struct, kw_only=True):
    """GET /me/preferences. `language` is a BCP 47 tag; null: the device's own."""

    language: str | None
    push: PushPreferences
    quiet_hours: QuietHours | None


class EditPush(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Only the fields that are sent change."""

    messages: bool | UnsetType = UNSET
    followed_rooms: bool | UnsetType = UNSET
    friends_rooms: bool | UnsetType = UNSET
    gifts: bool | UnsetType = UNSET
    announcements: bool | UnsetType = UNSET


class EditPreferences(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /me/preferences: only the fields that are sent change; null takes away."""

    language: Annotated[str, Meta(max_length=35)] | UnsetType | None = UNSET
    push: EditPush | UnsetType = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
