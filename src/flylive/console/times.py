"""Query parameters of time that many of the staff's lists take."""

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

from flylive.errors import InvalidRequest

Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[
    datetime | None, QueryParameter(name="to", description="RFC 3339, itself not in it.")
]


def check_times(since: datetime | None, until: datetime | None) -> None:
    """Raises InvalidRequest where a moment does not say in which time zone it is."""
    for name, moment in (("from", since), ("to", until)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidRequest.field(name, "must carry a time zone, such as a final Z")
