"""``flylive reseller``: who may sell coins, from the machine's own command line."""

from pathlib import Path

import click

from flylive.accounts import staff
from flylive.accounts.commands import Platform, data_option
from flylive.accounts.commands import _run as run
from flylive.clock import render
from flylive.database import Transaction
from flylive.resellers import queries, service


@click.group("reseller")
def reseller_group() -> None:
    """Let users sell coins from their own balance, or no more; list them."""


@reseller_group.command("grant")
@click.argument("email_or_id")
@click.option(
    "--max-credit-days",
    type=click.IntRange(0, 365),
    default=30,
    show_default=True,
    help="Longest credit he may give; 0: none.",
)
@data_option
@click.pass_obj
def grant_command(
    platform: Platform, email_or_id: str, max_credit_days: int, data: Path | None
) -> None:
    """Let the user EMAIL_OR_ID, whose e-mail is verified, sell coins."""

    async def work(tx: Transaction) -> int:
        user_id = await staff.find_member(tx, email_or_id)
        await service.appoint(tx, user_id, max_credit_days)
        return user_id

    user_id = run(platform, data, work)
    click.echo(f"user {user_id} is a reseller now, with credit up to {max_credit_days} days")


@reseller_group.command("revoke")
@click.argument("email_or_id")
@data_option
@click.pass_obj
def revoke_command(platform: Platform, email_or_id: str, data: Path | None) -> None:
    """Let the user EMAIL_OR_ID sell no more; what is owed to him stays owed."""

    async def work(tx: Transaction) -> int:
        user_id = await staff.find_member(tx, email_or_id)
        await service.dismiss(tx, user_id)
        return user_id

    click.echo(f"user {run(platform, data, work)} is no reseller any more")


@reseller_group.command("list")
@data_option
@click.pass_obj
def list_command(platform: Platform, data: Path | None) -> None:
    """List the resellers: id, longest credit in days, since when."""

    async def work(tx: Transaction) -> list[tuple[int, int, str]]:
        rows = await queries.list_resellers(tx, 0, after=0, limit=10_000, country=None)
        return [(row.user_id, row.max_credit_days, render(row.created_at)) for row in rows]

    for columns in run(platform, data, work):
        click.echo("\t".join(map(str, columns)))
