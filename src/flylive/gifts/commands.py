"""``flylive fairness``: recomputing draws."""

import sys
from pathlib import Path

import click
import msgspec

from flylive.gifts.rules import recompute

SHOWN = 50


@click.group("fairness")
def fairness_group() -> None:
    """Lucky gifts: whether draws fell as they were promised."""


@fairness_group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Recompute the draws in FILE, as the API answers them; needs neither server nor database.

    FILE holds one draw, a list, a page of GET /v1/fairness/draws, or a draw on each line. Exits
    with 1 where a draw does not fit, with 2 where nothing can be said: a seed is not revealed
    yet, or the file is not readable.
    """
    try:
        draws = recompute.read(file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        click.echo(f"{file}: {error}", err=True)
        sys.exit(2)
    waiting = [draw for draw in draws if draw.server_seed is None]
    revealed = [draw for draw in draws if draw.server_seed is not None]
    wrong = [
        f"gift {draw.gift_transaction_id}: {fault}"
        for draw in revealed
        for fault in recompute.faults(draw)
    ]
    wrong += recompute.doubled(draws)
    for line in wrong[:SHOWN]:
        click.echo(line)
    if len(wrong) > SHOWN:
        click.echo(f"and {len(wrong) - SHOWN} faults more")
    click.echo(f"{len(revealed)} draws recomputed, {len(wrong)} faults")
    if waiting:
        click.echo(f"{len(waiting)} draws wait for their seed: POST /v1/fairness/rotate reveals it")
    if wrong:
        sys.exit(1)
    if waiting or not draws:
        sys.exit(2)
