"""What was sealed is as it was, and the seals are a chain without a gap.

A row that was edited, deleted or added behind the program's back is named, also where every
balance was made to fit. Of recent rows: the spans that were sealed since then.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from flylive.wallet.invariants import Invariant, Part, Say
from flylive.wallet.proving.ledger import Ledger
from flylive.wallet.seals.format import (
    FORMAT,
    NOTHING,
    Content,
    apply_settings,
    hash_span,
    mark_span,
)

_CHAIN = f"""
    SELECT number AS seal_number, from_id, to_id, expected_from_id,
           previous_seal = expected_previous AS is_chained, seal = expected_seal AS is_whole
    FROM (SELECT *, lag(to_id, 1, 0) OVER ranked + 1 AS expected_from_id,
                 lag(seal, 1, '{NOTHING}') OVER ranked AS expected_previous,
                 row_number() OVER ranked AS expected_number,
                 encode(sha256(convert_to(concat_ws(E'\\n', '{FORMAT}', number, from_id, to_id,
                        row_count, content_sha256, previous_seal, ''), 'UTF8')), 'hex')
                     AS expected_seal
          FROM ledger_seals WINDOW ranked AS (ORDER BY number)) AS s
    WHERE number <> expected_number OR from_id <> expected_from_id
       OR previous_seal <> expected_previous OR seal <> expected_seal
    ORDER BY number
"""


def _parts(ledger: Ledger) -> list[Part]:
    return [Part("chain", _CHAIN), Part("spans", _Spans(ledger, "true"))]


def _recent(ledger: Ledger) -> list[Part]:
    return [
        Part("chain", _CHAIN),
        Part("spans", _Spans(ledger, f"sealed_at >= {ledger.moment}")),
    ]


class _Spans:
    """Reads sealed spans again and names the rows that are not as they were."""

    def __init__(self, ledger: Ledger, which: str) -> None:
        self.ledger = ledger
        self.which = which

    def __call__(
        self, connection: psycopg.Connection[Any], progress: Say
    ) -> Iterator[dict[str, Any]]:
        apply_settings(connection)
        seals = connection.execute(
            "SELECT number, from_id, to_id, row_count, content_sha256 FROM ledger_seals"
            f" WHERE {self.which} ORDER BY number".encode()
        ).fetchall()
        for done, (number, from_id, to_id, row_count, sha256) in enumerate(seals, 1):
            span = (connection, self.ledger.everything, from_id, to_id)
            if hash_span(*span) != (row_count, sha256):
                yield from _differences(connection, number, mark_span(*span))
            progress(f"seals: {done} of {len(seals)}")


def _differences(
    connection: psycopg.Connection[Any], number: int, content: Content
) -> Iterator[dict[str, Any]]:
    kept = connection.execute(
        "SELECT row_ids, row_marks FROM ledger_seals WHERE number = %s", (number,)
    ).fetchone()
    assert kept is not None
    sealed = dict(zip(*kept, strict=True))
    is_any = False
    for id in sorted(sealed.keys() | content.marks.keys()):
        if sealed.get(id) != content.marks.get(id):
            is_any = True
            what = (
                "was added"
                if id not in sealed
                else "was changed"
                if id in content.marks
                else "is missing"
            )
            yield {"transaction_id": id, "what": what, "seal_number": number}
    if not is_any:
        # Somebody changed the marks too: which row it was cannot be told, that it was can.
        yield {"transaction_id": None, "what": "a row of the span", "seal_number": number}


INVARIANT = Invariant("seals", "each sealed row is as it was when it was sealed", _parts, _recent)
