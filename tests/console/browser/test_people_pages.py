"""The pages of one person, agencies, reports, announcements, the log: each task, each role."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from flylive.accounts.staff import Role
from flylive.config import Settings
from tests.agencies import hands as agencies
from tests.console.browser.conftest import LAPTOP, TABLET, Console, Desk
from tests.games import hands as games
from tests.progression.hands import level
from tests.world import Person, World

VIP = {"Give VIP", "End VIP"}
VIEWERS = [Role.ADMIN, Role.MODERATOR, Role.FINANCE, Role.SUPPORT, Role.READ_ONLY]


async def do(page: Page, label: str, **fields: str) -> None:
    """Press an act's button, fill its dialog, give a reason, and see that it was done."""
    await page.get_by_role("button", name=label, exact=True).first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    for name, value in fields.items():
        control = dialog.locator(f"[name={name}]")
        if await control.evaluate("(one) => one.tagName") == "SELECT":
            await control.select_option(value)
        else:
            await control.fill(value)
    await dialog.locator("[name=reason]").fill("because it had to be")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)


def acts(page: Page) -> Locator:
    return page.locator(".page-tools button")


@pytest.fixture(scope="module")
async def life(team: Console) -> dict[str, Any]:
    """Somebody with a bit of everything."""
    world = team.world
    layla, omar, owner = [
        await world.register(name=name) for name in ("Layla Hassan", "Omar <b>Bold</b>", "Noor")
    ]
    for person in (layla, omar):
        await world.recharge(person, 5_000)
    world.prove_email(owner)
    agency = await agencies.found(world, owner, name="Desert Voices")
    await agencies.join(world, agency, owner, layla)
    room = await world.room(layla, omar, name="Evening in Dubai")
    gift = world.gift("120.00", name="Golden falcon")
    for sender, recipient in ((omar, layla), (omar, layla), (layla, omar)):
        sent = await world.send(sender, gift, [recipient], room_id=room)
        assert sent.status_code == 201, sent.text
    words = [("hello", layla), ("you are all fools", omar), ("mind your words", layla)]
    ids = []
    for text, person in words:
        said = await world.call(
            "POST", f"/rooms/{room}/messages", person, json={"content": text, "client_id": text[:3]}
        )
        assert said.status_code == 201, said.text
        ids.append(said.json()["id"])
    body = {"subject_type": "message", "subject_id": ids[1], "reason": "harassment",
            "details": "He insults everybody"}  # fmt: skip
    filed = await world.call("POST", "/reports", layla, json=body)
    assert filed.status_code == 201, filed.text
    return {"layla": layla, "omar": omar, "owner": owner, "agency": agency, "room": room,
            "report": filed.json()["id"], "gift": gift}  # fmt: skip


async def tab(desk: Desk, name: str) -> None:
    await desk.page.get_by_role("tab", name=name, exact=True).click()
    await desk.settled()


@pytest.mark.parametrize("role", VIEWERS)
async def test_each_role_sees_of_a_person_what_is_his(
    console: Console, life: dict[str, Any], role: Role
) -> None:
    desk = await console.signed_in(role)
    await desk.open(f"#/people/{life['layla'].id}")
    page = desk.page
    await expect(page.locator("h1")).to_have_text("Layla Hassan")
    names = set(await page.get_by_role("tab").all_text_contents())
    assert ("Ledger" in names) == (role is not Role.MODERATOR)
    assert ("Reports" in names) == (role is not Role.FINANCE)
    offered = set(await acts(page).all_text_contents())
    assert (
        offered
        == {
            Role.ADMIN: {"Write a note", "Give a signature", "Give a role", "End sessions", "Block"}
            | VIP,
            Role.MODERATOR: {"Write a note", "End sessions", "Block"},
            Role.FINANCE: {"Write a note"} | VIP,
            Role.SUPPORT: {"Write a note", "End sessions"},
            Role.READ_ONLY: set(),
        }[role]
    )
    for name in sorted(names):
        await tab(desk, name)
        await expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
        await expect(page.get_by_role("tabpanel", name=name).get_by_role("alert")).to_have_count(0)
    await tab(desk, "Timeline")
    entries = page.get_by_role("list", name="Timeline")
    await expect(entries).to_contain_text("Sent Golden falcon to Omar <b>Bold</b>")
    if role is Role.MODERATOR:
        await expect(page.get_by_role("tabpanel")).to_contain_text(
            "does not include: Acts of staff, Ledger"
        )
    else:
        await expect(entries).to_contain_text("Recharge +5,000 coins")
    await page.get_by_label("Show").select_option("gift")
    await desk.settled()
    await expect(entries.get_by_role("listitem")).to_have_count(3)


