"""Jobs, boards, the proof and the tables: each task walked by who does it."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from flylive.accounts.staff import Role
from flylive.clock import now
from tests.console.browser.conftest import LAPTOP, TABLET, Console, Desk
from tests.world import World

SAID = "Traceback\n  …\nTemporaryFailure: the post said 421, try later"


def put_job(world: World, status: str, task: str = "test.note") -> int:
    """A job of a task that no worker knows; what waits does so for a day."""
    [(job,)] = world.sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
        " VALUES ('default', %s, '{\"user_id\": 12, \"code\": 123456}',"
        " CAST(%s AS procrastinate_job_status), now() + interval '1 day') RETURNING id",
        task,
        status,
    )
    if status == "failed":
        world.sql("INSERT INTO job_exceptions (job_id, exception) VALUES (%s, %s)", job, SAID)
    return int(job)


async def confirm(page: Page, button: str, reason: str = "seen to it") -> None:
    """Give the reason in the open dialog and do it."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill(reason)
    await dialog.get_by_role("button", name=button, exact=True).click()
    await expect(dialog).to_have_count(0)


def row(page: Page, words: str) -> Locator:
    return page.locator("tbody tr", has_text=words)


async def test_support_retries_and_gives_up_jobs(console: Console) -> None:
    world = console.world
    failed, waiting = put_job(world, "failed", "test.letters"), put_job(world, "todo")
    desk = await console.signed_in(Role.SUPPORT)
    page = desk.page
    await desk.open("#/jobs")
    await page.get_by_label("State").select_option("failed")
    await desk.settled()
    await expect(row(page, f"#{failed}")).to_contain_text("the post said 421")
    await page.get_by_role("button", name=f"#{failed}", exact=True).click()
    await expect(page.locator("pre").first).to_contain_text('"user_id": 12')
    await expect(page.locator("main")).not_to_contain_text("123456")
    await desk.shot("job-open")
    await row(page, f"#{failed}").get_by_role("button", name="Retry").click()
    await expect(page.get_by_role("dialog")).to_contain_text("What will change")
    await desk.check_looks("job-retry")
    await confirm(page, f"Run job {failed} again")
    await expect(row(page, f"#{failed}")).to_have_count(0)
    await page.get_by_label("State").select_option("waiting")
    await row(page, f"#{waiting}").get_by_role("button", name="Give up").click()
    await confirm(page, f"Give up job {waiting}")
    await page.get_by_label("State").select_option("dead")
    await expect(row(page, f"#{waiting}")).to_have_count(1)
    assert world.sql(
        "SELECT action, reason FROM audit_log WHERE subject_type = 'job' ORDER BY id"
    ) == [("job.retry", "seen to it"), ("job.give_up", "seen to it")]


async def test_who_may_only_look_sees_no_buttons(console: Console) -> None:
    put_job(console.world, "failed")
    desk = await console.signed_in(Role.READ_ONLY)
    await desk.open("#/jobs")
    await expect(desk.page.get_by_role("table", name="Jobs", exact=True)).to_be_visible()
    await expect(desk.page.get_by_role("button", name="Retry")).to_have_count(0)
    for tab, button in (("prizes", "New prize"), ("rebuilds", "Make the boards anew")):
        await desk.open(f"#/rankings?tab={tab}")
        await expect(desk.page.get_by_role("button", name=button)).to_have_count(0)
    await desk.open("#/proof")
    await expect(desk.page.get_by_role("button", name="Prove now")).to_have_count(0)


