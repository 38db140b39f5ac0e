"""What the staff do with providers and games, and that no secret is told twice."""

from typing import Any

import httpx
import pytest

from flylive.accounts.staff import Role
from flylive.config import Settings
from flylive.games import signing
from tests.games.hands import House, coins, ledger, name
from tests.world import Person, World

REASON = {"reason": "the contract is signed"}


@pytest.fixture
async def admin(world: World) -> Person:
    """An admin."""
    person = await world.register()
    world.sql(
        "INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, Role.ADMIN.value
    )
    return person


async def act(world: World, admin: Person, method: str, path: str, **body: Any) -> httpx.Response:
    return await world.call(method, f"/admin{path}", admin, json=REASON | body)


async def test_a_provider_from_contract_to_leak(
    world: World, settings: Settings, admin: Person, player: Person
) -> None:
    made = await act(world, admin, "POST", "/game-providers", name="acme_games")
    assert made.status_code == 201, made.text
    provider, secret = made.json()["provider"], made.json()["secret"]
    taken = await act(world, admin, "POST", "/game-providers", name="acme_games")
    assert (taken.status_code, taken.json()["code"]) == (409, "game.name_taken")
    game = {
        "provider_id": provider["id"],
        "code": "dice",
        "name": " Dice ",
        "launch_url": "https://acme.example/dice",
        "min_bet": "0.50",
        "max_bet": 100,
        "max_win": "600",
        "blocked_countries": ["SAU"],
    }
    answer = await act(world, admin, "POST", "/games", **game)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["name"], shown["min_bet"], shown["blocked_countries"]) == ("Dice", "0.50", ["SA"])
    again = await act(world, admin, "POST", "/games", **game)
    assert again.json()["code"] == "game.name_taken"
    unknown = await act(world, admin, "POST", "/games", **game | {"provider_id": 10**9})
    assert unknown.json()["code"] == "game.provider_not_found"

    house = House(world, settings, provider["id"], shown["id"], "dice", secret)
    token = await house.session(player)
    assert (await house.bet(token, "0.50")).status_code == 200

    rotated = await act(world, admin, "POST", f"/game-providers/{house.id}/secret")
    fresh = rotated.json()["secret"]
    assert fresh != secret
    assert (await house.bet(token, 1)).status_code == 200
    path, content, headers = house.signed("bet", house.words(token, 1), secret=fresh)
    answer = await world.client.post(path, content=content, headers=headers)
    assert answer.status_code == 200
    leak = f"/game-providers/{house.id}/secret"
    newest = (await act(world, admin, "POST", leak, drops_previous=True)).json()["secret"]
    for old in (secret, fresh):
        path, content, headers = house.signed("bet", house.words(token, 1), secret=old)
        answer = await world.client.post(path, content=content, headers=headers)
        assert answer.status_code == 401
    house.secret = newest

    await act(world, admin, "PATCH", f"/game-providers/{house.id}", is_active=False)
    assert (await house.bet(token, 1)).json()["code"] == "game.provider_suspended"
    listed = (await world.call("GET", "/admin/game-providers", admin)).text
    log = world.sql("SELECT string_agg(to_jsonb(a)::text, '') FROM audit_log a")[0][0]
    for one in (secret, fresh, newest):
        assert one not in listed
        assert one not in log
        assert signing.sign(one, "POST", "/", "1", b"") not in log


async def test_a_game_is_switched_by_country(
    world: World, house: House, admin: Person, player: Person
) -> None:
    token = await house.session(player)
    path = f"/games/{house.game_id}"
    await act(world, admin, "PATCH", path, blocked_countries=["AE"])
    assert (await house.bet(token, 10)).json()["code"] == "game.not_in_country"
    await act(world, admin, "PATCH", path, blocked_countries=None, country_restrictions=["IN"])
    assert (await house.bet(token, 10)).json()["code"] == "game.not_in_country"
    await act(world, admin, "PATCH", path, country_restrictions=None, is_active=False)
    assert (await house.bet(token, 10)).json()["code"] == "game.closed"
    await act(world, admin, "PATCH", path, is_active=True)
    assert (await house.bet(token, 10)).status_code == 200
    actions = world.sql(
        "SELECT action, reason FROM audit_log WHERE subject_type = 'game' AND subject_id = %s",
        house.game_id,
    )
    assert actions == [("game.edit", REASON["reason"])] * 4


@pytest.mark.parametrize(
    "change",
    [
        {"min_bet": 0},
        {"min_bet": "2000"},
        {"max_bet": "0.50"},
        {"max_win": 10},
        {"launch_url": "javascript:alert(1)"},
        {"launch_url": "https://x.example/#y"},
        {"thumbnail_url": "javascript:alert(1)"},
        {"country_restrictions": []},
        {"blocked_countries": ["XX"]},
        {"name": " "},
        {"code": "other"},
        {},
    ],
)
async def test_wrong_changes(
    world: World, house: House, admin: Person, change: dict[str, Any]
) -> None:
    before = world.sql("SELECT to_jsonb(g) FROM games g WHERE id = %s", house.game_id)
    answer = await act(world, admin, "PATCH", f"/games/{house.game_id}", **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), answer.text
    assert world.sql("SELECT to_jsonb(g) FROM games g WHERE id = %s", house.game_id) == before


async def test_what_was_played(world: World, house: House, admin: Person, player: Person) -> None:
    token = await house.session(player)
    round_id = name()
    await house.bet(token, 10, round_id=round_id)
    await house.win(token, 5, round_id=round_id)
    await house.bet(token, 1000)
    query = f"?user_id={player.id}&limit=2"
    first = (await world.call("GET", f"/admin/game-transactions{query}", admin)).json()
    assert [(row["type"], row["status"], row["code"]) for row in first["data"]] == [
        ("bet", 409, "wallet.insufficient_coins"),
        ("win", 200, None),
    ]
    second = (
        await world.call(
            "GET", f"/admin/game-transactions{query}&cursor={first['next_cursor']}", admin
        )
    ).json()
    assert [row["amount"] for row in second["data"]] == ["10.00"]
    one = await world.call(
        "GET", f"/admin/game-transactions?user_id={player.id}&round_id={round_id}", admin
    )
    assert len(one.json()["data"]) == 2
    assert await coins(world, player) == 995
    assert len(ledger(world, player)) == 2
