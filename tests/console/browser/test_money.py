"""The pages of money, walked in a browser by those who may act and those who may only look."""

import uuid

import pytest
from playwright.async_api import Locator, Page, expect

from flylive.accounts.staff import Role
from tests.console.browser.conftest import LAPTOP, TABLET, Console, Desk
from tests.world import Person, World

LOOKERS = (Role.SUPPORT, Role.READ_ONLY)
MONEY = {
    *("Orders", "Refunds", "Ledger", "Adjustments", "Gifts taken back"),
    *("Resellers", "Coin requests"),
}
MENU = {
    Role.ADMIN: MONEY | {"Economy settings", "Packages"},
    Role.FINANCE: MONEY | {"Economy settings"},
    Role.SUPPORT: MONEY,
    Role.READ_ONLY: MONEY | {"Economy settings"},
    Role.CATALOGUE: {"Packages"},
    Role.MODERATOR: set(),
}


class Scene:
    """Somebody who bought, gave, was given, and a reseller with credit that is late."""

    def __init__(self) -> None:
        self.order = self.request = 0
        self.buyer = self.host = self.seller = Person(0, "", {})

    @classmethod
    async def play(cls, world: World) -> "Scene":
        self = cls()
        self.buyer = await world.register(name="Layla the Buyer")
        self.host = await world.register(name="Omar the Host")
        self.seller = await world.register(name="Sami the Seller")
        await world.recharge(self.buyer, 5_000)
        await world.recharge(self.seller, 20_000)
        [(self.order,)] = world.sql(
            "SELECT id FROM recharge_orders WHERE user_id = %s", self.buyer.id
        )
        gift = world.gift("12.50", name="Lantern")
        for quantity in (1, 7):
            sent = await world.send(self.buyer, gift, [self.host], quantity=quantity)
            assert sent.status_code == 201
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"diamonds": "20"}
        done = await world.call("POST", "/wallet/exchange", self.host, json=body, headers=key)
        assert done.status_code == 201
        world.sql("INSERT INTO resellers (user_id) VALUES (%s)", self.seller.id)
        ask = {"requested_from": self.seller.id, "amount": 300, "type": "credit", "credit_days": 1}
        asked = await world.call("POST", "/coin-requests", self.host, json=ask)
        self.request = asked.json()["id"]
        path = f"/coin-requests/{self.request}/approve"
        key = {"Idempotency-Key": uuid.uuid4().hex}
        await world.call("POST", path, self.seller, json={}, headers=key)
        world.sql(
            "UPDATE coin_requests SET due_at = now() - interval '2 days' WHERE id = %s",
            self.request,
        )
        return self


@pytest.fixture(scope="module")
async def scene(world: World) -> Scene:
    """What the pages are about."""
    return await Scene.play(world)


def pages(scene: Scene) -> dict[str, str]:
    return {
        "orders": "#/orders",
        "order": f"#/orders/{scene.order}",
        "refunds": "#/refunds",
        "ledger": "#/ledger",
        "adjustments": "#/adjustments",
        "gift-reversals": "#/gift-reversals",
        "resellers": "#/resellers",
        "reseller": f"#/resellers/{scene.seller.id}",
        "coin-requests": "#/coin-requests",
        "coin-request": f"#/coin-requests/{scene.request}",
        "settings": "#/settings",
        "packages": "#/packages",
    }


async def begin(page: Page, button: str, within: Locator | None = None) -> Locator:
    """Press a button that asks before it does; the dialog."""
    place = within or page.locator("main")
    await place.get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Reason")
    return dialog