async def test_a_catalogue_keeper_sees_nobody(console: Console, life: dict[str, Any]) -> None:
    desk = await console.signed_in(Role.CATALOGUE)
    for address in ("people/1", "rooms", "rooms/1", "agencies", "reports", "announcements",
                    "audit"):  # fmt: skip
        await desk.open(f"#/{address}")
        await expect(desk.page.locator("main")).to_contain_text("does not include this page")


async def test_what_is_done_to_a_person(console: Console, life: dict[str, Any]) -> None:
    world: World = console.world
    person = await world.register(name="Somebody to act on")
    desk = await console.signed_in(Role.ADMIN)
    page = desk.page
    await desk.open(f"#/people/{person.id}")
    await page.get_by_role("button", name="Block", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("table")).to_contain_text("Access tokens that hold")
    await desk.shot("person-block")
    await dialog.get_by_role("button", name="Block", exact=True).click()
    await expect(dialog.locator(".field-fault").last).to_contain_text("is needed")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)

    await do(page, "Block")
    await expect(page.locator(".page-tools")).to_contain_text("Blocked")
    assert (await world.call("GET", "/me", person)).status_code == 401
    await do(page, "Unblock")
    await do(page, "Write a note", content="He called and was\nvery kind")
    await do(page, "Give a signature", signature="7007")
    await do(page, "Give a role", role="finance")
    await do(page, "Take the role")
    desk.expected += [r"status of 409", r"status of 422"]
    await page.get_by_role("button", name="Give a signature", exact=True).click()
    await dialog.locator("[name=signature]").fill("0")
    await dialog.locator("[name=reason]").fill("why")
    await page.wait_for_timeout(400)
    await dialog.locator("button[type=submit]").click()
    await expect(dialog.locator(".field-fault").first).to_be_visible()
    await page.keyboard.press("Escape")
    await tab(desk, "Notes")
    await expect(page.get_by_role("tabpanel", name="Notes")).to_contain_text("He called and was")
    await tab(desk, "Timeline")
    await desk.shot("person-timeline-acts")
    done = [action for (action,) in world.sql(
        "SELECT action FROM audit_log WHERE subject_type = 'user' AND subject_id = %s ORDER BY id",
        person.id,
    )]  # fmt: skip
    assert done == ["user.block", "user.unblock", "user.note", "user.signature", "staff.grant",
                    "staff.revoke"]  # fmt: skip
    assert {reason for (reason,) in world.sql(
        "SELECT reason FROM audit_log WHERE subject_type = 'user' AND subject_id = %s", person.id
    )} == {"because it had to be"}  # fmt: skip


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE])
async def test_vip_is_given_and_ended(console: Console, role: Role) -> None:
    world: World = console.world
    if not world.sql("SELECT 1 FROM levels WHERE type = 'vip'"):
        for number in range(1, 8):
            level(world, "vip", number, 1_000 * number)
    person = await world.register(name=f"Guest of the {role.value}")
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open(f"#/people/{person.id}")
    await page.get_by_role("button", name="Give VIP", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("[name=vip_level]").select_option("7")
    await dialog.locator("[name=days]").fill("10")
    await expect(dialog.get_by_role("table")).to_contain_text("VIP 7 until")
    await desk.shot(f"person-vip-{role.value}")
    await dialog.locator("[name=reason]").fill("because it had to be")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)
    me = (await world.call("GET", "/me", person)).json()
    assert me["vip_level"] == 7
    await desk.settled()
    await page.get_by_role("button", name="End VIP", exact=True).click()
    await expect(dialog.get_by_role("table")).to_contain_text("VIP 7 until")
    await dialog.locator("[name=reason]").fill("because it had to be")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)
    assert (await world.call("GET", "/me", person)).json()["vip_level"] == 0
    done = world.sql(
        "SELECT count(*), min(reason) FROM audit_log WHERE subject_type = 'user'"
        " AND subject_id = %s",
        person.id,
    )
    assert done == [(2, "because it had to be")]


