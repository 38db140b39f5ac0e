"""Where codes are required: a phone is set up, signs in, loses itself; walked in a browser."""

import re
from collections.abc import AsyncIterator

import pyotp
import pytest
from playwright.async_api import expect

from flylive.accounts.staff import Role
from tests.conftest import Addresses
from tests.console.browser.conftest import PASSWORD, TABLET, Console, sign_in
from tests.product import Product


@pytest.fixture(scope="module")
async def product(
    addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Product]:
    """The product on this module's database; codes are required of the staff."""
    product = Product(addresses, tmp_path_factory.mktemp("logs"), "serve")
    product.environment["FLYLIVE_STAFF_TOTP"] = "required"
    async with product:
        yield product


async def test_setting_a_phone_up_and_signing_in_with_it(console: Console) -> None:
    person = await console.staff(Role.SUPPORT)
    email = person.user["email"]
    desk = await console.visit(TABLET)
    desk.expected.append(r"status of (401|403)")
    page = desk.page
    await sign_in(page, email, PASSWORD)
    await expect(page.get_by_role("heading", name="Set up your phone")).to_be_visible()
    await expect(page.locator(".qr")).to_be_visible()
    await desk.check_looks("enrol")
    secret = (await page.locator(".sign-in code").inner_text()).replace(" ", "")
    await page.get_by_label("Code").fill("000000")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("alert")).to_contain_text("The code is wrong")
    code = pyotp.TOTP(secret).now()
    await page.get_by_label("Code").fill(code)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.locator(".codes li")).to_have_count(10)
    await desk.check_looks("recovery-codes")
    paper = await page.locator(".codes li").all_inner_texts()
    await page.get_by_role("button", name="I have kept them").click()
    await expect(page.locator("#who")).to_contain_text("The support")
    await expect(page.get_by_role("table", name="What moved")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()
    await sign_in(page, email, PASSWORD)
    await expect(page.get_by_label("Code")).to_be_focused()
    await desk.check_looks("sign-in-code")
    # The very code of before, not a fresh one: the thirty seconds of one step may end between them.
    await page.get_by_label("Code").fill(code)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("was used already")
    await page.get_by_label("Code").fill(paper[0])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("#who")).to_contain_text("The support")

    await desk.open("#/security")
    main = page.locator("main")
    await expect(main).to_contain_text("Recovery codes left")
    await expect(main).to_contain_text("9")
    await desk.check_looks("security")
    await desk.open("#/sessions")
    await expect(main).to_contain_text("Password and recovery code")
    await desk.open("#/security")
    await page.get_by_role("button", name="Take the phone off").click()
    await page.get_by_role("dialog").get_by_label("Code").fill(paper[1])
    await page.get_by_role("dialog").get_by_role("button", name="Take the phone off").click()
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await sign_in(page, email, PASSWORD)
    await expect(page.get_by_role("heading", name=re.compile("Set up your phone"))).to_be_visible()
