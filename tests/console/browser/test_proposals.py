"""What takes two of the staff, walked: one proposes, another agrees, somebody declines."""

from playwright.async_api import Page, expect

from flylive.accounts.staff import Role
from tests.console.browser.conftest import Console


async def propose(page: Page, coins: str) -> None:
    await page.get_by_role("button", name="New prize").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Coins").fill(coins)
    await dialog.get_by_label("Reason").fill("For the feast")
    await dialog.get_by_role("button", name="Add prize", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_large_prize_waits_for_a_second_person(console: Console) -> None:
    console.world.sql("DELETE FROM ranking_prizes")
    first, second = await console.signed_in(Role.CATALOGUE), await console.signed_in(Role.ADMIN)
    page, other = first.page, second.page
    await first.open("#/rankings?tab=prizes")
    await propose(page, "20000")
    await expect(page.locator("#toasts")).to_contain_text("waits for a second person")
    await propose(page, "30000")
    assert console.world.sql("SELECT 1 FROM ranking_prizes") == []

    await first.open("#/proposals")
    await expect(page.locator("main h1")).to_have_text("Waiting for a second person")
    mine = page.locator("tbody tr", has_text="20000")
    await expect(mine).to_contain_text("Pending")
    await expect(mine.get_by_role("button", name="Decline")).to_be_in_viewport()
    # Who proposed it cannot be the second person too.
    await expect(mine.get_by_role("button", name="Agree")).to_have_count(0)
    await first.check_looks("proposals")
    await mine.get_by_role("button", name="Decline").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("A slip")
    await dialog.get_by_role("button", name="Decline", exact=True).click()
    await expect(page.locator("tbody tr", has_text="20000")).to_contain_text("Declined")

    await second.open("#/proposals?status=pending")
    await other.locator("tbody tr", has_text="30000").get_by_role("button", name="Agree").click()
    dialog = other.get_by_role("dialog")
    await expect(dialog.get_by_role("row", name="Coins")).to_contain_text("30000")
    await dialog.get_by_label("Reason").fill("Looked at it")
    await second.check_looks("proposals-agree")
    await dialog.get_by_role("button", name="Agree", exact=True).click()
    await expect(other.get_by_role("dialog")).to_have_count(0)
    assert console.world.sql("SELECT coins FROM ranking_prizes")[0][0] == 30_000

    looker = await console.signed_in(Role.READ_ONLY)
    await looker.open("#/proposals")
    row = looker.page.locator("tbody tr", has_text="30000")
    await expect(row).to_contain_text("Carried out")
    await expect(row.get_by_role("button")).to_have_count(0)
