"""What must be true of the money, one file each: a SELECT that gives the rows that do not fit.

``flylive verify`` runs all of them over one snapshot. A new invariant is a new file and a
line in :data:`flylive.wallet.proof.INVARIANTS`.
"""

from typing import NamedTuple


class Invariant(NamedTuple):
    """A statement that selects what does not fit.

    Each row's columns say which row it is and what was expected; no row means all is well.
    """

    name: str
    promise: str
    query: str
