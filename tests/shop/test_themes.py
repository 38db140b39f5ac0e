"""Themes: bought once or free, set on one's room, and styles that can only colour."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive.clock import now, turned_to
from flylive.shop.rules import PROPERTIES, check_styles, safe_styles
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.progression.hands import answer, edit, events, keeper, theme
from tests.rooms.fold import fold
from tests.shop.test_frames import traces
from tests.world import Person, World


async def buy(world: World, person: Person, theme_id: int) -> httpx.Response:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return await world.call("POST", f"/themes/{theme_id}/purchase", person, headers=key)


async def put(world: World, person: Person, room: int, theme_id: int | None) -> httpx.Response:
    return await world.call("PUT", f"/rooms/{room}/theme", person, json={"theme_id": theme_id})


async def test_bought_once_whoever_races(world: World, addresses: Addresses) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    dusk = theme(world, price="30.25", name="Dusk")
    answers = await asyncio.gather(*(buy(world, person, dusk) for _ in range(6)))
    codes = sorted((one.status_code, one.json().get("code", "")) for one in answers)
    assert codes == [(201, ""), *[(409, "theme.owned_already")] * 5]
    assert (await world.wallet(person))["coin_balance"] == "69.75"
    [owned] = (await answer(world, person, "/me/themes"))["data"]
    assert (owned["theme_id"], owned["price"], owned["theme"]["name"]) == (dusk, "30.25", "Dusk")
    told = [e["data"] for e in events(world, person) if e["data"].get("kind") == "theme_owned"]
    assert [data["theme"] for data in told] == [owned]
    row = world.sql(
        "SELECT amount::text, transactionable_type, transactionable_id FROM transactions"
        " WHERE user_id = %s AND type = 'theme_purchase'",
        person.id,
    )
    assert row == [("30.25", "Theme", dusk)]
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_every_gate_refuses_by_name_and_takes_nothing(world: World) -> None:
    person = await world.register()
    await world.recharge(person, 20)
    for code, status, theme_id in (
        ("theme.not_found", 404, 10**9),
        ("theme.inactive", 409, theme(world, is_active=False)),
        ("theme.free", 409, theme(world, price=0)),
        ("theme.vip_required", 403, theme(world, vip_level_required=3)),
        ("wallet.insufficient_coins", 409, theme(world, price="20.01")),
    ):
        before = traces(world, person)
        refused = await buy(world, person, theme_id)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert traces(world, person) == before, code
    gated = theme(world, vip_level_required=3, price=1)
    world.sql(
        "UPDATE users SET vip_level = 3, vip_expires_at = now() + interval '1 hour' WHERE id = %s",
        person.id,
    )
    with turned_to(now() + timedelta(hours=1, seconds=1)):
        assert (await buy(world, person, gated)).json()["code"] == "theme.vip_required"
    assert (await buy(world, person, gated)).status_code == 201


async def test_only_the_owned_and_the_free_are_set_by_the_owner(world: World) -> None:
    owner, guest = await world.people(2)
    await world.recharge(owner, 100)
    room = await world.room(owner, guest)
    free, bought = theme(world, price=0), theme(world, price=5)
    gated = theme(world, price=0, vip_level_required=1)

    def state() -> list[Any]:
        seq = "SELECT max(e.seq) FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        return [
            world.sql("SELECT theme_id FROM rooms WHERE id = %s", room),
            world.sql(f"{seq} WHERE s.name = %s", f"room:{room}"),
        ]

    for person, theme_id, status, code in (
        (guest, free, 403, "room.owner_only"),
        (owner, 10**9, 404, "theme.not_found"),
        (owner, bought, 403, "theme.not_owned"),
        (owner, gated, 403, "theme.vip_required"),
        (owner, theme(world, price=0, is_active=False), 409, "theme.inactive"),
    ):
        before = state()
        refused = await put(world, person, room, theme_id)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert state() == before
    screen = (await world.call("POST", f"/rooms/{room}/join", guest, json={})).json()
    stream = screen["stream"]
    client = {"room": screen["room"], "seats": [], "participants": [], "messages": [],
              "seat_requests": []}  # fmt: skip
    assert (await put(world, owner, room, free)).json()["theme_id"] == free
    assert (await buy(world, owner, bought)).status_code == 201
    assert (await put(world, owner, room, bought)).json()["theme_id"] == bought
    after = state()
    assert (await put(world, owner, room, bought)).json()["theme_id"] == bought
    assert state() == after
    page = await answer(world, guest, f"/rooms/{room}/events?after={stream['seq']}")
    client = fold(client, page["data"])
    assert client["room"] == (await answer(world, guest, f"/rooms/{room}"))
    assert client["room"]["theme_id"] == bought
    # Retired, it stays where it is, and is shown to who must draw it.
    world.sql("UPDATE themes SET is_active = false WHERE id = %s", bought)
    assert (await answer(world, guest, f"/themes/{bought}"))["is_active"] is False
    assert (await put(world, owner, room, None)).json()["theme_id"] is None
    assert (await put(world, owner, room, bought)).json()["code"] == "theme.inactive"


async def test_of_themes_set_at_once_the_last_event_is_what_the_room_has(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    themes = [theme(world, price=0) for _ in range(6)]
    answers = await asyncio.gather(*(put(world, owner, room, one) for one in themes))
    assert {one.status_code for one in answers} == {200}
    page = await answer(world, owner, f"/rooms/{room}/events?after=0&limit=100")
    last = [e["data"]["room"] for e in page["data"] if e["type"] == "room.updated"][-1]
    assert last == await answer(world, owner, f"/rooms/{room}")


async def test_the_catalogue_marks_what_the_caller_has_and_may_set(world: World) -> None:
    person = await world.register()
    await world.recharge(person, 100)
    free, bought, dear = theme(world, price=0), theme(world), theme(world)
    gated = theme(world, price=0, vip_level_required=2)
    await buy(world, person, bought)
    shown: dict[int, Any] = {}
    cursor = ""
    while True:
        page = await answer(world, person, f"/themes?limit=3{cursor}")
        shown |= {row["id"]: (row["is_owned"], row["can_set"]) for row in page["data"]}
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [shown[one] for one in (free, bought, dear, gated)] == [
        (True, True), (True, True), (False, False), (True, False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("--room-accent", "red; } body { display: none"),
        ("--room-accent", "url(https://elsewhere.example/x.png)"),
        ("--room-surface", "linear-gradient(90deg, url(x), #000)"),
        ("--room-surface", "#fff\n"),
        ("--room-radius", "12px; position: fixed"),
        ("--room-radius", "100vw"),
        ("--room-background-opacity", "2"),
        ("--room-accent", 7),
        ("--room-accent", None),
        ("--room-accent", "var(--other)"),
        ("position", "fixed"),
        ("--room-accent-", "#fff"),
        ("background", "#fff"),
    ],
)
async def test_styles_are_only_properties_of_the_list(name: str, value: Any) -> None:
    assert list(check_styles({name: value})) == [name]
    assert safe_styles({name: value, "--room-text": "#fff"}) == {"--room-text": "#fff"}


def test_every_property_takes_what_its_words_say() -> None:
    fitting = {
        "--room-surface": "linear-gradient(135deg, #1b1830 0%, rgba(0, 0, 0, 0.5) 100%)",
        "--room-radius": "12px",
        "--room-background-opacity": "0.85",
    }
    styles = {name: fitting.get(name, "#3c78d8") for name in PROPERTIES}
    assert check_styles(styles) == {}


@given(
    st.text(st.sampled_from("#0123456789abcdefpx()%,. rgbalinear-gdt;{}/*\\url\n'\""), max_size=40)
)
def test_no_value_of_a_style_leaves_its_declaration(value: str) -> None:
    for name in PROPERTIES:
        if not check_styles({name: value}):
            assert not set(value) & set(";{}/*\\\n'\"")
            assert "url" not in value
            assert value.count("(") == value.count(")")


async def test_staff_keep_exactly_one_default_theme(world: World) -> None:
    staff = await keeper(world)
    world.sql("UPDATE themes SET is_default = false")
    new = {"name": "Plain", "css_styles": {"--room-text": "#fff"}}
    made = await asyncio.gather(
        *(edit(world, staff, "POST", "/themes", **new, is_default=True) for _ in range(3))
    )
    assert {one.status_code for one in made} == {201}
    [[default]] = world.sql("SELECT id FROM themes WHERE is_default")
    for fields in ({"is_default": False}, {"is_active": False}, {"price": 1},
                   {"vip_level_required": 1}):  # fmt: skip
        refused = await edit(world, staff, "PATCH", f"/themes/{default}", **fields)
        assert (refused.status_code, refused.json()["code"]) == (409, "theme.default_needed")
    priced = theme(world, price=9)
    refused = await edit(world, staff, "PATCH", f"/themes/{priced}", is_default=True)
    assert refused.json()["code"] == "theme.default_needed"
    other = theme(world, price=0)
    both = await asyncio.gather(
        edit(world, staff, "PATCH", f"/themes/{other}", is_default=True),
        edit(world, staff, "PATCH", f"/themes/{other}", name="Plainer"),
    )
    assert {one.status_code for one in both} == {200}
    assert world.sql("SELECT id FROM themes WHERE is_default") == [(other,)]
    wrong = {"css_styles": {"--room-text": "#fff", "position": "fixed"}}
    refused = await edit(world, staff, "PATCH", f"/themes/{other}", **wrong)
    assert refused.status_code == 422
    assert [e["field"] for e in refused.json()["errors"]] == ["css_styles.position"]
    # What an adopted database brought is not handed on.
    world.sql("""UPDATE themes SET css_styles = '{"position": "fixed", "--room-text": "#abc"}'
                 WHERE id = %s""", other)  # fmt: skip
    assert (await answer(world, staff, f"/themes/{other}"))["css_styles"] == {"--room-text": "#abc"}
