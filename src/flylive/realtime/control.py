"""The control channel: what every process must hear at once, such as a revoked token.

A line is ``revoked|{token_id}`` or ``blocked|{user_id}``. Whoever misses one finds out by
himself within seconds: cached tokens live five, and gateways look again every few.
"""

from collections.abc import Callable, Iterable

from flylive.database import Database, Transaction
from flylive.realtime.bus import CHANNEL_CONTROL, publish_after_commit
from flylive.realtime.listener import Listener


def announce_revoked(tx: Transaction, token_ids: Iterable[int]) -> None:
    """After the commit, tell every process that these access tokens are gone."""
    for token_id in token_ids:
        publish_after_commit(tx, CHANNEL_CONTROL, f"revoked|{token_id}")


def announce_blocked(tx: Transaction, user_id: int) -> None:
    """After the commit, tell every process that this user is blocked."""
    publish_after_commit(tx, CHANNEL_CONTROL, f"blocked|{user_id}")


def dispatch(
    line: str, on_revoked: Callable[[int], None], on_blocked: Callable[[int], None]
) -> None:
    """Call the one that the line is for; a line that nobody knows is left alone."""
    kind, _, number = line.partition("|")
    if number.isascii() and number.isdigit():
        if kind == "revoked":
            on_revoked(int(number))
        elif kind == "blocked":
            on_blocked(int(number))


def listener(
    database: Database, on_revoked: Callable[[int], None], on_blocked: Callable[[int], None]
) -> Listener:
    """A listener for processes that care for this channel alone."""
    return Listener(
        database, [CHANNEL_CONTROL], lambda line: dispatch(line, on_revoked, on_blocked)
    )
