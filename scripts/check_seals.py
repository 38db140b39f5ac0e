#!/usr/bin/env python3
"""Check an exported span of a FlyLive ledger, with nothing but this file and Python.

    python3 check_seals.py FOLDER [--expect SEAL]

FOLDER is what `flylive seals export` wrote. Checked are: each file against the hash in its seal;
each seal against its own fields; that the seals are a chain without a gap; each row's sum; and
that each account goes on, row after row, from the balance that it had. With --expect the last
seal must be that one: note seals where the platform's operator cannot reach them, and ask for
them again later. Exit status 1 and a line for each thing that does not fit.

A seal is the SHA-256 of seven lines, each ended by a line feed: the format's name, number,
first id, last id, how many rows, SHA-256 of the file, the seal before (the first: 64 zeros).
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

FORMAT = "flylive ledger seal 1"
ZEROS = "0" * 64
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Row = dict[str, str | None]


def main() -> int:
    """Check the folder; 0 if all fits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expect", metavar="SEAL", help="what the last seal must be")
    options = parser.parse_args()
    document = json.loads((options.folder / "seals.json").read_text("utf-8"))
    if document["format"] != FORMAT:
        print(f"this checks {FORMAT!r}, not {document['format']!r}")
        return 1
    bad, rows = 0, 0
    balances: dict[tuple[str | None, str | None], Decimal] = {}
    for complaint in check_seals(document["seals"], options.expect):
        print(complaint)
        bad += 1
    for seal in document["seals"]:
        content = (options.folder / Path(seal["file"]).name).read_bytes()
        for complaint in check_content(seal, content):
            print(complaint)
            bad += 1
        for line in content.decode("utf-8").split("\n")[:-1]:
            rows += 1
            for complaint in check_row(read_row(line, document["columns"]), seal, balances):
                print(complaint)
                bad += 1
    last = document["seals"][-1]
    print(f"{rows} rows under {len(document['seals'])} seals; the last is {last['seal']}")
    print("all fits" if not bad else f"{bad} things do not fit")
    return 1 if bad else 0


def check_seals(seals: list[dict[str, Any]], expected: str | None) -> Iterator[str]:
    """The seals by themselves: each is made of its fields, and they are a chain."""
    previous = None
    for seal in seals:
        fields = ("number", "from_id", "to_id", "row_count", "content_sha256", "previous_seal")
        text = "".join(f"{line}\n" for line in (FORMAT, *(seal[field] for field in fields)))
        if hashlib.sha256(text.encode()).hexdigest() != seal["seal"]:
            yield f"seal {seal['number']}: it is not made of its fields"
        if previous is None:
            if seal["number"] == 1 and (seal["previous_seal"], seal["from_id"]) != (ZEROS, 1):
                yield "seal 1: something stands before it"
        elif (seal["number"], seal["from_id"], seal["previous_seal"]) != (
            previous["number"] + 1,
            previous["to_id"] + 1,
            previous["seal"],
        ):
            yield f"seal {seal['number']}: it does not follow seal {previous['number']}"
        previous = seal
    if expected is not None and (previous is None or previous["seal"] != expected.lower()):
        yield "the last seal is not the one that was expected"


def check_content(seal: dict[str, Any], content: bytes) -> Iterator[str]:
    """A file against its seal."""
    if hashlib.sha256(content).hexdigest() != seal["content_sha256"]:
        yield f"seal {seal['number']}: {seal['file']} is not what was sealed"
    if content.count(b"\n") != seal["row_count"]:
        yield f"seal {seal['number']}: {seal['file']} has not {seal['row_count']} rows"


def read_row(line: str, columns: list[str]) -> Row:
    """A line of PostgreSQL's COPY text format."""
    values = [None if value == "\\N" else unescape(value) for value in line.split("\t")]
    return dict(zip(columns, values, strict=True))


def unescape(value: str) -> str:
    """Undo the backslashes."""
    parts, rest = [], value
    while "\\" in rest:
        plain, _, rest = rest.partition("\\")
        parts += [plain, ESCAPES.get(rest[:1], rest[:1])]
        rest = rest[1:]
    return "".join(parts) + rest


def check_row(
    row: Row, seal: dict[str, Any], balances: dict[tuple[str | None, str | None], Decimal]
) -> Iterator[str]:
    """A row's id, its sums, and that both accounts go on from where they were."""
    name = f"row {row['id']}"
    if not seal["from_id"] <= int(row["id"] or 0) <= seal["to_id"]:
        yield f"{name}: it does not belong under seal {seal['number']}"
    if row["is_adopted"] == "t":
        return
    sign = 1 if row["direction"] == "2" else -1
    sides = [("user_id", "currency_type", "user_balance", "amount", sign)]
    if row["beneficiary_id"] is not None:
        sides.append(
            (
                "beneficiary_id",
                "beneficiary_currency_type",
                "beneficiary_balance",
                "beneficiary_amount",
                1,
            )
        )
    for who, currency, balance, amount, sign in sides:
        try:
            before, after, moved = (
                Decimal(row[column] or "")
                for column in (f"{balance}_before", f"{balance}_after", amount)
            )
        except InvalidOperation:
            yield f"{name}: a balance or an amount is missing"
            continue
        if after != before + sign * moved:
            yield f"{name}: {before} and {sign * moved} do not make {after}"
        account = (row[who], row[currency])
        if balances.get(account, before) != before:
            yield f"{name}: user {row[who]} had {balances[account]} before it, not {before}"
        balances[account] = after


if __name__ == "__main__":
    sys.exit(main())
