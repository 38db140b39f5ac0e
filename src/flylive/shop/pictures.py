"""Pictures of the catalogue: the platform's own assets, or what the member of staff uploaded.

A foreign address would track whoever looks at it.
"""

from collections.abc import Mapping
from typing import Any

from flylive.database import Reading
from flylive.http.fields import FieldChecks
from flylive.rooms.rules import is_upload, own_address
from flylive.uploads.service import own_address as own_upload

PURPOSES = ("catalogue",)
WANTED = "must be an upload of yours for `catalogue`, or an asset of the platform"


async def check(
    tx: Reading,
    checks: FieldChecks,
    user_id: int,
    values: Mapping[str, Any],
    kept: Mapping[str, Any],
    fields: tuple[str, ...],
) -> None:
    """Note which of these fields hold an address that may not stand there.

    What stands there already (`kept`) may stay, whoever uploaded it.
    """
    for field in fields:
        url = values.get(field)
        if url is None or url == kept.get(field):
            continue
        try:
            own_address(url)
        except ValueError:
            checks.refuse(field, WANTED)
            continue
        if is_upload(url) and await own_upload(tx, user_id, url, PURPOSES) is None:
            checks.refuse(field, WANTED)