async def test_the_catalogue_sets_prizes(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    await desk.open("#/rankings?tab=prizes")
    await page.get_by_role("button", name="New prize").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("To place").fill("3")
    await dialog.get_by_label("Coins").fill("2500")
    await expect(dialog.get_by_role("row", name="Coins")).to_contain_text("2500")
    await desk.check_looks("prize")
    await confirm(page, "Add prize")
    await expect(row(page, "1 – 3")).to_contain_text("2,500 coins")
    desk.expected.append("status of 409")
    await page.get_by_role("button", name="New prize").click()
    await dialog.get_by_label("Coins").fill("1")
    await dialog.get_by_label("Reason").fill("again")
    await dialog.get_by_role("button", name="Add prize", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("have a prize already")
    await page.keyboard.press("Escape")
    await row(page, "1 – 3").get_by_role("button", name="Edit").click()
    await dialog.get_by_label("Diamonds").fill("5")
    await expect(dialog.locator(".changes tbody tr")).to_have_count(1)
    await confirm(page, "Save")
    await expect(row(page, "1 – 3")).to_contain_text("5 diamonds")
    await row(page, "1 – 3").get_by_role("button", name="Delete").click()
    await dialog.get_by_label("Reason").fill("enough")
    await dialog.locator("button.danger").click()
    await expect(row(page, "1 – 3")).to_have_count(0)


async def test_an_admin_closes_what_is_over_and_makes_boards_anew(console: Console) -> None:
    world = console.world
    giver, host = await world.people(2)
    await world.recharge(giver, 500)
    room_id = await world.room(host, giver)
    answer = await world.send(giver, world.gift("120.00"), [host], room_id=room_id)
    assert answer.status_code == 201, answer.text
    day = (now() - timedelta(days=9)).date()
    desk = await console.signed_in(Role.ADMIN)
    page = desk.page
    await console.product.stop("worker")  # which would close it first
    world.sql(
        "INSERT INTO ranking_scores (category, subcategory, period, period_start, subject_id,"
        " country, score, band) VALUES ('wealth', '', 'daily', %s, %s, 'AE', 700,"
        " ranking_band(700))",
        day,
        giver.id,
    )
    world.sql(
        "INSERT INTO ranking_bands VALUES ('wealth', '', 'daily', %s, '', ranking_band(700), 1)",
        day,
    )
    await desk.open("#/rankings")
    await row(page, f"{day}").get_by_role("button", name="Close now").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("its prizes paid")
    await dialog.get_by_label("Reason").fill("the worker was away")
    await dialog.locator("button.primary").click()
    await expect(dialog).to_have_count(0)
    await expect(row(page, f"{day}").get_by_role("button", name="Close now")).to_have_count(0)
    await page.get_by_role("tab", name="Closed periods").click()
    await row(page, f"{day}").get_by_role("button", name="Show").click()
    await expect(page.get_by_role("table", name="Frozen places")).to_contain_text("7")
    await desk.shot("ranking-closed")
    await console.product.start("worker")
    await page.get_by_role("tab", name="Making anew").click()
    await page.get_by_role("button", name="Make the boards anew").click()
    await confirm(page, "Make the boards anew")
    await expect(page.locator("main")).to_contain_text("20 of 20")
    await expect(page.locator(".tag-good").first).to_have_text("Done")
    await desk.shot("ranking-rebuilt")
    await page.get_by_role("tab", name="Boards").click()
    await desk.open("#/jobs")
    await desk.open("#/rankings")
    await page.get_by_role("button", name="Show Charm, daily").click()
    await expect(page.get_by_role("table", name="Places of the board")).to_contain_text("120")
    await desk.shot("ranking-board")


async def test_finance_has_the_money_proved(console: Console) -> None:
    world = console.world
    buyer = await world.register()
    await world.recharge(buyer, 300)
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await desk.open("#/proof")
    await page.get_by_role("button", name="Prove now").click()
    await confirm(page, "Prove now")
    card = page.locator(".card", has_text="What is proved")
    await expect(card).to_contain_text("All is well")
    await page.get_by_text("What is proved").first.click()
    await desk.shot("proof-fits")
    world.sql("UPDATE users SET coin_balance = coin_balance + 7 WHERE id = %s", buyer.id)
    await page.get_by_role("button", name="Prove now").click()
    await confirm(page, "Prove now")
    findings = page.get_by_role("table", name="Rows that do not fit")
    await expect(findings).to_contain_text(f"{buyer.id}")
    await desk.check_looks("proof-unfit")
    world.sql("UPDATE users SET coin_balance = coin_balance - 7 WHERE id = %s", buyer.id)
    await page.get_by_role("tab", name="Months").click()
    await expect(page.get_by_role("table", name="Months")).to_contain_text("DEFAULT")
    await expect(page.get_by_role("button", name="Make months ahead")).to_have_count(0)
    await page.get_by_role("tab", name="Seals").click()
    await expect(page.locator("main")).to_contain_text("seal")


async def test_an_admin_makes_months_ahead(console: Console) -> None:
    desk = await console.signed_in(Role.ADMIN)
    page = desk.page
    await desk.open("#/proof?tab=months")
    rows = await page.locator("tbody tr").count()
    await page.get_by_role("button", name="Make months ahead").click()
    await page.get_by_role("dialog").get_by_label("Months after this one").fill("4")
    await confirm(page, "Make months ahead")
    again = page.get_by_role("button", name="Ask again")
    for _ in range(120):
        await again.click()
        await desk.settled()
        # Each month is made and seen by itself.
        if await page.locator("tbody tr").count() == rows + 2:
            break
        await page.wait_for_timeout(500)
    await expect(page.locator("tbody tr")).to_have_count(rows + 2)


async def test_a_table_is_found_filtered_ordered_and_saved(
    console: Console, tmp_path: Path
) -> None:
    world = console.world
    for coins in (111, 222, 333):
        person = await world.register(name=f"Buyer of {coins}")
        await world.recharge(person, coins)
    desk = await console.signed_in(Role.READ_ONLY)
    page = desk.page
    await desk.open("#/tables")
    await page.get_by_role("searchbox", name="Find").fill("beneficiary")
    await expect(page.locator("main ul.links a")).to_have_count(1)
    await page.locator("main").get_by_role("link", name="Ledger", exact=True).click()
    await desk.settled()
    await page.get_by_role("button", name="Id", exact=True).click()
    await desk.settled()
    await page.get_by_label("User id", exact=True).fill(str(person.id))
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("333")
    await desk.shot("table-ledger")
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Export CSV").click()
    file = await saved.value
    path = tmp_path / file.suggested_filename
    await file.save_as(path)
    assert path.name == "transactions.csv"
    head, *lines = list(csv.reader(path.read_text().splitlines()))
    assert [line[head.index("user_id")] for line in lines] == [str(person.id)]
    await desk.open("#/tables/messages")
    await expect(page.locator("main")).to_contain_text("Your role does not include this table")


PAGES = (
    "jobs", "rankings", "rankings?tab=closed", "rankings?tab=prizes", "rankings?tab=rebuilds",
    "proof", "proof?tab=seals", "proof?tab=months", "tables", "tables/users",
    "tables/transactions", "tables/audit_log",
)  # fmt: skip


async def looked_at(desk: Desk, address: str, width: int) -> None:
    await desk.open(f"#/{address}")
    await desk.check_looks(f"{address.replace('/', '-').replace('?tab=', '-')}-{width}")
    reached = await desk.walk_by_tab()
    assert "button Sign out" in reached


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, size: tuple[int, int]) -> None:
    put_job(console.world, "failed")
    desk = await console.signed_in(Role.ADMIN, size)
    for address in PAGES:
        await looked_at(desk, address, size[0])
