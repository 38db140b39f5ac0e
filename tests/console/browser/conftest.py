"""The console in Debian's Chromium over the running product: who is signed in, how it looks.

``console`` is the product with a browser; ``await console.signed_in(Role.SUPPORT)`` opens the
console as somebody of the staff and gives a :class:`Desk`. Screenshots are taken where
FLYLIVE_SHOTS names a folder for them. A test fails where the page said an error, asked anybody but
the platform, or broke its own content policy.
"""

import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from flylive.accounts import staff
from flylive.accounts.staff import Role
from tests.product import Product
from tests.web.conftest import PATIENCE_MS, Visit, browser, product, world
from tests.world import Person, World

__all__ = ["browser", "product", "world"]

LOOKS = (Path(__file__).parent / "looks.js").read_text()
SHOTS = os.environ.get("FLYLIVE_SHOTS")
PASSWORD = "a long password"
LAPTOP, TABLET = (1280, 800), (820, 1180)
# Where the focus is: null outside the page, else what has it, whether that is seen, which stop of
# the walk it is (the same one has the same number whenever the focus comes to it), and whether
# Tab moves within it too, as from a date's day to its month.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  const words = at.getAttribute('aria-label') || at.name || at.textContent.trim().slice(0, 40);
  const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  const {stops} = window.walk;
  if (!stops.includes(at)) stops.push(at);
  const hasParts = ['date', 'datetime-local', 'month', 'time', 'week'].includes(at.type);
  return [at.tagName.toLowerCase(), words, isSeen, stops.indexOf(at), hasParts];
}"""

# Puts the focus before the page, and says how many things there are for Tab to come to.
FROM_THE_TOP = """() => {
  const before = document.createElement('span');
  before.tabIndex = -1;
  document.body.prepend(before);
  before.focus();
  const every = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const wanted = [...document.querySelectorAll(every)].filter((one) =>
    one.tabIndex >= 0 && !one.disabled && one.type !== 'radio' && one.checkVisibility());
  window.walk = {wanted, stops: []};
  return wanted.length;
}"""

MISSED = """() => window.walk.wanted
  .filter((one) => one.checkVisibility() && !window.walk.stops.includes(one))
  .map((one) => one.outerHTML.slice(0, 120))"""


@dataclass
class Desk(Visit):
    """The console in a tab, and who sits before it."""

    person: Person | None = None

    async def open(self, address: str) -> None:
        """Go to a page of the console, such as ``#/people``, and wait until it stands."""
        await self.page.evaluate("(to) => { location.hash = to }", address)
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is being loaded."""
        await self.page.wait_for_load_state("networkidle")
        await expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        await expect(self.page.get_by_text("Loading …", exact=True)).to_have_count(0)

    async def shot(self, name: str, *, whole: bool = False) -> None:
        """A picture of the page as it stands, of what is seen or of the whole."""
        if SHOTS is not None:
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)

    async def check_looks(self, name: str) -> None:
        """Contrast and edges, in light and dark, left-to-right and right-to-left, and a picture."""
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for direction in ("rtl", "ltr"):
                await self.page.evaluate(
                    "(dir) => { document.documentElement.dir = dir }", direction
                )
                found = await self.page.evaluate(LOOKS)
                assert found["seen"] > 3
                assert found["faults"] == [], f"{name}, {scheme}, {direction}"
                await self.shot(f"{name}-{scheme}-{direction}")

    async def walk_by_tab(self) -> list[str]:
        """Press Tab from the top once around; what had the focus, each seen to have it.

        The browser goes from the last stop either out of the page or straight to the first. A
        focus that comes back to any other stop is trapped, and nothing may be left out.
        """
        count = await self.page.evaluate(FROM_THE_TOP)
        reached: list[str] = []
        for _ in range(2 * count + 20):
            await self.page.keyboard.press("Tab")
            at = await self.page.evaluate(FOCUS)
            if at is None and not reached:
                continue
            if at is None or (len(reached) > 1 and at[3] == 0):
                assert await self.page.evaluate(MISSED) == []
                return reached
            tag, words, is_seen, number, has_parts = at
            assert is_seen, f"the focus on {tag} {words!r} cannot be seen"
            if has_parts and number == len(reached) - 1:
                continue
            assert number == len(reached), f"the focus is trapped: {reached[number:]}"
            reached.append(f"{tag} {words}")
        raise AssertionError(f"{count} things to reach, and no end: {reached}")


@dataclass
class Console:
    """The product, a browser, and everybody of the staff."""

    product: Product
    world: World
    browser: Browser
    desks: list[Desk] = field(default_factory=list)
    _staff: dict[Role, Person] = field(default_factory=dict)

    async def staff(self, role: Role) -> Person:
        """Somebody in this role; the same one each time."""
        if role not in self._staff:
            person = await self.world.register(
                name=f"The {role.value.replace('_', ' ')}", password=PASSWORD
            )
            await self.world.database.run(lambda tx: staff.grant(tx, person.id, role))
            self._staff[role] = person
        return self._staff[role]

    async def visit(self, size: tuple[int, int] = LAPTOP, **context: Any) -> Desk:
        """The console, opened by somebody who is not signed in."""
        tab = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            timezone_id="Asia/Dubai",
            **context,
        )
        tab.set_default_timeout(PATIENCE_MS)
        desk = Desk(await tab.new_page(), self.product)
        # Asking who is signed in answers 401 to whoever is not.
        desk.expected.append(r"status of 401.*/v1/admin/session")
        desk.watch()
        self.desks.append(desk)
        await desk.page.goto(f"{self.product.address}/admin")
        return desk

    async def signed_in(self, role: Role, size: tuple[int, int] = LAPTOP) -> Desk:
        """The console, opened by somebody in this role."""
        desk = await self.visit(size)
        desk.person = await self.staff(role)
        await sign_in(desk.page, desk.person.user["email"], PASSWORD)
        await expect(desk.page.locator("#who")).to_contain_text(desk.person.user["name"])
        await desk.settled()
        return desk


async def sign_in(page: Page, login: str, password: str) -> None:
    """Fill the form and send it."""
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture(scope="module")
async def team(product: Product, world: World, browser: Browser) -> Console:
    """One console for the whole module."""
    return Console(product, world, browser)


@pytest.fixture
async def console(team: Console) -> AsyncIterator[Console]:
    """The console; the tabs that a test opened are closed after it, and must be clean."""
    yield team
    desks, team.desks = team.desks, []
    for desk in desks:
        await desk.page.context.close()
    for desk in desks:
        desk.assert_clean()


Matcher = Callable[[str], bool]


def address(pattern: str) -> re.Pattern[str]:
    """A pattern for the end of the page's address, such as ``#/people/\\d+``."""
    return re.compile(rf"/admin{pattern}\Z")
