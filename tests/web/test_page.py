"""The page at ``/`` in a real browser, over the real API and the real socket."""

import re
import uuid
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.product import Product
from tests.web.conftest import Visit
from tests.world import Person, World

LIVE = re.compile(r"^live$|^resumed")


async def come_in(page: Page, name: str) -> None:
    """Make a new account on the page."""
    await page.fill("#register [name=name]", name)
    await page.click("#register button")
    await expect(page.locator("#lobby")).to_be_visible()


async def open_room(page: Page, name: str) -> None:
    """Choose a room in the list, and be in it."""
    await page.locator(".room-card-name").get_by_text(name, exact=True).click()
    await expect(page.locator("#room-name")).to_have_text(name)
    await expect(page.locator("#status")).to_have_text(LIVE)


async def write(world: World, person: Person, room: int, words: str) -> None:
    """Say something in a room, through the API."""
    body = {"content": words, "client_id": uuid.uuid4().hex}
    answer = await world.call("POST", f"/rooms/{room}/messages", person, json=body)
    assert answer.status_code == 201, answer.text


async def sequences(page: Page) -> list[int]:
    """The sequences that the stream pane shows, oldest first."""
    shown = await page.locator(".frame[data-op=event] .seq").all_text_contents()
    return [int(text) for text in reversed(shown)]


async def test_an_evening(visit: Visit, world: World, product: Product, tmp_path: Path) -> None:
    page = visit.page
    host, guest = await world.people(2)
    rose = world.gift("10.00", name="Rose of the evening")
    world.package(coins=500)
    room = await world.room(host, guest, name="Evening room", can_tourists_speak=True)
    await world.call("PUT", f"/rooms/{room}/seats/1", host, json={})
    await world.recharge(guest, 1_000)

    await come_in(page, "Layla")
    await expect(page.locator(".room-card", has_text="Evening room")).to_contain_text("2 here")
    await open_room(page, "Evening room")

    # Who is there, and what others do.
    await expect(page.locator("#seats > li")).to_have_count(5)
    await expect(page.locator(f'.seat[data-user="{host.id}"]')).to_contain_text(host.user["name"])
    await expect(page.locator("#metrics")).to_contain_text("Here now3")
    await write(world, guest, room, "Good evening")
    await expect(page.locator("#feed")).to_contain_text("Good evening")
    sent = await world.send(guest, rose, [host], room_id=room, quantity=2)
    assert sent.status_code == 201, sent.text
    given = page.locator("#feed .given", has_text="Rose of the evening × 2")
    await expect(given).to_contain_text(guest.user["name"])
    await expect(page.locator("#metrics")).to_contain_text("Coins today20")

    # One's own words, seat, coins and gift.
    await page.fill("#words", "Good evening to you")
    await page.press("#words", "Enter")
    await expect(page.locator("#feed .said", has_text="Good evening to you")).to_be_visible()
    await page.get_by_role("button", name="Seat 3: take it").click()
    await expect(page.locator('.seat[data-mine="yes"]')).to_contain_text("Layla")
    await page.click("#purse")
    await page.locator(".package", has_text="500").click()
    await expect(page.locator("#purse-coins")).to_have_text("500")
    await page.locator(".gift", has_text="Rose of the evening").click()
    await expect(page.locator("#recipients")).to_contain_text(host.user["name"])
    await page.get_by_role("button", name="Send for 10").click()
    await expect(page.locator("#purse-coins")).to_have_text("490")
    await expect(page.locator("#feed .given", has_text="Layla")).to_contain_text("10")
    await page.click("#tab-wallet")
    row = page.locator(".ledger-row").first
    await expect(row).to_contain_text("Gift sent")
    await expect(row).to_contain_text("−10")
    await expect(row).to_contain_text("then 490")
    await expect(page.locator("#balances")).to_contain_text("Wealth XP10")

    # The gateway dies; meanwhile things happen; the page comes back with every one of them.
    await page.click("#tab-stream")
    visit.expected.append(rf"WebSocket connection to 'ws://127.0.0.1:{product.gateway_port}/")
    await product.kill("gateway")
    await expect(page.locator("#status")).to_have_attribute("data-kind", re.compile("down|busy"))
    for words in ("You missed this", "and this"):
        await write(world, guest, room, words)
    assert (await world.send(guest, rose, [host], room_id=room)).status_code == 201
    await product.start("gateway")
    await expect(page.locator(".frame[data-op=note]", has_text="resumed at seq")).to_contain_text(
        "3 events caught up"
    )
    for words in ("You missed this", "and this"):
        await expect(page.locator("#feed .said", has_text=words)).to_have_count(1)
    numbers = await sequences(page)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    picture = tmp_path / "page.png"
    await page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000

    await page.click("#leave")
    await expect(page.locator(".room-card", has_text="Evening room")).to_contain_text("2 here")


