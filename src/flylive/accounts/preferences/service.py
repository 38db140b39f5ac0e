"""Registering devices for notifications, and what somebody wants to hear.

Locks: the user, then his access token, then push tokens.
"""

from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.caller import Caller
from flylive.accounts.preferences import queries, rules
from flylive.accounts.preferences.schemas import (
    EditPreferences,
    PreferencesView,
    PushPreferences,
    QuietHours,
    RegisterPushToken,
)
from flylive.database import Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http.fields import FieldChecks

DEVICES_PER_USER = 10
"""Devices that are notified; registering one more forgets the one registered longest ago."""

_PUSH = tuple(PushPreferences.__struct_fields__)


async def register(tx: Transaction, caller: Caller, data: RegisterPushToken) -> None:
    """Let this device be notified, until the access token that says so ends.

    A device that changes hands is the new user's from then on. Raises Unauthenticated where
    the access token ended meanwhile.
    """
    user = await accounts.lock_user(tx, caller.user_id)
    if user is None or not await queries.hold_access_token(tx, caller.token_id):
        raise Unauthenticated
    await queries.register(
        tx,
        user_id=caller.user_id,
        token_id=caller.token_id,
        token=data.token,
        platform=data.platform,
        device_name=data.device_name,
    )
    await queries.keep_newest(tx, caller.user_id, DEVICES_PER_USER)


async def find(tx: Reading, user_id: int) -> PreferencesView:
    """The user's preferences; the defaults where he never changed any."""
    row = await queries.find(tx, user_id)
    if row is None:
        return PreferencesView(language=None, push=PushPreferences(), quiet_hours=None)
    columns = row._mapping
    return PreferencesView(
        language=row.language,
        push=PushPreferences(**{name: columns[f"push_{name}"] for name in _PUSH}),
        quiet_hours=_quiet_hours(row),
    )


def _quiet_hours(row: Row[Any]) -> QuietHours | None:
    if row.quiet_timezone is None:
        return None
    return QuietHours(
        start=f"{row.quiet_from:%H:%M}", end=f"{row.quiet_to:%H:%M}", timezone=row.quiet_timezone
    )


async def edit(tx: Transaction, user_id: int, data: EditPreferences) -> PreferencesView:
    """Change what was sent. Raises InvalidRequest that names the fields at fault."""
    checks = FieldChecks()
    if isinstance(data.language, str):
        data.language = checks.field("language", rules.language, data.language)
    if isinstance(data.quiet_hours, QuietHours):
        checks.field("quiet_hours.timezone", rules.timezone, data.quiet_hours.timezone)
        if data.quiet_hours.start == data.quiet_hours.end:
            checks.refuse("quiet_hours.to", "must differ from `from`")
    checks.done()
    if await accounts.lock_user(tx, user_id) is None:
        raise Unauthenticated
    before = await find(tx, user_id)
    after = msgspec.structs.replace(before)
    if data.language is not UNSET:
        after.language = data.language
    if data.quiet_hours is not UNSET:
        after.quiet_hours = data.quiet_hours
    if data.push is not UNSET:
        sent = msgspec.structs.asdict(data.push).items()
        changed = {name: value for name, value in sent if value is not UNSET}
        after.push = msgspec.structs.replace(before.push, **changed)
    if after != before:
        await _save(tx, user_id, after)
    return after


async def _save(tx: Transaction, user_id: int, preferences: PreferencesView) -> None:
    push = msgspec.structs.asdict(preferences.push)
    quiet = preferences.quiet_hours
    await queries.save(
        tx,
        user_id,
        language=preferences.language,
        quiet_from=quiet and quiet.start,
        quiet_to=quiet and quiet.end,
        quiet_timezone=quiet and quiet.timezone,
        **{f"push_{name}": value for name, value in push.items()},
    )
