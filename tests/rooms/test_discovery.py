"""Finding rooms: order, filters, names, and pages that stay right while rooms come and go."""

from typing import Any

import pytest

from tests.world import Person, World

COUNT = 60


@pytest.fixture(scope="module")
async def visitor(world: World) -> Person:
    """Somebody who looks at sixty rooms, many of them alike."""
    visitor = await world.register()
    owner = await world.register()
    world.sql(
        """
        INSERT INTO rooms (user_id, name, logo, country, type, password, participant_count,
                           total_coins_spent, popularity_index, is_featured)
        SELECT %s, 'Listed ' || chr(64 + i %% 7) || ' number ' || i, '/assets/rooms/1.svg',
               (ARRAY['PK', 'EG'])[1 + i %% 2],
               CASE WHEN i %% 5 = 0 THEN 'private' ELSE 'public' END,
               CASE WHEN i %% 5 = 0 THEN 'hash' END, i %% 4, (i %% 3) * 100, i %% 6, i %% 10 = 0
        FROM generate_series(1, %s) i
        """,
        owner.id,
        COUNT,
    )
    for name, status, hidden, gone in (
        ("Listed but suspended", "suspended", False, False),
        ("Listed but inactive", "inactive", False, False),
        ("Listed but hidden", "active", True, False),
        ("Listed but gone", "active", False, True),
        ("Listed %_ odd \\ name", "active", False, False),
        ("غرفة listed ليلى", "active", False, False),
    ):
        world.sql(
            "INSERT INTO rooms (user_id, name, logo, country, status, is_hidden, deleted_at)"
            " VALUES (%s, %s, '/assets/rooms/1.svg', 'SA', %s, %s,"
            " CASE WHEN %s THEN now() END)",
            owner.id,
            name,
            status,
            hidden,
            gone,
        )
    return visitor


async def pages(world: World, visitor: Person, query: str, limit: int = 7) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        path = f"/rooms?{query}&limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        answer = await world.call("GET", path, visitor)
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize(
    ("sort", "column"),
    [
        ("popular", "popularity_index"),
        ("coins", "total_coins_spent"),
        ("participants", "participant_count"),
        ("newest", "id"),
    ],
)
async def test_each_room_once_and_in_order(
    world: World, visitor: Person, sort: str, column: str
) -> None:
    found = await pages(world, visitor, f"sort={sort}")
    keys = [(float(room[column]), room["id"]) for room in found]
    assert keys == sorted(keys, reverse=True)
    assert len({room["id"] for room in found}) == len(found) == COUNT + 2


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("country=PK", lambda room: room["country"] == "PK"),
        ("country=PAK", lambda room: room["country"] == "PK"),
        ("type=private", lambda room: room["type"] == "private"),
        ("type=public&sort=coins", lambda room: room["type"] == "public"),
        ("featured=true", lambda room: room["is_featured"]),
        (
            "featured=false&country=EG",
            lambda room: not room["is_featured"] and room["country"] == "EG",
        ),
    ],
)
async def test_filters(world: World, visitor: Person, query: str, matches: Any) -> None:
    everything = await pages(world, visitor, "sort=newest", 100)
    found = await pages(world, visitor, query)
    assert {room["id"] for room in found} == {room["id"] for room in everything if matches(room)}
    assert found


async def test_followed(world: World, visitor: Person) -> None:
    everything = await pages(world, visitor, "sort=newest", 100)
    followed = {room["id"] for room in everything[::9]}
    for room_id in followed:
        await world.call("PUT", f"/rooms/{room_id}/follow", visitor)
    assert {room["id"] for room in await pages(world, visitor, "followed=true")} == followed
    others = await pages(world, visitor, "followed=false&sort=coins")
    assert {room["id"] for room in others} == {room["id"] for room in everything} - followed


@pytest.mark.parametrize(
    ("q", "count"),
    [
        ("number", COUNT),
        ("NUMBER 7", 1),
        ("umbe", COUNT),
        ("li", COUNT + 2),
        ("A", 9),
        ("st", 0),
        ("%_", 1),
        ("\\", 1),
        ("%25", 0),
        ("ليل", 1),
        ("غ", 1),
        ("suspended", 0),
        ("hidden", 0),
        ("gone", 0),
        ("   number 60   ", 1),
    ],
)
async def test_names(world: World, visitor: Person, q: str, count: int) -> None:
    """Three letters and more anywhere; one or two where a word begins."""
    answer = await world.client.get(
        "/v1/rooms", params={"q": q, "limit": 100}, headers=visitor.headers
    )
    assert answer.status_code == 200
    assert len(answer.json()["data"]) == count, q


async def test_a_blank_name_is_refused(world: World, visitor: Person) -> None:
    answer = await world.client.get("/v1/rooms", params={"q": "  "}, headers=visitor.headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "q"


async def test_pages_stay_right_while_rooms_are_opened(world: World, visitor: Person) -> None:
    first = (await world.call("GET", "/rooms?sort=popular&limit=20", visitor)).json()
    for _ in range(3):
        owner = await world.register()
        new = await world.room(owner)
        world.sql("UPDATE rooms SET popularity_index = 1000 WHERE id = %s", new)
    rest: list[Any] = []
    cursor = first["next_cursor"]
    while cursor:
        page = (
            await world.call("GET", f"/rooms?sort=popular&limit=20&cursor={cursor}", visitor)
        ).json()
        rest, cursor = rest + page["data"], page["next_cursor"]
    seen = [room["id"] for room in first["data"] + rest]
    assert len(seen) == len(set(seen)) == COUNT + 2
