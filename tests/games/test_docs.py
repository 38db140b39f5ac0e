"""The page for providers: its worked example is right, and its refusals are all there are."""

import re
from pathlib import Path

from examples.game_provider import wallet
from flylive.games import errors, signing

PAGE = (Path(__file__).parents[2] / "docs" / "games.md").read_text()


def test_the_worked_example() -> None:
    [block] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    fields = dict(line.split(maxsplit=1) for line in block.splitlines())
    signed = ("POST", fields["path"], fields["time"], fields["body"].encode())
    assert signing.sign(fields["secret"], *signed) == fields["signature"]
    assert wallet.sign(fields["secret"], *signed) == fields["signature"]


def test_every_refusal_of_a_call_is_named() -> None:
    """Those of the staff's and the players' own addresses apart."""
    elsewhere = {"game.not_found", "game.provider_not_found", "game.name_taken"}
    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    }
    assert {code for code in codes - elsewhere if f"`{code}`" not in PAGE} == set()
