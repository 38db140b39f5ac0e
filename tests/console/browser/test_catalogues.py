"""Gifts, frames, themes, levels, badges, games and the filter: each task walked by who does it."""

import io

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from flylive.accounts.staff import Role
from tests.console.browser.conftest import LAPTOP, TABLET, Console
from tests.console.browser.test_operations import confirm, looked_at, row

PICTURE = "/assets/gifts/rose.svg"


async def begin(page: Page, button: str) -> Locator:
    await page.get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog")


async def test_a_lucky_gift_pays_back_what_it_may(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    await desk.open("#/gifts")
    dialog = await begin(page, "New gift")
    await dialog.get_by_label("Name").fill("Wheel of luck")
    await dialog.get_by_label("Price in coins").fill("50")
    await dialog.get_by_label("Picture", exact=True).fill(PICTURE)
    await expect(dialog.get_by_role("group", name="Odds")).to_be_hidden()
    await dialog.locator("select[name=category]").select_option("lucky")
    odds = dialog.get_by_role("group", name="Odds")
    await expect(odds).to_contain_text("Returns 1/5 of the cost")
    await odds.get_by_label("Line 2 pays").fill("10.00")
    await expect(odds).to_contain_text("Returns 2 of the cost (200.0000 %)")
    await expect(dialog).to_contain_text("pay back more than they may")
    await expect(dialog.get_by_role("button", name="Add gift")).to_be_disabled()
    await desk.check_looks("gift-odds-refused")
    await odds.get_by_label("Line 2 pays").fill("1.50")
    await odds.get_by_label("Weight of line 1").fill("70")
    await expect(odds).to_contain_text("Returns 1/3 of the cost (33.3333 %)")
    await desk.shot("gift-odds-fit")
    await confirm(page, "Add gift")
    await expect(row(page, "Wheel of luck")).to_contain_text("33.33 %")
    await row(page, "Wheel of luck").get_by_role("button", name="Edit").click()
    await expect(dialog.get_by_text("Nothing would change.")).to_be_visible()
    await dialog.get_by_label("Price in coins").fill("60.5")
    await expect(dialog.locator(".changes tbody tr")).to_have_count(1)
    await desk.shot("gift-edit")
    await confirm(page, "Save")
    await expect(row(page, "Wheel of luck")).to_contain_text("60.50")
    await row(page, "Wheel of luck").get_by_role("button", name="Retire").click()
    await confirm(page, "Retire gift Wheel of luck")
    await expect(row(page, "Wheel of luck")).to_contain_text("Retired")
    assert console.world.sql(
        "SELECT action FROM audit_log WHERE subject_type = 'gift' ORDER BY id"
    ) == [("gift.create",), ("gift.edit",), ("gift.edit",)]


async def test_fields_at_fault_are_named(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    desk.expected.append("status of 422")
    await desk.open("#/gifts")
    dialog = await begin(page, "New gift")
    await dialog.get_by_label("Name").fill("Nameless")
    await dialog.get_by_label("Price in coins").fill("dear")
    await dialog.get_by_label("Picture", exact=True).fill(PICTURE)
    await dialog.get_by_label("Reason").fill("why not")
    await dialog.get_by_role("button", name="Add gift").click()
    await expect(dialog.locator('.field[data-name="price"] .field-fault')).to_be_visible()
    await expect(dialog.get_by_label("Price in coins")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(row(page, "Nameless")).to_have_count(0)


async def test_a_frame_with_a_picture_of_ones_own(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    await desk.open("#/frames")
    dialog = await begin(page, "New frame")
    await dialog.get_by_label("Name").fill("Halo")
    await dialog.get_by_label("Price in coins").fill("300")
    await dialog.get_by_label("Days for one").fill("")
    png = io.BytesIO()
    Image.new("RGB", (32, 32), "gold").save(png, "PNG")
    await dialog.get_by_label("Still picture: upload").set_input_files(
        {"name": "halo.png", "mimeType": "image/png", "buffer": png.getvalue()}
    )
    await expect(dialog.locator(".changes")).to_contain_text("upload of halo.png")
    await confirm(page, "Add frame")
    await expect(row(page, "Halo")).to_contain_text("forever")
    picture = row(page, "Halo").locator("img")
    await expect(picture).to_have_js_property("naturalWidth", 32)
    await desk.shot("frames")


async def test_a_theme_that_may_only_colour(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    desk.expected.append("status of 422")
    await desk.open("#/themes")
    dialog = await begin(page, "New theme")
    await dialog.get_by_label("Name").fill("Dusk")
    await dialog.get_by_label("Styles").fill('{"position": "fixed"}')
    await dialog.get_by_label("Reason").fill("evening")
    await dialog.get_by_role("button", name="Add theme").click()
    await expect(dialog.locator('.field[data-name="css_styles"] .field-fault')).to_be_visible()
    await dialog.get_by_label("Styles").fill("{}")
    await confirm(page, "Add theme")
    await expect(row(page, "Dusk")).to_contain_text("free")


async def test_a_level_brings_a_run(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    console.world.sql(
        "INSERT INTO levels (name, type, level_number, required_xp)"
        " VALUES ('First', 'charm', 1, 0) ON CONFLICT DO NOTHING"
    )
    await desk.open("#/levels?type=charm")
    dialog = await begin(page, "New level")
    await dialog.get_by_label("Type").select_option("charm")
    await dialog.get_by_label("Number").fill("90")
    await dialog.get_by_label("Name").fill("Ninety")
    await dialog.get_by_label("XP needed").fill("900000")
    await confirm(page, "Add level")
    await expect(row(page, "Ninety")).to_contain_text("900,000")
    await desk.open("#/runs")
    await expect(row(page, "levels of charm").first).to_contain_text("%")
    await desk.shot("runs")


async def test_a_badge_by_its_rules(console: Console) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    person = await console.world.register(name="Who gets it")
    await desk.open("#/badges")
    dialog = await begin(page, "New badge")
    await dialog.get_by_label("Name").fill("Generous")
    await dialog.get_by_label("Icon", exact=True).fill(PICTURE)
    rules = dialog.get_by_role("group", name="Requirements")
    await rules.get_by_label("Requirement: kind").select_option("all")
    await rules.get_by_role("button", name="Add one").click()
    await rules.get_by_label("Requirement 2: metric").select_option("followers")
    await rules.get_by_label("Requirement 2: number").fill("50")
    await expect(dialog.locator(".changes")).to_contain_text('"metric":"followers","gte":50')
    await desk.check_looks("badge-rules")
    await confirm(page, "Add badge")
    await expect(row(page, "Generous")).to_contain_text(
        "(gifts sent at least 100 and followers at least 50)"
    )
    await row(page, "Generous").get_by_role("button", name="Give").click()
    await dialog.get_by_label("User's id").fill(str(person.id))
    await expect(dialog.locator(".changes")).to_contain_text("Generous")
    await confirm(page, "Give badge Generous", "for the help")
    assert console.world.sql("SELECT count(*) FROM user_badges WHERE user_id = %s", person.id) == [
        (1,)
    ]


async def test_an_admin_lets_a_provider_in(console: Console) -> None:
    desk = await console.signed_in(Role.ADMIN)
    page = desk.page
    await desk.open("#/games?tab=providers")
    dialog = await begin(page, "New provider")
    await dialog.get_by_label("Name").fill("spinners")
    await confirm(page, "Add provider")
    secret = page.locator(".card", has_text="It is told this once")
    first = await secret.locator("pre").inner_text()
    assert len(first) >= 32
    await secret.get_by_role("button", name="I have it").click()
    await expect(page.locator("main")).not_to_contain_text(first)
    await row(page, "spinners").get_by_role("button", name="New secret").click()
    await expect(dialog).to_contain_text("holds for a day")
    await confirm(page, "New secret for spinners")
    assert await secret.locator("pre").inner_text() != first
    [(provider,)] = console.world.sql("SELECT id FROM game_providers WHERE name = 'spinners'")
    await page.get_by_role("tab", name="Games", exact=True).click()
    dialog = await begin(page, "New game")
    for label, given in (
        ("Provider's id", str(provider)), ("Code", "spin_it"), ("Name", "Spin it"),
        ("Launch address", "https://games.example/spin"), ("Lowest bet", "1"),
        ("Highest bet", "100"), ("Highest win", "10000"), ("Only in", "AE, sa"),
    ):  # fmt: skip
        await (
            dialog.get_by_label(label, exact=True)
            .or_(dialog.get_by_label(f"{label} *", exact=True))
            .fill(given)
        )
    await confirm(page, "Add game")
    await expect(row(page, "Spin it")).to_contain_text("AE, SA")
    keeper = await console.signed_in(Role.CATALOGUE)
    await keeper.open("#/games")
    await expect(keeper.page.get_by_role("tab", name="Providers")).to_have_count(0)


async def test_a_moderator_keeps_the_filter(console: Console) -> None:
    desk = await console.signed_in(Role.MODERATOR)
    page = desk.page
    await desk.open("#/message-filter")
    dialog = await begin(page, "Change the filter")
    await dialog.get_by_label("Words").fill("swindle\ncheap coins")
    await dialog.get_by_label("Links may be written").uncheck()
    await expect(dialog.locator(".changes")).to_contain_text("swindle, cheap coins")
    await confirm(page, "Change the filter")
    await expect(page.locator("main")).to_contain_text("cheap coins")
    await expect(page.locator("main")).to_contain_text("are refused")


PAGES = ("gifts", "frames", "themes", "levels", "badges", "runs", "games", "games?tab=providers",
         "message-filter")  # fmt: skip


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, size: tuple[int, int]) -> None:
    console.world.gift("25.00")
    desk = await console.signed_in(Role.ADMIN, size)
    for address in PAGES:
        await looked_at(desk, address, size[0])


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_sees_its_pages(console: Console, role: Role) -> None:
    desk = await console.signed_in(role)
    for name in ("Gifts", "Badges", "Games", "Jobs", "Rankings", "Ledger proof", "Tables"):
        seen = desk.page.locator("#side").get_by_role("link", name=name, exact=True)
        await expect(seen).to_have_count(1 if role in SEEN_BY[name] else 0)


_KEEPERS = {Role.ADMIN, Role.CATALOGUE}
SEEN_BY = {
    "Gifts": _KEEPERS,
    "Badges": _KEEPERS,
    "Games": _KEEPERS,
    "Jobs": {Role.ADMIN, Role.SUPPORT, Role.READ_ONLY},
    "Rankings": set(Role),
    "Ledger proof": {Role.ADMIN, Role.FINANCE, Role.READ_ONLY},
    "Tables": set(Role),
}
