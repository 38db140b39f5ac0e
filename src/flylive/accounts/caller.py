"""Who is calling."""

from typing import NamedTuple


class Caller(NamedTuple):
    """The user behind a valid access token, or behind a console session (`token_id` is 0 then)."""

    user_id: int
    token_id: int
    session_id: str | None = None
