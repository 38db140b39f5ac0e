"""A message between two people for what one gave the other privately.

Gifts wait for nothing here: the fold behind them leaves a row per pair and gift in
``gift_notices``, and a worker writes the messages from there, what somebody gave at once in one
message. Gifts in a room need none: the room's own list has them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.database.arrays import array_literal
from flylive.messaging.conversations import queries, tasks
from flylive.messaging.events import MessageCreated
from flylive.messaging.views import views
from flylive.realtime import record, user_stream
from flylive.social import queries as social

BATCH = 300
MOST_KINDS = 10
"""Gifts that one message names; of the others it says how many kinds they are."""

Pair = tuple[int, int]

_NOTE = text(
    """
    INSERT INTO gift_notices (sender_id, recipient_id, gift_id, quantity)
    SELECT * FROM unnest(CAST(:senders AS bigint[]), CAST(:recipients AS bigint[]),
                         CAST(:gifts AS bigint[]), CAST(:quantities AS bigint[]))
    """
)
_CLAIM = text(
    """
    WITH taken AS (
        DELETE FROM gift_notices WHERE id IN (
            SELECT id FROM gift_notices ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
        RETURNING *
    )
    SELECT taken.*, g.name FROM taken JOIN gifts g ON g.id = taken.gift_id ORDER BY taken.id
    """
)
_HOLD = text(
    """
    SELECT id FROM users WHERE id = ANY(CAST(:ids AS bigint[])) AND deleted_at IS NULL
    ORDER BY id FOR KEY SHARE
    """
)
_INSERT = text(
    """
    INSERT INTO messages (sender_id, recipient_id, seq, content, message_type, sent_at)
    SELECT sender_id, recipient_id, seq, content, 'gift_notification', :at
    FROM unnest(CAST(:senders AS bigint[]), CAST(:recipients AS bigint[]),
                CAST(:seqs AS bigint[]), CAST(:contents AS text[]))
         AS m (sender_id, recipient_id, seq, content)
    RETURNING *
    """
)


async def note(tx: Transaction, given: Sequence[tuple[int, int, int, int]]) -> None:
    """Let messages be written for these: sender, recipient, gift, quantity."""
    if given:
        senders, recipients, gifts, quantities = map(array_literal, zip(*given, strict=True))
        await tx.execute(
            _NOTE,
            {
                "senders": senders,
                "recipients": recipients,
                "gifts": gifts,
                "quantities": quantities,
            },
        )


async def tell(database: Database, settings: Settings) -> int:
    """Write the messages of the oldest gifts, a batch of them; how many gifts it took."""

    async def work(tx: Transaction) -> int:
        taken = await tx.rows(_CLAIM, {"limit": BATCH})
        if taken:
            await _write(tx, taken, settings)
        return len(taken)

    return await database.run(work)


async def _write(tx: Transaction, taken: Sequence[Row[Any]], settings: Settings) -> None:
    given: dict[Pair, Counter[str]] = defaultdict(Counter)
    for row in taken:
        given[row.sender_id, row.recipient_id][row.name] += row.quantity
    talks = sorted({_talk(pair) for pair in given})
    await social.lock_pairs(tx, talks)
    living = {
        row.id for row in await tx.rows(_HOLD, {"ids": sorted({i for p in talks for i in p})})
    }
    apart = await social.blocked_pairs(tx, talks)
    pairs = [
        pair
        for pair in sorted(given, key=lambda pair: (_talk(pair), pair))
        if living.issuperset(pair) and _talk(pair) not in apart
    ]
    if not pairs:
        return
    seqs = await _places(tx, pairs)
    rows = await tx.rows(
        _INSERT,
        {
            "senders": array_literal(sender for sender, _ in pairs),
            "recipients": array_literal(recipient for _, recipient in pairs),
            "seqs": array_literal(seqs),
            "contents": [words(given[pair]) for pair in pairs],
            "at": now(),
        },
    )
    await queries.note_all_sent(tx, rows)
    for shown in await views(tx, rows, settings):
        for side in (shown.sender_id, shown.recipient_id):
            assert side is not None
            record(tx, user_stream(side), MessageCreated(message=shown))
    await tasks.notify_all(tx, rows)


def _talk(pair: Pair) -> Pair:
    return min(pair), max(pair)


async def _places(tx: Transaction, pairs: Collection[Pair]) -> list[int]:
    """The next place of each pair's message; those of one talk follow each other."""
    counts = Counter(_talk(pair) for pair in pairs)
    last = await queries.next_seqs(tx, counts)
    places = {talk: seq - counts[talk] for talk, seq in last.items()}
    seqs = []
    for pair in pairs:
        places[_talk(pair)] += 1
        seqs.append(places[_talk(pair)])
    return seqs


def words(given: Counter[str]) -> str:
    """What was given, such as "3 × Rose, 1 × Lion"."""
    named = [f"{quantity} × {name}" for name, quantity in given.most_common(MOST_KINDS)]
    if len(given) > MOST_KINDS:
        named.append(f"{len(given) - MOST_KINDS} more")
    return ", ".join(named)
