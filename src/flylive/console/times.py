"""Query parameters of time that many of the staff's lists take."""

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[
    datetime | None, QueryParameter(name="to", description="RFC 3339, itself not in it.")
]