async def finish(page: Page, dialog: Locator, button: str, reason: str) -> None:
    await dialog.get_by_label("Reason").fill(reason)
    await dialog.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, scene: Scene, size: tuple[int, int]) -> None:
    desk = await console.signed_in(Role.ADMIN, size)
    for name, address in pages(scene).items():
        await desk.open(address)
        await expect(desk.page.locator("main h1")).not_to_have_text("Not found")
        await desk.check_looks(f"money-{name}-{size[0]}")
        assert await desk.walk_by_tab()


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
async def test_each_role_sees_its_pages_and_no_acts_that_it_may_not(
    console: Console, scene: Scene, role: Role
) -> None:
    desk = await console.signed_in(role)
    await desk.open("#/sessions")
    named = MONEY | {"Economy settings", "Packages"}
    shown = set(await desk.page.locator("#side a").all_inner_texts()) & named
    assert shown == MENU[role]
    for name, address in pages(scene).items():
        await desk.open(address)
        main = desk.page.locator("main")
        owner = {"order": "Orders", "reseller": "Resellers", "coin-request": "Coin requests"}
        title = owner.get(name) or name.replace("-", " ").capitalize()
        other = {"settings": "Economy settings", "gift-reversals": "Gifts taken back"}
        title = other.get(name, title)
        if title not in MENU[role]:
            await expect(main).to_contain_text("does not include this page")
        elif role in LOOKERS:
            for act in ("Refund", "Give or take", "Let somebody sell", "Save …", "Change credit"):
                await expect(main.get_by_role("button", name=act, exact=True)).to_have_count(0)


async def test_finance_refunds_an_order_and_finds_it_in_the_ledger(
    console: Console, scene: Scene
) -> None:
    buyer = await console.world.register(name="Noor who bought twice")
    await console.world.recharge(buyer, 700)
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await desk.open(f"#/orders?user_id={buyer.id}")
    await page.locator("tbody tr").first.get_by_role("link").first.click()
    await desk.settled()
    await page.get_by_role("button", name="Ask now").click()
    await expect(page.locator("main")).to_contain_text("the sandbox keeps nothing of its own")
    dialog = await begin(page, "Refund")
    await expect(dialog).to_contain_text("−700")
    await dialog.get_by_role("button", name="Refund", exact=True).click()
    await expect(dialog).to_contain_text("is needed")
    await desk.check_looks("money-refund-dialog")
    await finish(page, dialog, "Refund", "Bought twice by mistake")
    await desk.settled()
    await expect(page.locator("main")).to_contain_text("Recharge refund")
    await expect(page.get_by_role("button", name="Refund", exact=True)).to_have_count(0)
    await desk.shot("money-order-refunded")
    await page.get_by_role("link", name="In the ledger").click()
    await desk.settled()
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.locator("tbody").get_by_role("link", name="Order").first.click()
    await desk.settled()
    await expect(page.locator("main h1")).to_contain_text("Order")
    assert (await console.world.wallet(buyer))["coin_balance"] == "0.00"


async def test_a_large_refund_and_a_large_adjustment_wait_for_a_second_person(
    console: Console, scene: Scene
) -> None:
    buyer = await console.world.register(name="Huda of the large order")
    await console.world.recharge(buyer, 30_000)
    [(number,)] = console.world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", buyer.id)
    first, second = await console.signed_in(Role.FINANCE), await console.signed_in(Role.ADMIN)
    await first.open(f"#/orders/{number}")
    await finish(first.page, await begin(first.page, "Refund"), "Refund", "He asked for it")
    await first.settled()
    await expect(first.page.locator("main")).to_contain_text("Pending")
    await second.open("#/refunds?status=pending")
    row = second.page.locator("tbody tr", has_text=f"Order {number}")
    await second.shot("money-refund-waits")
    dialog = await begin(second.page, "Approve", row)
    await finish(second.page, dialog, "Approve", "Looked at it")
    assert (await console.world.wallet(buyer))["coin_balance"] == "0.00"

    await first.open("#/adjustments")
    dialog = await begin(first.page, "Give or take")
    await dialog.get_by_label("Person's id").fill(str(buyer.id))
    await dialog.get_by_label("Amount").fill("25000")
    await expect(dialog).to_contain_text("25,000")
    await first.check_looks("money-adjust-dialog")
    await finish(first.page, dialog, "Give or take", "Lost in the move")
    await first.settled()
    row = first.page.locator("tbody tr", has_text="25,000")
    await expect(row).to_contain_text("Pending")
    await second.open("#/adjustments?status=pending")
    row = second.page.locator("tbody tr", has_text="25,000")
    dialog = await begin(second.page, "Approve", row)
    await finish(second.page, dialog, "Approve", "Right so")
    assert (await console.world.wallet(buyer))["coin_balance"] == "25000.00"


