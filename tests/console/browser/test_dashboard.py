"""The dashboard and rings in a browser: what each role sees and does there."""

import asyncio
import random

import pytest
from playwright.async_api import expect

from flylive.accounts.staff import Role
from flylive.config import Settings
from flylive.console.rules import Right, may
from flylive.statistics import folding, gauges
from tests.conftest import Addresses
from tests.console.browser.conftest import LAPTOP, TABLET, Console
from tests.rings.hands import around, give, look, people

DICE = random.Random(5)


async def trade(console: Console, addresses: Addresses, settings: Settings) -> None:
    """Somebody buys and gives; it is folded as the worker does."""
    giver, host = await console.world.people(2)
    await console.world.recharge(giver, 5_000)
    gift = console.world.gift("250.00")
    assert (await console.world.send(giver, gift, [host], quantity=3)).status_code == 201
    await asyncio.to_thread(folding.fold_new, addresses.serving, settings.timezone)
    await gauges.look(console.world.database, settings)


async def rings(console: Console) -> list[int]:
    """A circle and a pair, found; their findings' ids."""
    world = console.world
    if not world.sql("SELECT id FROM ring_findings"):
        for length in (4, 2):
            give(world, around(people(world, length), 500, 6, DICE))
        await look(world, world.database)
    world.sql("UPDATE wallet_holds SET lifted_at = now(), lifted_by = placed_by, lift_reason = '-'"
              " WHERE lifted_at IS NULL")  # fmt: skip
    world.sql("UPDATE ring_findings SET status = 'open'")
    return [row for (row,) in world.sql("SELECT id FROM ring_findings ORDER BY id")]


async def test_the_dashboard_is_the_first_page_and_lives(
    console: Console, addresses: Addresses, settings: Settings
) -> None:
    await trade(console, addresses, settings)
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    moved = page.get_by_role("table", name="What moved")
    spent = moved.get_by_role("row", name="Coins spent")
    before = await spent.inner_text()
    await trade(console, addresses, settings)
    await expect(spent).not_to_have_text(before)
    await expect(page.get_by_role("img", name="Coins bought and spent")).to_be_visible()
    await page.get_by_role("combobox", name="Over time").select_option("hour")
    await desk.settled()
    await expect(page).to_have_url(f"{console.product.address}/admin#/dashboard?period=hour")
    await desk.shot("dashboard-hours")


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(
    console: Console, addresses: Addresses, settings: Settings, size: tuple[int, int]
) -> None:
    await trade(console, addresses, settings)
    finding = (await rings(console))[0]
    desk = await console.signed_in(Role.ADMIN, size)
    for name in ("dashboard", "rings", "rings?tab=looks", "rings?tab=holds", f"rings/{finding}"):
        await desk.open(f"#/{name}")
        words = name.replace("?", "-").replace("=", "-").replace("/", "-")
        await desk.check_looks(f"{words}-{size[0]}")
        await desk.walk_by_tab()
    await desk.shot(f"ring-{size[0]}-whole", whole=True)
    await desk.open("#/dashboard")
    await desk.shot(f"dashboard-{size[0]}-whole", whole=True)


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_sees_and_does_what_it_may(console: Console, role: Role) -> None:
    finding = (await rings(console))[0]
    desk = await console.signed_in(role)
    for path, right in (("dashboard", Right.VIEW_DASHBOARD), ("rings", Right.VIEW_RINGS)):
        await desk.open(f"#/{path}")
        refused = desk.page.get_by_text("does not include this page")
        await expect(refused).to_have_count(0 if may(role, right) else 1)
    if not may(role, Right.VIEW_RINGS):
        return
    await desk.open(f"#/rings/{finding}")
    for name, right in (
        ("Hold exchange and transfers", Right.HOLD_WALLETS),
        ("Dismiss", Right.DECIDE_RINGS),
    ):
        button = desk.page.get_by_role("button", name=name)
        await expect(button).to_have_count(1 if may(role, right) else 0)


async def test_a_moderator_holds_a_ring_and_lifts_it(console: Console) -> None:
    finding = (await rings(console))[0]
    desk = await console.signed_in(Role.MODERATOR)
    page = desk.page
    await desk.open("#/rings")
    await page.get_by_role("link", name="Gifts in a circle").click()
    await desk.settled()
    await page.get_by_role("button", name="Hold exchange and transfers").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("table", name="What will change")).to_contain_text("held")
    await desk.shot("ring-hold")
    await dialog.get_by_label("Reason").fill("it goes around")
    await dialog.get_by_role("button", name="Hold exchange and transfers").click()
    await expect(page.get_by_role("button", name="Lift the holds")).to_be_visible()
    held = "SELECT count(*) FROM wallet_holds WHERE finding_id = %s AND lifted_at IS NULL"
    assert console.world.sql(held, finding) == [(4,)]
    await desk.shot("ring-held")
    await page.get_by_role("button", name="Lift the holds").click()
    await dialog.get_by_label("Reason").fill("they explained it")
    await dialog.get_by_role("button", name="Lift the holds").click()
    await expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
    assert console.world.sql(held, finding) == [(0,)]


async def test_one_asks_for_a_look(console: Console) -> None:
    await rings(console)
    console.world.sql("UPDATE ring_runs SET step = 'done', finished_at = now()")
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await desk.open("#/rings?tab=looks")
    await page.get_by_role("button", name="Look now").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Days back").fill("30")
    await dialog.get_by_label("Reason").fill("a complaint")
    await dialog.get_by_role("button", name="Look for rings").click()
    await expect(dialog).to_have_count(0)
    runs = console.world.sql("SELECT until - since FROM ring_runs ORDER BY id DESC LIMIT 1")
    assert runs[0][0].days == 30
