"""Who is calling."""

from typing import NamedTuple


class Caller(NamedTuple):
    """The user behind a valid access token."""

    user_id: int
    token_id: int
