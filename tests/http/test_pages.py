"""Lists come in pages: all of them alike, each row once, none left out."""

from typing import Any

import pytest

from tests.rooms.hands import appoint, ask
from tests.world import Person, World


async def a_room(world: World) -> tuple[Person, str]:
    owner, *guests = await world.people(4)
    room_id = await world.room(owner, *guests)
    await appoint(world, room_id, owner, *guests)
    for guest in guests:
        assert (await ask(world, room_id, guest)).status_code == 201
    return owner, f"/rooms/{room_id}"


async def moderators(world: World) -> tuple[Person, str]:
    owner, room = await a_room(world)
    return owner, f"{room}/moderators"


async def seat_requests(world: World) -> tuple[Person, str]:
    owner, room = await a_room(world)
    return owner, f"{room}/seat-requests"


async def games(world: World) -> tuple[Person, str]:
    [[provider]] = world.sql("INSERT INTO game_providers (name) VALUES ('paged') RETURNING id")
    for number in range(3):
        world.sql(
            "INSERT INTO games (provider_id, code, name, launch_url, min_bet, max_bet, max_win)"
            " VALUES (%s, %s, 'Paged', 'https://games.example/', 1, 10, 100)",
            provider,
            f"paged_{number}",
        )
    return await world.register(), "/games"


async def badge_progress(world: World) -> tuple[Person, str]:
    for number in range(3):
        world.sql(
            "INSERT INTO badges (name, category, requirements, icon_url) VALUES"
            " (%s, 'achievement', '{\"metric\": \"gifts_sent\", \"gte\": 5}', '/a.svg')",
            f"Paged {number}",
        )
    return await world.register(), "/me/badges/progress"


async def packages(world: World) -> tuple[Person, str]:
    dear, _, other, _ = [world.package(100) for _ in range(4)]
    world.sql("UPDATE recharge_packages SET price = 99.50 WHERE id = %s", dear)
    popular = "UPDATE recharge_packages SET is_popular = true WHERE id = ANY (%s)"
    world.sql(popular, [dear, other])
    return await world.register(), "/recharge/packages"


async def identities(world: World) -> tuple[Person, str]:
    person = await world.register()
    for provider in ("google", "facebook"):
        world.sql(
            "INSERT INTO user_identities (user_id, provider, provider_id) VALUES (%s, %s, %s)",
            person.id,
            provider,
            f"{person.id}",
        )
    return person, "/me/identities"


@pytest.mark.parametrize(
    "made", [moderators, seat_requests, packages, identities, games, badge_progress]
)
async def test_page_by_page_is_the_whole_list(world: World, made: Any) -> None:
    person, path = await made(world)
    whole = (await world.call("GET", f"{path}?limit=100", person)).json()
    assert len(whole["data"]) >= 2
    assert whole["next_cursor"] is None
    rows: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        glue = f"&cursor={cursor}" if cursor else ""
        page = (await world.call("GET", f"{path}?limit=1{glue}", person)).json()
        assert len(page["data"]) == 1
        rows += page["data"]
        cursor = page["next_cursor"]
    assert rows == whole["data"]
    for wrong in ("limit=0", "limit=101", "cursor=nonsense"):
        refused = await world.call("GET", f"{path}?{wrong}", person)
        assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")
