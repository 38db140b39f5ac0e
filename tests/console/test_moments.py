"""Moments and numbers beyond what Python or the database hold are refused, field by field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from flylive.accounts.staff import Role
from flylive.http import pages
from tests.console.hands import WHY, admin, staffed
from tests.world import Person, World

FAR = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1969-12-31T23:59:59Z",
       "2026-01-01T00:00:00")  # fmt: skip
EDGES = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(2026, 1, 1),  # naive
)


@pytest.fixture(scope="module")
async def boss(world: World) -> Person:
    return await staffed(world, Role.ADMIN)


async def faults(world: World, boss: Person, method: str, path: str, **body: Any) -> list[str]:
    before = world.picture()
    answer = await admin(world, boss, method, path, **body)
    assert answer.status_code == 422, answer.text
    assert world.picture() == before
    return [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("moment", FAR)
@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("path", ["transactions", "transactions.csv", "orders", "audit"])
async def test_lists_between_moments(
    world: World, boss: Person, path: str, name: str, moment: str
) -> None:
    assert await faults(world, boss, "GET", f"/{path}?{name}={moment}") == [name]


@pytest.mark.parametrize("moment", EDGES, ids=["first", "last", "naive"])
async def test_cursors(world: World, boss: Person, moment: datetime) -> None:
    within = "from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z"
    for path, cursor in (
        (f"/transactions?{within}&", pages.encode(moment, 1)),
        ("/transactions?", pages.encode(moment, 1)),
        (f"/users/{boss.id}/timeline?", pages.encode(moment, 1, 1)),
        (f"/users/{boss.id}/gifts?", pages.encode(moment, 1)),
    ):
        assert await faults(world, boss, "GET", f"{path}cursor={cursor}") == ["cursor"], path


@pytest.mark.parametrize("name", ["starts_at", "ends_at"])
@pytest.mark.parametrize("moment", FAR)
async def test_announcements(world: World, boss: Person, name: str, moment: str) -> None:
    body = {"title": "New gifts", "content": "They are here", "audience": "everybody"}
    found = await faults(world, boss, "POST", "/announcements", **body, **WHY, **{name: moment})
    assert found == [name]


@pytest.mark.parametrize("number", ["0" * 20 + "9" * 30, "9" * 19, "-" + "9" * 20, "9" * 5000])
async def test_numbers_in_tables(world: World, boss: Person, number: str) -> None:
    assert await faults(world, boss, "GET", f"/tables/users?id={number}") == ["id"]
