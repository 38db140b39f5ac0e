"""Signing in, the menu, the lists of people and of sessions: walked in a browser."""

import pytest
from playwright.async_api import expect

from flylive.accounts.staff import Role
from tests.console.browser.conftest import LAPTOP, TABLET, Console, sign_in

VIEWERS = {Role.ADMIN, Role.MODERATOR, Role.FINANCE, Role.SUPPORT, Role.READ_ONLY}


async def test_signing_in_and_out(console: Console) -> None:
    desk = await console.visit()
    page, person = desk.page, await console.staff(Role.SUPPORT)
    await desk.check_looks("sign-in")
    desk.expected += [r"status of 401"]
    await sign_in(page, person.user["email"], "not the password")
    await expect(page.get_by_role("alert")).to_contain_text("wrong")
    await sign_in(page, person.user["email"], "a long password")
    await expect(page.locator("#who")).to_contain_text("The support")
    await page.reload()
    await expect(page.locator("#who")).to_contain_text("The support")
    await page.click("#sign-out")
    await expect(page.locator(".sign-in")).to_contain_text("You are signed out")
    await page.reload()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_sees_its_menu(console: Console, role: Role) -> None:
    desk = await console.signed_in(role)
    people = desk.page.locator("#side").get_by_role("link", name="People", exact=True)
    await expect(people).to_have_count(1 if role in VIEWERS else 0)
    await desk.open("#/people")
    if role in VIEWERS:
        await expect(desk.page.get_by_role("table", name="People")).to_be_visible()
    else:
        await expect(desk.page.locator("main")).to_contain_text("does not include this page")


async def test_people_are_found(console: Console) -> None:
    world = console.world
    layla = await world.register(name="Layla of the list")
    await world.recharge(layla, 1_250)
    desk = await console.signed_in(Role.SUPPORT)
    page = desk.page
    await desk.open("#/people")
    await page.keyboard.press("/")
    await page.keyboard.type("layla of")
    row = page.get_by_role("row", name="Layla of the list")
    await expect(row).to_contain_text("1,250")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page).to_have_url(f"{console.product.address}/admin#/people?q=layla+of")
    await desk.shot("people-found")
    await page.reload()
    await expect(page.get_by_label("Find")).to_have_value("layla of")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("Find").fill("nobody is called that")
    await expect(page.locator("main")).to_contain_text("Nobody is known by that")


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, size: tuple[int, int]) -> None:
    await console.world.people(12)
    desk = await console.signed_in(Role.ADMIN, size)
    for name in ("people", "sessions"):
        await desk.open(f"#/{name}")
        await desk.check_looks(f"{name}-{size[0]}")
        reached = await desk.walk_by_tab()
        for needed in ("a Skip to the content", "button Sign out", "button Ask again"):
            assert needed in reached, (needed, reached)
    if size == TABLET:
        await desk.page.click("#menu")
        await desk.check_looks("menu")
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.locator("#side")).to_be_hidden()


async def test_an_admin_ends_somebodys_session(console: Console) -> None:
    support = await console.signed_in(Role.SUPPORT)
    desk = await console.signed_in(Role.ADMIN)
    page = desk.page
    await desk.open("#/sessions")
    theirs = page.locator("tbody tr", has_text="The support")
    open_before = await theirs.count()
    row = theirs.first
    await row.get_by_role("button", name="End session").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("What will change")
    await dialog.get_by_role("button", name="End session").click()
    await expect(dialog).to_contain_text("is needed")
    await desk.check_looks("end-session")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await row.get_by_role("button", name="End session").click()
    await page.get_by_label("Reason").fill("a stolen laptop")
    await page.get_by_role("dialog").get_by_role("button", name="End session").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(theirs).to_have_count(open_before - 1)
    support.expected.append(r"status of 401")
    await support.open("#/sessions")
    await expect(support.page.locator(".sign-in")).to_contain_text("Your session is over")
