"""The page that links in mails lead to: it does what they say, once somebody presses a button."""

import asyncio
from urllib.parse import urlencode

from playwright.async_api import expect

from tests.product import Product
from tests.web.conftest import Visit
from tests.world import World


async def token_of(world: World, email: str, subject: str) -> str:
    """The token in the mail with this subject, once the worker has sent it."""
    async with asyncio.timeout(60):
        while True:
            letters = (await world.client.get("/dev/outbox", params={"to": email})).json()["data"]
            found = {letter["subject"]: str(letter["token"]) for letter in letters}
            if subject in found:
                return found[subject]
            await asyncio.sleep(0.05)


def link(product: Product, **values: str) -> str:
    return f"{product.address}/account#{urlencode(values)}"


async def test_a_link_confirms_an_address(visit: Visit, world: World, product: Product) -> None:
    person = await world.register()
    token = await token_of(world, person.user["email"], "Confirm your e-mail address")
    page = visit.page
    await page.goto(link(product, do="verify", token=token))
    await expect(page.locator("#verify h1")).to_have_text("Confirm your e-mail address")
    assert "token" not in page.url
    me = (await world.call("GET", "/me", person)).json()
    assert me["email_verified_at"] is None
    await page.click("#verify button")
    await expect(page.locator("#done")).to_contain_text("is confirmed")
    me = (await world.call("GET", "/me", person)).json()
    assert me["email_verified_at"] is not None


async def test_a_link_sets_a_new_password_once(
    visit: Visit, world: World, product: Product
) -> None:
    visit.expected.append("422")
    email = (await world.register()).user["email"]
    await world.call("POST", "/auth/password/forgot", json={"email": email})
    token = await token_of(world, email, "Reset your FlyLive password")
    page = visit.page
    for words, where in (("Your password is set", "#done"), ("ask for a new one", "#reset .fault")):
        # Two addresses that differ behind the # alone would be one page.
        await page.goto(f"{product.address}/")
        await page.goto(link(product, do="reset", email=email, token=token))
        await expect(page.locator("#reset input[name=email]")).to_have_value(email)
        await page.fill("#reset input[name=password]", "another long password")
        await page.click("#reset button")
        await expect(page.locator(where)).to_contain_text(words)
    body = {"login": email, "password": "another long password"}
    assert (await world.call("POST", "/auth/login", json=body)).status_code == 200


async def test_without_a_link_it_says_what_it_is_for(visit: Visit, product: Product) -> None:
    await visit.page.goto(f"{product.address}/account")
    await expect(visit.page.locator("#done")).to_be_visible()
    assert await visit.page.locator("form:visible").count() == 0