async def test_settings_show_their_effect_before_they_are_saved(
    console: Console, scene: Scene
) -> None:
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await desk.open("#/settings")
    save = page.get_by_role("button", name="Save …")
    await expect(save).to_be_disabled()
    await page.get_by_label("Recipients' share, %").fill("60")
    effect = page.locator(".card", has_text="Their effect on last week")
    await expect(effect).to_contain_text("Recipients' diamonds")
    # 8 lanterns at 12.50: half of 100 coins, then 60 % of them.
    row = effect.locator("tr", has_text="Recipients' diamonds")
    await expect(row).to_contain_text("50")
    await expect(row).to_contain_text("60")
    await expect(row).to_contain_text("+10")
    await expect(save).to_be_enabled()
    await desk.check_looks("money-settings-preview")
    await page.get_by_label("Coins for one diamond").fill("1")
    await page.get_by_label("Recipients' share, %").fill("100")
    desk.expected.append(r"status of 409.*/settings/preview")
    await expect(effect).to_contain_text("share × rate would be")
    await expect(save).to_be_disabled()
    await desk.shot("money-settings-pump")
    desk.expected.append(r"status of 422.*/settings/preview")
    await page.get_by_label("Coins for one diamond").fill("2")
    await expect(page.locator(".field-fault:visible")).to_contain_text("must be less than")
    await desk.shot("money-settings-fault")
    await page.get_by_role("button", name="As it holds").click()
    await page.get_by_label("Recipients' share, %").fill("60")
    await expect(save).to_be_enabled()
    await save.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("50.00")
    await expect(dialog).to_contain_text("60.00")
    await finish(page, dialog, "Save the settings", "Hosts earn more in summer")
    await desk.settled()
    await expect(page.locator("main")).to_contain_text("Hosts earn more in summer")
    await desk.check_looks("money-settings-saved")
    await page.get_by_label("Recipients' share, %").fill("")
    await expect(save).to_be_enabled()
    await save.click()
    await finish(page, page.get_by_role("dialog"), "Save the settings", "Summer is over")


async def test_packages_are_made_changed_and_retired(console: Console, scene: Scene) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    page = desk.page
    await desk.open("#/packages")
    dialog = await begin(page, "New package")
    await dialog.get_by_label("Name").fill("Feast purse")
    await dialog.get_by_label("Coins", exact=False).first.fill("900")
    await dialog.get_by_label("Price").fill("7.99")
    await dialog.get_by_label("Sold in").fill("ae, PAK")
    await expect(dialog).to_contain_text("7.99")
    await desk.check_looks("money-package-dialog")
    await finish(page, dialog, "New package", "For the feast")
    row = page.locator("tbody tr", has_text="Feast purse")
    await expect(row).to_contain_text("PK")
    dialog = await begin(page, "Edit", row)
    await dialog.get_by_label("Price").fill("6.99")
    await expect(dialog.locator(".changes tbody tr")).to_have_count(1)
    await finish(page, dialog, "Edit", "Cheaper")
    await expect(row).to_contain_text("6.99")
    await finish(page, await begin(page, "Retire", row), "Retire", "The feast is over")
    await expect(row).to_contain_text("Retired")


async def sell(desk: Desk, number: int, reason: str) -> Locator:
    dialog = await begin(desk.page, "Let somebody sell")
    await dialog.get_by_label("Person's id").fill(str(number))
    await expect(dialog).to_contain_text("E-mail")
    await dialog.get_by_label("Reason").fill(reason)
    await dialog.get_by_role("button", name="Let somebody sell").click()
    return dialog


