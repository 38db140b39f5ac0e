"""The reference provider of ``examples/`` against the real platform, through the API alone."""

import asyncio
from decimal import Decimal
from pathlib import Path

import httpx
import psycopg
import pytest
from litestar import Litestar

from examples.game_provider import wallet, web
from examples.game_provider.house import House as Provider
from examples.game_provider.house import Refused, verify
from examples.game_provider.journal import Journal
from flylive.config import Settings
from flylive.wallet import proof
from tests.games.hands import House, coins, ledger, make_house
from tests.world import Person, World


@pytest.fixture(scope="module")
def houses(world: World, settings: Settings) -> dict[str, House]:
    """Both games, of one provider each."""
    return {
        code: make_house(world, settings, code=code, max_win="100000.00")
        for code in ("teen_patti", "fruit_loop")
    }


def provider(app: Litestar, house: House, folder: Path) -> Provider:
    """The reference provider, with the platform behind its client."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 40_001))
    client = httpx.AsyncClient(transport=transport, base_url="http://flylive.test")
    return Provider(wallet.Wallet(client, "/v1", house.secret), Journal(folder / "journal.sqlite3"))


@pytest.mark.parametrize(("game", "choice"), [("teen_patti", "a"), ("fruit_loop", "mango")])
async def test_rounds_move_coins_as_they_say(
    world: World,
    app: Litestar,
    houses: dict[str, House],
    player: Person,
    tmp_path: Path,
    game: str,
    choice: str,
) -> None:
    house = houses[game]
    theirs = provider(app, house, tmp_path)
    session = await house.session(player)
    for _ in range(5):
        before = await coins(world, player)
        opened = await theirs.open(game, session)
        done = await theirs.play(opened["round_id"], session, "mine", {choice: "10.00"})
        assert verify(done) == []
        after = before - 10 + Decimal(done["won"])
        assert await coins(world, player) == after == Decimal(done["coin_balance"])
    assert [kind for kind, _ in ledger(world, player)].count("game_bet") == 5


async def test_refusals_reach_the_player(
    world: World, app: Litestar, houses: dict[str, House], player: Person, tmp_path: Path
) -> None:
    house = houses["fruit_loop"]
    theirs = provider(app, house, tmp_path)
    session = await house.session(player)
    opened = await theirs.open("fruit_loop", session)
    await world.call("DELETE", "/games/fruit_loop/sessions", player)
    with pytest.raises(Refused) as refusal:
        await theirs.play(opened["round_id"], session, "mine", {"apple": "1"})
    assert refusal.value.document["code"] == "game.session_ended"
    with pytest.raises(Refused) as refusal:
        await theirs.open("fruit_loop", session)
    assert refusal.value.document["code"] == "game.session_ended"


async def test_many_players_at_once(
    world: World, app: Litestar, houses: dict[str, House], tmp_path: Path
) -> None:
    house = houses["teen_patti"]
    theirs = provider(app, house, tmp_path)
    people = await world.people(4)
    for person in people:
        await world.recharge(person, 100)

    async def play(person: Person) -> Decimal:
        session, total = await house.session(person), Decimal(100)
        for _ in range(4):
            opened = await theirs.open("teen_patti", session)
            done = await theirs.play(opened["round_id"], session, "mine", {"b": "5", "c": "5"})
            total += Decimal(done["won"]) - 10
        return total

    totals = await asyncio.gather(*(play(person) for person in people))
    assert totals == [await coins(world, person) for person in people]
    with psycopg.connect(world.owner_dsn) as connection:
        assert proof.check(connection, print) == 0


async def test_its_own_addresses(
    app: Litestar, houses: dict[str, House], player: Person, tmp_path: Path
) -> None:
    house = houses["fruit_loop"]
    app_of_theirs = web.create_app("http://127.0.0.1:9/v1", house.secret, tmp_path / "web.sqlite3")
    transport = httpx.ASGITransport(app=app_of_theirs)
    async with httpx.AsyncClient(transport=transport, base_url="http://games.test") as client:
        page = await client.get("/fruit_loop?session=x")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert (await client.get("/no_such_game")).status_code == 404
        assert (await client.get("/rounds/none")).json()["code"] == "no_such_round"
        wrong = await client.post("/rounds/none/play", json={"session": 1})
        assert wrong.status_code == 400