async def test_state_and_events_make_fresh_state(visit: Visit, world: World) -> None:
    owner, guest = await world.people(2)
    room = await world.room(owner)

    async def join() -> dict[str, Any]:
        answer = await world.call("POST", f"/rooms/{room}/join", owner, json={})
        return dict(answer.json())

    old = await join()
    await world.call("POST", f"/rooms/{room}/join", guest, json={})
    await world.call("PUT", f"/rooms/{room}/follow", guest)
    await write(world, guest, room, "one")
    await write(world, owner, room, "two")
    await world.call("PUT", f"/rooms/{room}/seats/4", owner, json={})
    await world.call("PATCH", f"/rooms/{room}/seats/2", owner, json={"is_locked": True})
    await world.call("PATCH", f"/rooms/{room}", owner, json={"mic_seat_quantity": 3})
    fresh = await join()
    message = fresh["messages"][0]["id"]
    await world.call("DELETE", f"/messages/{message}", owner)
    await world.call("POST", f"/rooms/{room}/leave", guest)
    fresh = await join()
    after = old["stream"]["seq"]
    events = (
        await world.call("GET", f"/rooms/{room}/events?after={after}&limit=100", owner)
    ).json()

    folded = await visit.page.evaluate(
        """async ([join, events]) => {
            const { fold, fromJoin } = await import("/web/state.js");
            return events.reduce(fold, fromJoin(join));
        }""",
        [old, events["data"]],
    )
    assert events["next_after"] == fresh["stream"]["seq"]
    assert folded["seats"] == fresh["seats"]
    assert folded["participants"] == fresh["participants"]["data"]
    assert folded["messages"] == fresh["messages"]
    assert folded["seatRequests"] == fresh["seat_requests"]
    values = {"updated_at", "popularity_index"}
    assert {k: v for k, v in folded["room"].items() if k not in values} == {
        k: v for k, v in fresh["room"].items() if k not in values
    }


async def test_names_and_words_are_only_ever_text(visit: Visit, world: World) -> None:
    page = visit.page
    hostile = "<img src=x onerror=alert(1)>"
    host = await world.register(name=hostile)
    room = await world.room(host, name=f"{hostile} room")
    await world.call("PUT", f"/rooms/{room}/seats/1", host, json={})
    await write(world, host, room, f"{hostile} مرحبا")

    await come_in(page, "غيداء")
    await open_room(page, f"{hostile} room")
    await expect(page.locator("#feed")).to_contain_text(hostile)
    await page.click("#tab-people")
    await expect(page.locator("#people")).to_contain_text(hostile)
    assert await page.locator('img[src="x"]').count() == 0
    await expect(page.locator("#me bdi")).to_have_attribute("dir", "auto")


async def test_a_stream_that_begins_anew_is_joined_again(visit: Visit, world: World) -> None:
    page = visit.page
    (host,) = await world.people(1)
    room = await world.room(host, name="Renewed")
    await come_in(page, "Noor")
    await open_room(page, "Renewed")
    world.sql("UPDATE streams SET epoch = epoch + 1 WHERE name = %s", f"room:{room}")
    note = page.locator(".frame[data-op=note]", has_text="state is fetched afresh")
    await expect(note).to_be_visible()
    await write(world, host, room, "after the new beginning")
    await expect(page.locator("#feed .said", has_text="after the new")).to_have_count(1)


