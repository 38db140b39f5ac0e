"""What goes into and comes out of the addresses of filters."""

import msgspec


class MessageFilterView(msgspec.Struct, kw_only=True, frozen=True):
    """What may not be written; where nobody said anything yet, nothing is refused."""

    words: list[str]
    allows_links: bool


class SetMessageFilter(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /rooms/{id}/message-filter: in place of what was there.

    `words`: up to 1000 words or phrases of 1–64 characters.
    """

    words: list[str]
    allows_links: bool
