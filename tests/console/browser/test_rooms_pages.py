"""Rooms found, and one watched live: what comes while it is watched, and keeping order in it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from flylive.accounts.staff import Role
from tests.console.browser.conftest import LAPTOP, TABLET, Console
from tests.console.browser.test_people_pages import acts, do
from tests.world import World


@pytest.fixture(scope="module")
async def stage(team: Console) -> AsyncIterator[dict[str, Any]]:
    """A room with three people who stay, a chat and a gift."""
    world = team.world
    owner, guest, third = [
        await world.register(name=name) for name in ("Salma", "Yusuf al-Amin", "Third one")
    ]
    await world.recharge(owner, 5_000)
    room = await world.room(owner, guest, third, name="Oud and coffee", can_tourists_speak=True)
    for number, person in ((1, owner), (2, guest)):
        seated = await world.call("PUT", f"/rooms/{room}/seats/{number}", person, json={})
        assert seated.status_code == 200, seated.text
    gift = world.gift("50.00", name="Coffee pot")
    assert (await world.send(owner, gift, [guest], room_id=room)).status_code == 201
    stage = {"owner": owner, "guest": guest, "third": third, "room": room, "gift": gift}
    beating = asyncio.create_task(beat(world, stage))
    yield stage
    beating.cancel()


async def say(world: World, stage: dict[str, Any], who: str, words: str) -> None:
    body = {"content": words, "client_id": words.replace(" ", "-")}
    said = await world.call("POST", f"/rooms/{stage['room']}/messages", stage[who], json=body)
    assert said.status_code == 201, said.text


async def beat(world: World, stage: dict[str, Any]) -> None:
    """Nobody inside is taken out for being silent, however slow the browser is."""
    while True:
        for who in ("owner", "guest", "third"):
            await world.call("POST", f"/rooms/{stage['room']}/heartbeat", stage[who])
        await asyncio.sleep(5)


async def row_act(page: Page, place: str, row: str, label: str, **fields: str) -> None:
    """An act of a row of a live panel."""
    line = page.get_by_role("list", name=place).get_by_role("listitem").filter(has_text=row)
    await line.get_by_role("button", name=label, exact=True).click()
    dialog = page.get_by_role("dialog")
    for name, value in fields.items():
        await dialog.locator(f"[name={name}]").select_option(value)
    await dialog.locator("[name=reason]").fill("keeping order")
    await page.wait_for_timeout(300)
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MODERATOR, Role.SUPPORT, Role.READ_ONLY])
async def test_each_role_finds_rooms_and_sees_what_is_his(
    console: Console, stage: dict[str, Any], role: Role
) -> None:
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open("#/rooms")
    await page.get_by_label("Find").fill("oud and")
    await page.get_by_label("People inside").select_option("true")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await desk.shot(f"rooms-{role.value}")
    await page.get_by_role("link", name="Oud and coffee").click()
    await desk.settled()
    await expect(page.locator("h1")).to_have_text("Oud and coffee")
    watches = role in (Role.ADMIN, Role.MODERATOR)
    await expect(page.get_by_role("list", name="Seats")).to_have_count(1 if watches else 0)
    if not watches:
        await expect(page.locator("main")).to_contain_text("does not include watching")
    assert await acts(page).all_text_contents() == (
        ["Speak as the system", "Feature", "Hide from lists", "Suspend"] if watches else []
    )


async def test_what_comes_is_seen_as_it_comes(console: Console, stage: dict[str, Any]) -> None:
    world = console.world
    desk = await console.signed_in(Role.MODERATOR)
    page = desk.page
    await desk.open(f"#/rooms/{stage['room']}")
    people = page.get_by_role("list", name="People inside")
    await expect(people.get_by_role("listitem")).to_have_count(3)
    await expect(page.get_by_role("list", name="Gifts")).to_contain_text("Coffee pot")
    await say(world, stage, "guest", "good evening")
    chat = page.get_by_role("list", name="Chat")
    await expect(chat).to_contain_text("good evening")
    sent = await world.send(stage["owner"], stage["gift"], [stage["third"]], room_id=stage["room"])
    assert sent.status_code == 201
    gifts = page.get_by_role("list", name="Gifts")
    await expect(gifts.get_by_role("listitem")).to_have_count(2)
    assert (await world.call("POST", f"/rooms/{stage['room']}/leave", stage["third"])).is_success
    await expect(people.get_by_role("listitem")).to_have_count(2)
    joined = await world.call("POST", f"/rooms/{stage['room']}/join", stage["third"], json={})
    assert joined.status_code == 200
    await expect(people.get_by_role("listitem")).to_have_count(3)
    # Nobody inside hears of who watches.
    inside = (
        await world.call("GET", f"/rooms/{stage['room']}/participants", stage["owner"])
    ).json()
    assert len(inside["data"]) == 3
    await desk.shot("room-live")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MODERATOR])
async def test_order_is_kept(console: Console, stage: dict[str, Any], role: Role) -> None:
    world, room = console.world, stage["room"]
    desk = await console.signed_in(role)
    page = desk.page
    await desk.open(f"#/rooms/{room}")
    seats, people = (page.get_by_role("list", name=one) for one in ("Seats", "People inside"))
    await row_act(page, "People inside", "Third one", "Mute")
    await expect(people.get_by_role("listitem").filter(has_text="Third one")).to_contain_text(
        "Muted"
    )
    await row_act(page, "People inside", "Third one", "Unmute")
    await row_act(page, "Seats", "Yusuf", "Unseat")
    await expect(seats).not_to_contain_text("Yusuf")
    await row_act(page, "Seats", "3", "Lock")
    await expect(seats.get_by_role("listitem").nth(2)).to_contain_text("Locked")
    await row_act(page, "Seats", "3", "Unlock")
    words = f"rude words for {role.value}"
    await say(world, stage, "guest", words)
    await row_act(page, "Chat", words, "Delete")
    await expect(page.get_by_role("list", name="Chat")).not_to_contain_text(words)
    await do(page, "Speak as the system", content=f"Please be kind, says {role.value}")
    await expect(page.get_by_role("list", name="Chat")).to_contain_text(f"says {role.value}")
    await row_act(page, "People inside", "Yusuf", "Put out", ban_minutes="60")
    await expect(people).not_to_contain_text("Yusuf")
    refused = await world.call("POST", f"/rooms/{room}/join", stage["guest"], json={})
    assert refused.json()["code"] == "room.banned"
    await page.reload()
    await desk.settled()
    await desk.shot(f"room-ban-{role.value}")
    bans = page.get_by_role("table", name="Bans")
    await expect(bans).to_contain_text("Yusuf")
    await do(page, "Let in")
    await expect(page.locator("main")).to_contain_text("Nobody is banned")
    assert (await world.call("POST", f"/rooms/{room}/join", stage["guest"], json={})).is_success
    seated = await world.call("PUT", f"/rooms/{room}/seats/2", stage["guest"], json={})
    assert seated.status_code == 200, seated.text
    await do(page, "Feature")
    await expect(page.locator(".page-tools")).to_contain_text("Featured")
    await do(page, "Feature no longer")
    await do(page, "Hide from lists")
    await do(page, "Show in lists")
    acted = world.sql(
        "SELECT count(*) FROM audit_log"
        " WHERE subject_type IN ('room', 'message') AND actor_id = %s",
        (await console.staff(role)).id,
    )
    assert acted == [(13,)]


async def test_a_suspended_room_is_empty_at_once(console: Console) -> None:
    world = console.world
    owner, guest = [await world.register(name=name) for name in ("Landlord", "Lodger")]
    room = await world.room(owner, guest, name="To be closed")
    desk = await console.signed_in(Role.MODERATOR)
    page = desk.page
    await desk.open(f"#/rooms/{room}")
    await expect(page.get_by_role("list", name="People inside")).to_contain_text("Lodger")
    await do(page, "Suspend")
    await expect(page.locator(".page-tools")).to_contain_text("Suspended")
    await expect(
        page.get_by_role("list", name="People inside").get_by_role("listitem")
    ).to_have_count(0)
    await do(page, "Open again")
    await expect(page.locator(".page-tools")).to_contain_text("Active")


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
async def test_looks(console: Console, stage: dict[str, Any], size: tuple[int, int]) -> None:
    desk = await console.signed_in(Role.ADMIN, size)
    kind = "laptop" if size == LAPTOP else "tablet"
    for name, address in (("rooms", "rooms"), ("room", f"rooms/{stage['room']}")):
        await desk.open(f"#/{address}")
        await desk.check_looks(f"{name}-{kind}")
