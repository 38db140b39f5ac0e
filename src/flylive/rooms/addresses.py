"""Logos and music of a room: the platform's own, or what the caller himself uploaded for it."""

from typing import Any

from flylive.database import Reading
from flylive.http.fields import FieldChecks
from flylive.rooms.rules import OWN_ADDRESS_WANTED, is_upload
from flylive.uploads.service import own_address

_PURPOSES = {"logo": ("room_logo",), "background_music_url": ("room_music",)}


async def check_own(tx: Reading, user_id: int, values: dict[str, Any]) -> None:
    """Raises InvalidRequest that names the fields which hold somebody else's upload, or none.

    What else may stand there, `rules.own_address` has said already.
    """
    checks = FieldChecks()
    for field, purposes in _PURPOSES.items():
        url = values.get(field)
        if url is None or not is_upload(url):
            continue
        if await own_address(tx, user_id, url, purposes) is None:
            checks.refuse(field, OWN_ADDRESS_WANTED)
    checks.done()
