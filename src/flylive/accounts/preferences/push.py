"""Notes on people's devices: who has one, who wants this kind, and not in his quiet hours."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from flylive.accounts.preferences import queries, rules
from flylive.clock import now
from flylive.database import Reading
from flylive.outbox import DeviceGone, Note, Outbox

Kind = Literal["messages", "followed_rooms", "friends_rooms", "gifts", "announcements"]
"""What somebody may want to be told or not; `push_` and this is the preference's column."""


async def devices(tx: Reading, user_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The devices of these users: `id`, `user_id`. For each a job of its own, so that one which
    is tried again notifies nobody twice.
    """
    return await queries.list_devices(tx, user_ids) if user_ids else []


async def deliver(outbox: Outbox, device_id: int, kind: Kind, note: Note) -> None:
    """Show the note there, if its owner wants notes of this kind now; forget a dead device.

    Raises TemporaryFailure, DeliveryFailed.
    """
    device = await outbox.database.read(lambda tx: queries.find_device(tx, device_id))
    if device is None or not getattr(device, f"push_{kind}") or is_quiet(device, now()):
        return
    try:
        await outbox.push(device.token, note)
    except DeviceGone:
        await outbox.database.run(lambda tx: queries.forget(tx, device.user_id, device.token))


def is_quiet(preferences: Row[Any], moment: datetime) -> bool:
    """Whether it is a time at which the owner of the preferences wants to hear nothing."""
    if preferences.quiet_timezone is None:
        return False
    local = moment.astimezone(ZoneInfo(preferences.quiet_timezone)).time()
    return rules.is_within(local, preferences.quiet_from, preferences.quiet_to)
