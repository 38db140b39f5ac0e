"""What must be true of the money, one file each: SELECTs that give the rows that do not fit.

``flylive verify`` runs all of them over one snapshot. A new invariant is a new file and a line
in :data:`flylive.wallet.proof.INVARIANTS`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg

from flylive.wallet.proving.ledger import Ledger

Say = Callable[[str], None]
Search = Callable[[psycopg.Connection[Any], Say], Iterator[dict[str, Any]]]
"""Finds what does not fit where SQL alone cannot; tells how far it is."""


class Part(NamedTuple):
    """A statement that selects what does not fit, or a search for it.

    Each row's columns say which row it is and what was expected; no row means all is well.
    `probe`, where there is one, answers by a single boolean whether all is well, faster than
    the statement that would name what is not; that one then is not run at all.
    """

    label: str
    query: str | Search
    probe: str | None = None


class Invariant(NamedTuple):
    """A promise, and the parts by which it is proved: over everything, and over what is recent.

    `is_about_accounts`: its parts read ``proof_accounts`` and ``proof_people``, which
    :mod:`flylive.wallet.proving.accounts` makes by one walk over the ledger.
    `recent` None: it cannot be told from recent rows alone.
    """

    name: str
    promise: str
    parts: Callable[[Ledger], Sequence[Part]]
    recent: Callable[[Ledger], Sequence[Part]] | None = None
    is_about_accounts: bool = False
