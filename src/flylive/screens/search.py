"""Finding people: by their whole signature, and by names that begin with, hold or resemble words.

The kinds of hit come one after the other, each in an order of its own that ends with the id, so
that a cursor is a place which nobody who joins can move:

1. the one whose signature it is;
2. names that begin with the words, by name: walked by a B-tree, so the hundredth page costs what
   the first does, and one letter is as cheap as ten;
3. names that hold the words elsewhere, the most similar first: by trigrams, of which two letters
   have one only where a word begins, and one letter or a mere emoji has none;
4. names with a word like it, the most similar first, for words of four letters and more.

Of the last two a bounded number is ranked: who gets a thousand hits looks for other words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import Row, text

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.errors import InvalidRequest
from flylive.http import limits, pages
from flylive.http.requests import peer
from flylive.screens.profile import Profile, profiles

MAX_QUERY = 255
RANKED_HOLDING = 1_000
RANKED_ALIKE = 200
"""Names ranked at the most; those whose rows lie first."""
WORD_SIMILARITY = 0.5
"""Least share of the words' trigrams in the nearest part of a name: one letter in six wrong."""
MAX_ALIKE = 40
"""Characters; longer words are not misspelt but made to be costly."""

SIGNATURE, BEGINS, HOLDS, ALIKE = range(4)
"""The kinds of hit, in their order."""

# What the indexes on users.name say, word for word: what only means the same is not recognised.
_FINDABLE = "deleted_at IS NULL AND NOT is_blocked"

_BY_SIGNATURE = text(
    f"SELECT id, '' AS place, 0 AS distance FROM users WHERE signature = :words AND {_FINDABLE}"
)
_BEGINNING = "left(lower(name), 60)"
_WORDS = "lower(CAST(:words AS text))"
_BY_BEGINNING = text(
    f"""
    SELECT id, {_BEGINNING} AS place, 0 AS distance FROM users
    WHERE {_FINDABLE} AND signature <> :words
      AND ({_BEGINNING} COLLATE "C", id)
          > (COALESCE(CAST(:after_place AS text), left({_WORDS}, 60)), :after_id)
      AND {_BEGINNING} COLLATE "C" < left({_WORDS}, 60) || chr(1114111)
      AND starts_with(lower(name), {_WORDS})
    ORDER BY {_BEGINNING} COLLATE "C", id
    LIMIT :limit
    """
)
# MATERIALIZED: planned to find all, so by the index and never by reading the whole table, and
# yet stopped once there are enough.
_RANKED = """
    WITH found AS MATERIALIZED (
        SELECT id, name FROM users
        WHERE {findable} AND signature <> :words AND {condition}
    ), ranked AS (
        SELECT id, '' AS place,
               CAST(round(1000 * (1 - {similarity})) AS integer) AS distance
        FROM (SELECT id, name FROM found LIMIT :ranked) AS nearest
    )
    SELECT id, place, distance FROM ranked
    WHERE (distance, id) > (:after_distance, :after_id)
    ORDER BY distance, id
    LIMIT :limit
"""
_BY_PART = text(
    _RANKED.format(
        findable=_FINDABLE,
        condition=f"name ILIKE :pattern AND NOT starts_with(lower(name), {_WORDS})",
        similarity="similarity(name, :words)",
    )
)
_BY_LIKENESS = text(
    _RANKED.format(
        findable=_FINDABLE,
        condition="CAST(:words AS text) <% name AND NOT name ILIKE :pattern",
        similarity="word_similarity(:words, name)",
    )
)
_SET_SIMILARITY = text(
    f"SELECT set_config('pg_trgm.word_similarity_threshold', '{WORD_SIMILARITY}', true)"
)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind the hit of this kind that stands at `place` and `distance`."""

    kind: int = SIGNATURE
    place: str | None = None
    distance: int = -1
    user_id: int = 0


def place_of(cursor: str | None) -> Place:
    """The place in a cursor. Raises InvalidRequest."""
    parts = pages.decode(cursor, int, str, int, int)
    if parts is None:
        return Place()
    kind, place, distance, user_id = parts
    if not (SIGNATURE <= kind <= ALIKE and 0 <= distance <= 1000):
        raise InvalidRequest.field("cursor", "is not a cursor of this list")
    return Place(kind, place, distance, user_id)


class Search:
    """A search for some words, over one snapshot."""

    def __init__(self, tx: Reading, words: str) -> None:
        self.tx = tx
        self.words = words
        self.letters = max(map(len, re.findall(r"[^\W_]+", words)), default=0)

    async def hits(self, after: Place, limit: int) -> list[tuple[int, Row[Any]]]:
        """Up to `limit` hits behind a place, each with its kind."""
        found: list[tuple[int, Row[Any]]] = []
        for kind in range(after.kind, ALIKE + 1):
            begin = after if kind == after.kind else Place(kind)
            rows = await self._hits_of(kind, begin, limit - len(found))
            found += [(kind, row) for row in rows]
            if len(found) >= limit:
                break
        return found

    async def _hits_of(self, kind: int, after: Place, limit: int) -> Sequence[Row[Any]]:
        values = {"words": self.words, "limit": limit, "after_id": after.user_id}
        if kind == SIGNATURE:
            is_first_page = after.place is None
            return await self.tx.rows(_BY_SIGNATURE, values) if is_first_page else []
        if kind == BEGINS:
            return await self.tx.rows(_BY_BEGINNING, values | {"after_place": after.place})
        values |= {"after_distance": after.distance, "pattern": self._pattern()}
        if kind == HOLDS and self.letters >= 2:
            return await self.tx.rows(_BY_PART, values | {"ranked": RANKED_HOLDING})
        if kind == ALIKE and self.letters >= 4 and len(self.words) <= MAX_ALIKE:
            await self.tx.execute(_SET_SIMILARITY)
            return await self.tx.rows(_BY_LIKENESS, values | {"ranked": RANKED_ALIKE})
        return []

    def _pattern(self) -> str:
        escaped = re.sub(r"([\\%_])", r"\\\1", self.words)
        return f"%{escaped}%" if self.letters >= 3 else f"% {escaped}%"


@get("/users", status_code=200)
async def search_users(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    q: Annotated[
        str,
        QueryParameter(
            name="q",
            min_length=1,
            max_length=MAX_QUERY,
            description="A whole signature, or a part of a name in any case, even misspelt.",
        ),
    ],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[Profile]:
    """Users by signature or name, the best hits first; neither deleted nor blocked ones.

    Limited by account and by address: 429 with `Retry-After`.
    """
    words = q.strip()
    if not words:
        raise InvalidRequest.field("q", "must not be blank")
    after = place_of(cursor)
    by_address, by_account = settings.searches_per_address_minute, settings.searches_per_minute
    await limits.take(
        database,
        limits.per_account(caller.user_id, "search", by_account, 60),
        limits.per_address(settings, peer(request), "search", by_address, 60),
    )

    async def work(tx: Reading) -> pages.Page[Profile]:
        hits = await Search(tx, words).hits(after, limit + 1)
        shown = await profiles(tx, caller.user_id, [row.id for _, row in hits[:limit]])
        return pages.page(
            hits,
            limit,
            lambda hit: shown[hit[1].id],
            lambda hit: (hit[0], hit[1].place, hit[1].distance, hit[1].id),
        )

    return await database.read(work)


ROUTES = [search_users]