async def test_moved_elsewhere_and_back(visit: Visit, world: World) -> None:
    page = visit.page
    host, other = await world.people(2)
    room = await world.room(host, name="Here")
    elsewhere = await world.room(other, name="There")
    await come_in(page, "Sami")
    await open_room(page, "Here")
    token = await page.evaluate("sessionStorage.getItem('flylive.token')")
    sami = Person(0, token, {})
    await world.call("POST", f"/rooms/{elsewhere}/join", sami, json={})
    await expect(page.locator("#outside")).to_contain_text("You are in another room now.")
    await page.click("#come-back")
    await expect(page.locator("#outside")).to_be_hidden()
    await write(world, host, room, "welcome back")
    await expect(page.locator("#feed")).to_contain_text("welcome back")


async def test_a_private_room_asks_for_its_password(visit: Visit, world: World) -> None:
    page = visit.page
    (host,) = await world.people(1)
    await world.room(host, name="Behind a door", type="private", password="sesame")
    visit.expected.append(r"status of 403 .*/join")
    await come_in(page, "Ali")
    await page.locator(".room-card", has_text="Behind a door").click()
    await page.fill("#password-form input", "wrong")
    await page.press("#password-form input", "Enter")
    await expect(page.locator("#password-form .fault")).to_contain_text("4 tries left")
    await page.fill("#password-form input", "sesame")
    await page.press("#password-form input", "Enter")
    await expect(page.locator("#room-name")).to_have_text("Behind a door")


async def test_logging_in_out_and_a_reload(visit: Visit, world: World) -> None:
    page = visit.page
    person = await world.register(name="Jana", email="jana@flylive.example")
    await world.room(person, name="Jana’s")
    visit.expected.append(r"status of 401 .*/auth/login")
    await page.fill("#log-in [name=login]", "jana@flylive.example")
    await page.fill("#log-in [name=password]", "not her password")
    await page.click("#log-in button")
    await expect(page.locator("#log-in .fault")).to_be_visible()
    await page.fill("#log-in [name=password]", "a long password")
    await page.click("#log-in button")
    await open_room(page, "Jana’s")
    await page.reload()
    await expect(page.locator("#room-name")).to_have_text("Jana’s")
    await page.click("#log-out")
    await expect(page.locator("#entrance")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_revoked_token_ends_the_visit(visit: Visit, world: World) -> None:
    page = visit.page
    await world.register(name="Rami", email="rami@flylive.example")
    await page.fill("#log-in [name=login]", "rami@flylive.example")
    await page.fill("#log-in [name=password]", "a long password")
    await page.click("#log-in button")
    await expect(page.locator("#status")).to_have_text(LIVE)
    visit.expected.append(r"status of 401")
    token = await page.evaluate("sessionStorage.getItem('flylive.token')")
    await world.call("POST", "/auth/logout", Person(0, token, {}))
    await expect(page.locator("#entrance")).to_be_visible()
    await expect(page.locator("#toasts")).to_contain_text("logged out")


async def test_on_a_phone_and_by_keyboard(visit: Visit, world: World, tmp_path: Path) -> None:
    page = visit.page
    (host,) = await world.people(1)
    await world.room(host, name="A rather long name for a small room", mic_seat_quantity=12)
    await page.set_viewport_size({"width": 360, "height": 740})

    async def overflow() -> int:
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return int(wide)

    assert await overflow() <= 0
    await come_in(page, "Maha")
    assert await overflow() <= 0
    card = page.locator(".room-card", has_text="A rather long name")
    await card.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#room-name")).to_be_focused()
    for tab in ("chat", "gifts", "stream", "people", "wallet"):
        await page.click(f"#tab-{tab}")
        await expect(page.locator(f"#panel-{tab}")).to_be_visible()
        assert await page.locator(".panel:visible").count() == 1
        assert await overflow() <= 0
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#panel-people")).to_be_visible()
    await page.screenshot(path=tmp_path / "phone.png")