async def test_what_a_person_played(console: Console, settings: Settings) -> None:
    world: World = console.world
    player = await world.register(name="Ziad who plays")
    await world.recharge(player, 500)
    house = games.make_house(world, settings)
    told = await world.call(
        "POST", f"/admin/game-providers/{house.id}/secret", await console.staff(Role.ADMIN),
        json={"reason": "lost", "drops_previous": True},
    )  # fmt: skip
    house.secret = told.json()["secret"]
    token = await house.session(player)
    for verb, amount in ((house.bet, 120), (house.win, 300)):
        moved = await verb(token, amount, round_id="one")
        assert moved.status_code == 200, moved.text
    desk = await console.signed_in(Role.FINANCE)
    await desk.open(f"#/people/{player.id}")
    await tab(desk, "Games")
    rows = desk.page.get_by_role("tabpanel", name="Games").locator("tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("300")
    await expect(rows.last).to_contain_text("120")
    await desk.check_looks("person-games")


@pytest.mark.parametrize("role", VIEWERS)
async def test_an_agency(console: Console, life: dict[str, Any], role: Role) -> None:
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open("#/agencies?q=desert")
    await page.get_by_role("link", name="Desert Voices").click()
    await desk.settled()
    await expect(page.locator("h1")).to_have_text("Desert Voices")
    await expect(page.get_by_role("table", name="Members")).to_contain_text("Layla Hassan")
    await tab(desk, "Earnings by day")
    await expect(page.get_by_role("tabpanel", name="Earnings by day")).to_contain_text("120")
    await tab(desk, "Gift by gift")
    panel = page.get_by_role("tabpanel", name="Gift by gift")
    await expect(panel).to_contain_text("Golden falcon")
    await desk.shot(f"agency-{role.value}")
    may = role in (Role.ADMIN, Role.MODERATOR)
    await expect(acts(page)).to_have_count(2 if may else 0)
    if role is Role.MODERATOR:
        await do(page, "Change the terms", commission_rate="12.50", member_limit="40")
        await expect(page.locator(".figures")).to_contain_text("12.5 %")
        await do(page, "Suspend")
        await expect(page.locator(".page-tools")).to_contain_text("Suspended")
        await do(page, "Open again")
        await expect(page.locator(".page-tools")).to_contain_text("Active")


@pytest.mark.parametrize("role", [role for role in VIEWERS if role is not Role.FINANCE])
async def test_the_queue_of_reports(console: Console, life: dict[str, Any], role: Role) -> None:
    world: World = console.world
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open("#/reports")
    await page.get_by_role("link", name=str(life["report"]), exact=True).click()
    await desk.settled()
    await expect(page.locator("main")).to_contain_text("He insults everybody")
    kept = page.get_by_role("list", name="Messages as they were")
    await expect(kept.locator(".reported")).to_contain_text("you are all fools")
    may = role in (Role.ADMIN, Role.MODERATOR)
    now = page.get_by_role("list", name="Messages as they are now")
    await expect(now).to_have_count(1 if may else 0)
    await desk.shot(f"report-{role.value}")
    if role is Role.MODERATOR:
        extra = await world.call(
            "POST", "/reports", life["owner"],
            json={"subject_type": "user", "subject_id": life["omar"].id, "reason": "spam"},
        )  # fmt: skip
        await desk.open(f"#/reports/{extra.json()['id']}")
        await do(page, "Dismiss")
        await expect(page.locator(".page-tools")).to_contain_text("Dismissed")
        await expect(acts(page)).to_have_count(0)
    elif not may:
        await expect(acts(page)).to_have_count(0)


@pytest.mark.parametrize("role", [role for role in VIEWERS if role is not Role.FINANCE])
async def test_announcements(console: Console, role: Role) -> None:
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open("#/announcements")
    button = page.get_by_role("button", name="Write an announcement")
    if role not in (Role.ADMIN, Role.MODERATOR):
        await expect(button).to_have_count(0)
        return
    title = f"Eid gifts from {role.value}"
    await button.click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("[name=title]").fill(title)
    await dialog.locator("[name=content]").fill("They are here")
    await dialog.locator("[name=audience]").select_option("country")
    await dialog.locator("[name=country]").fill("AE")
    await expect(dialog.locator(".changes")).to_contain_text("A country: AE")
    await dialog.locator("[name=reason]").fill("the holiday")
    await desk.shot(f"announcement-{role.value}")
    await dialog.get_by_role("button", name="Announce").click()
    await expect(dialog).to_have_count(0)
    row = page.locator("main tbody tr").filter(has_text=title)
    await expect(row).to_contain_text("Running")
    await row.get_by_role("button", name="Take back").click()
    await dialog.locator("[name=reason]").fill("too early")
    await dialog.get_by_role("button", name="Take back").click()
    await expect(row).to_contain_text("Cancelled")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.READ_ONLY])