async def test_resellers_are_let_sell_watched_and_let_go(console: Console, scene: Scene) -> None:
    person = await console.world.register(name="Tariq who would sell")
    desk = await console.signed_in(Role.FINANCE)
    page = desk.page
    await desk.open("#/resellers")
    desk.expected.append(r"status of 409.*/resellers")
    dialog = await sell(desk, person.id, "He passed the checks")
    await expect(dialog.get_by_role("alert")).to_contain_text("e-mail")
    await desk.shot("money-reseller-refused")
    await page.keyboard.press("Escape")
    console.world.prove_email(person)
    await sell(desk, person.id, "He is reachable now")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator("tbody tr", has_text="Tariq")).to_have_count(1)
    late = page.locator("tbody tr", has_text="Sami the Seller")
    await late.get_by_role("link", name="300 (1)").click()
    await desk.settled()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("Overdue")
    await desk.shot("money-overdue")
    await desk.open(f"#/resellers/{person.id}")
    dialog = await begin(page, "Take the right to sell")
    await finish(page, dialog, "Take the right to sell", "He was late too often")
    await desk.settled()
    await expect(page.locator("main")).to_contain_text("Sells no more")


# Last: what is given here would stand in the preview of the settings.
async def test_a_gift_is_taken_back_at_once_or_by_two_or_stands(
    console: Console, scene: Scene
) -> None:
    world = console.world
    giver = await world.register(name="Rana who gave too much")
    host = await world.register(name="Karim who was given")
    await world.recharge(giver, 60_000)
    small, large = world.gift("40.00", name="Rose"), world.gift("25000.00", name="Palace")
    lines = []
    for gift in (small, large, large):
        sent = await world.send(giver, gift, [host])
        assert sent.status_code == 201, sent.text
        lines.append(sent.json()["lines"][0]["gift_transaction_id"])
    first, second = await console.signed_in(Role.FINANCE), await console.signed_in(Role.ADMIN)
    page = first.page
    await first.open("#/gift-reversals")

    async def take(line: int) -> Locator:
        dialog = await begin(page, "Take a gift back")
        await dialog.get_by_label("Gift's line").fill(str(line))
        await expect(dialog).to_contain_text(f"Gift {line}")
        await finish(page, dialog, "Take a gift back", "Sent by a child")
        await first.settled()
        return page.locator("tbody tr", has_text=f"Gift {line}")

    row = await take(lines[0])
    await expect(row).to_contain_text("Reversed")
    assert (await world.wallet(giver))["coin_balance"] == "10000.00"
    for line in lines[1:]:
        row = await take(line)
        await expect(row).to_contain_text("Pending")
        # Who asked cannot be the second person too.
        await expect(row.get_by_role("button", name="Take back")).to_have_count(0)
    assert (await world.wallet(giver))["coin_balance"] == "10000.00"
    await first.shot("money-reversals-wait")

    await second.open("#/gift-reversals?status=pending")
    rows = second.page.locator("tbody tr")
    dialog = await begin(second.page, "Take back", rows.filter(has_text=f"Gift {lines[1]}"))
    await second.check_looks("money-reversal-dialog")
    await finish(second.page, dialog, "Take back", "Looked at it")
    await second.settled()
    dialog = await begin(second.page, "Let it stand", rows.filter(has_text=f"Gift {lines[2]}"))
    await finish(second.page, dialog, "Let it stand", "That one was meant")
    await second.settled()
    await expect(rows.filter(has_text=f"Gift {lines[2]}")).to_have_count(0)
    assert (await world.wallet(giver))["coin_balance"] == "35000.00"
    done = world.sql(
        "SELECT action, reason FROM audit_log WHERE subject_type = 'gift_transaction'"
        " AND subject_id = ANY(%s) ORDER BY id",
        lines,
    )
    assert [reason for _, reason in done] == [
        "Sent by a child", "Sent by a child", "Sent by a child", "Looked at it",
        "That one was meant",
    ]  # fmt: skip

    looker = await console.signed_in(Role.SUPPORT)
    await looker.open("#/gift-reversals")
    await expect(looker.page.locator("tbody tr", has_text=f"Gift {lines[0]}")).to_have_count(1)
    await expect(looker.page.locator("main").get_by_role("button", name="Take")).to_have_count(0)