async def test_the_log_is_searched_and_saved(console: Console, role: Role) -> None:
    person = await console.world.register()
    blocked = await console.world.call(
        "POST",
        f"/admin/users/{person.id}/block",
        await console.staff(Role.ADMIN),
        json={"reason": "because it had to be"},
    )
    assert blocked.is_success, blocked.text
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open("#/audit?q=had+to+be")
    await expect(page.get_by_role("table", name="Audit log")).to_contain_text("because it had")
    await desk.shot(f"audit-{role.value}")
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Export CSV").click()
    assert (await saved.value).suggested_filename == "audit.csv"
    await page.get_by_label("Reason holds").fill("nobody ever said that")
    await expect(page.locator("main")).to_contain_text("Nobody did anything like that")


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, life: dict[str, Any], size: tuple[int, int]) -> None:
    desk = await console.signed_in(Role.ADMIN, size)
    kind = "laptop" if size == LAPTOP else "tablet"
    layla: Person = life["layla"]
    for name, address in (
        ("person", f"people/{layla.id}"),
        ("person-timeline", f"people/{layla.id}?tab=timeline"),
        ("person-ledger", f"people/{layla.id}?tab=ledger"),
        ("person-rooms", f"people/{layla.id}?tab=rooms"),
        ("person-devices", f"people/{layla.id}?tab=devices"),
        ("agencies", "agencies"),
        ("agency", f"agencies/{life['agency']}"),
        ("reports", "reports"),
        ("report", f"reports/{life['report']}"),
        ("announcements", "announcements"),
        ("audit", "audit"),
    ):
        await desk.open(f"#/{address}")
        await desk.check_looks(f"{name}-{kind}")


async def test_everything_is_reached_by_keyboard(console: Console, life: dict[str, Any]) -> None:
    desk = await console.signed_in(Role.ADMIN)
    await desk.open(f"#/people/{life['layla'].id}")
    reached = await desk.walk_by_tab()
    for wanted in ("button Block", "button Write a note", "button Overview"):
        assert wanted in reached, reached
    await desk.page.get_by_role("tab", name="Overview").focus()
    await desk.page.keyboard.press("ArrowRight")
    await expect(desk.page.get_by_role("tab", name="Timeline")).to_be_focused()
    await expect(desk.page).to_have_url(re.compile(r"tab=timeline"))
