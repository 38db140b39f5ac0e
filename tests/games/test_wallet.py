"""Bets, wins and rollbacks, each once, in whatever order; every refusal moves nothing."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive.clock import now, turned_to
from flylive.config import Settings
from tests.games.hands import House, coins, ledger, make_house, name, unique_time
from tests.world import Person, World


def check(answer: httpx.Response, status: int, **members: Any) -> None:
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert {key: document.get(key) for key in members} == members


async def refused(
    world: World, person: Person, answer: httpx.Response, status: int, code: str
) -> None:
    """A refusal that a retry hears again."""
    check(answer, status, code=code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_bet_win_and_balance(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    check(
        await house.call("balance", session_token=token),
        200,
        player_id=player.id,
        coin_balance="1000.00",
    )
    bet = await house.bet(token, "10.50", transaction_id="b1", round_id="r1")
    check(bet, 200, transaction_id="b1", amount="10.50", coin_balance="989.50")
    win = await house.win(token, 30, transaction_id="w1", round_id="r1")
    check(win, 200, transaction_id="w1", amount="30.00", coin_balance="1019.50")
    assert ledger(world, player) == [
        ("game_bet", Decimal("10.50")),
        ("game_win", Decimal("30.00")),
    ]
    rows = world.sql(
        "SELECT t.metadata, g.type, g.user_id FROM transactions t JOIN game_transactions g"
        " ON g.id = t.transactionable_id AND g.created_at = t.created_at"
        " WHERE t.transactionable_type = 'GameTransaction' AND t.user_id = %s ORDER BY t.id",
        player.id,
    )
    words = {"game": house.game, "round": "r1"}
    assert rows == [(words, "bet", player.id), (words, "win", player.id)]


async def test_the_same_id_gets_the_same_answer(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    words = {"transaction_id": name(), "round_id": name()}
    first = await house.bet(token, 10, **words)
    # Another session, another way to write the amount: the same call.
    again = await house.bet(await house.session(player), "10.00", **words)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    for change in ({"amount": 11}, {"round_id": name()}):
        check(
            await house.call("bet", **house.words(token, 10) | words | change),
            422,
            code="game.transaction_reused",
        )
    check(await house.win(token, 10, **words), 422, code="game.transaction_reused")
    other = await world.register()
    await world.recharge(other, 100)
    stolen = await house.bet(await house.session(other), 10, **words)
    check(stolen, 422, code="game.transaction_reused")
    assert await coins(world, player) == 990
    assert await coins(world, other) == 100


async def test_no_money_answers_the_balance_and_stays_refused(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    await house.bet(token, 995)
    words = {"transaction_id": name(), "round_id": name()}
    poor = await house.bet(token, 6, **words)
    check(poor, 409, code="wallet.insufficient_coins", coin_balance="5.00", needed="6.00")
    await world.recharge(player, 100)
    # Under this id it was refused; a new try is a new id.
    assert (await house.bet(token, 6, **words)).content == poor.content
    check(await house.bet(token, 6), 200, coin_balance="99.00")


async def test_rollback_and_rollback_again(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    await house.bet(token, 40, transaction_id="rb-bet", round_id="rb-round")
    back = await house.roll_back(token, "rb-bet", transaction_id="rb-1")
    check(back, 200, transaction_id="rb-1", amount="40.00", coin_balance="1000.00")
    assert (await house.roll_back(token, "rb-bet", transaction_id="rb-1")).content == back.content
    second = await house.roll_back(token, "rb-bet")
    check(second, 200, amount="0.00", coin_balance="1000.00")
    check(await house.win(token, 5, round_id="rb-round"), 409, code="game.bet_rolled_back")
    assert [kind for kind, _ in ledger(world, player)] == ["game_bet", "game_rollback"]


async def test_rollback_before_its_bet(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    check(await house.roll_back(token, "late-bet"), 200, amount="0.00")
    late = await house.bet(token, 40, transaction_id="late-bet", round_id="late")
    check(late, 409, code="game.bet_rolled_back")
    again = await house.bet(token, 40, transaction_id="late-bet", round_id="late")
    assert again.content == late.content
    check(await house.roll_back(token, "late-bet"), 200, amount="0.00")
    assert ledger(world, player) == []
    assert await coins(world, player) == 1000


async def test_wins_without_a_bet_of_the_players(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    other = await world.register()
    await world.recharge(other, 100)
    others = await house.session(other)
    await house.bet(others, 10, round_id="shared")
    check(await house.win(token, 10, round_id="shared"), 409, code="game.no_bet")
    check(await house.win(token, 10), 409, code="game.no_bet")
    poor = await house.bet(token, 1000, round_id="too dear".replace(" ", "-"))
    check(poor, 200)
    check(await house.bet(token, 1, round_id="broke"), 409, code="wallet.insufficient_coins")
    check(await house.win(token, 10, round_id="broke"), 409, code="game.no_bet")
    check(await house.win(others, 10, round_id="shared"), 200, amount="10.00")


async def test_a_settled_round(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    await house.bet(token, 10, transaction_id="s-1", round_id="s")
    await house.bet(token, 20, transaction_id="s-2", round_id="s")
    check(await house.win(token, 0, round_id="s"), 200, amount="0.00", coin_balance="970.00")
    check(await house.bet(token, 20, round_id="s"), 409, code="game.round_settled")
    check(await house.roll_back(token, "s-1"), 409, code="game.round_settled")
    check(await house.win(token, 4_999, round_id="s"), 200)
    too_much = await house.win(token, 2, round_id="s")
    check(too_much, 409, code="game.win_too_large", max_win="5000.00", won="4999.00")
    assert len(ledger(world, player)) == 3


async def test_what_is_no_bet_does_not_roll_back(
    world: World, settings: Settings, house: House, player: Person
) -> None:
    token = await house.session(player)
    await house.bet(token, 10, transaction_id="n-bet", round_id="n")
    await house.win(token, 10, transaction_id="n-win", round_id="n")
    other = await world.register()
    check(await house.roll_back(token, "n-win"), 409, code="game.not_a_bet")
    stranger = await house.session(other)
    check(await house.roll_back(stranger, "n-bet"), 409, code="game.not_a_bet")
    # Another provider's ids are his own.
    elsewhere = make_house(world, settings)
    theirs = await elsewhere.session(player)
    check(await elsewhere.roll_back(theirs, "n-bet"), 200, amount="0.00")
    check(await elsewhere.bet(theirs, 10, transaction_id="n-win"), 200)
    assert await coins(world, player) == 990


@pytest.mark.parametrize("amount", ["0.99", "1000.01", "9999999999999999.99"])
async def test_stakes_within_the_limits(
    world: World, house: House, player: Person, amount: str
) -> None:
    token = await house.session(player)
    answer = await house.bet(token, amount)
    check(answer, 409, code="game.bet_out_of_range", min_bet="1.00", max_bet="1000.00")
    assert ledger(world, player) == []


@pytest.mark.parametrize("amount", [0, "0", -1, "-1", 1.5, "1.001", "1e3", "", None, True, "x"])
async def test_what_is_no_amount(
    world: World, house: House, player: Person, amount: object
) -> None:
    token = await house.session(player)
    words = {"transaction_id": name()}
    check(await house.bet(token, amount, **words), 422, code="request.invalid")
    # It was not understood, so nothing stands under its id.
    check(await house.bet(token, 10, **words), 200)
    if amount not in (0, "0"):
        check(await house.win(token, amount), 422, code="request.invalid")


async def test_after_the_end_wins_are_paid_and_bets_are_not(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    await house.bet(token, 10, transaction_id="e-1", round_id="e-1")
    await house.bet(token, 20, transaction_id="e-2", round_id="e-2")
    ended = await world.call("DELETE", f"/games/{house.game}/sessions", player)
    assert ended.status_code == 204
    check(await house.bet(token, 10), 409, code="game.session_ended")
    check(await house.call("balance", session_token=token), 409, code="game.session_ended")
    check(await house.win(token, 25, round_id="e-1"), 200, coin_balance="995.00")
    check(await house.roll_back(token, "e-2"), 200, coin_balance="1015.00")


async def test_a_session_expires_and_a_new_one_ends_the_old(
    world: World, settings: Settings, house: House, player: Person
) -> None:
    first = await house.session(player)
    second = await house.session(player)
    check(await house.bet(first, 10), 409, code="game.session_ended")
    check(await house.bet(second, 10, round_id="x"), 200)
    with turned_to(now() + timedelta(minutes=settings.game_session_minutes, seconds=1)):
        path, content, headers = house.signed(
            "bet", house.words(second, 10), at=int(now().timestamp() * 1000)
        )
        late = await world.client.post(path, content=content, headers=headers)
        check(late, 409, code="game.session_ended")
    assert await coins(world, player) == 990


async def test_logging_out_ends_the_session(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    assert (await world.call("POST", "/auth/logout", player)).status_code == 204
    check(await house.bet(token, 10), 409, code="game.session_ended")
    assert ledger(world, player) == []


async def test_sessions_are_of_one_game(
    world: World, settings: Settings, house: House, player: Person
) -> None:
    token = await house.session(player)
    other = make_house(world, settings)
    check(await other.bet(token, 10), 404, code="game.session_not_found")
    check(await house.bet("no-such-token", 10), 404, code="game.session_not_found")


async def test_a_blocked_player_bets_no_more_and_keeps_what_he_wins(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    await house.bet(token, 10, round_id="bl")
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", player.id)
    check(await house.bet(token, 10), 403, code="game.player_unavailable")
    check(await house.call("balance", session_token=token), 403, code="game.player_unavailable")
    check(await house.win(token, 30, round_id="bl"), 200, coin_balance="1020.00")


async def test_a_deleted_player_is_not_paid(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    await house.bet(token, 10, transaction_id="d", round_id="d")
    gone = await world.call("DELETE", "/me", player, json={"password": "a long password"})
    assert gone.status_code == 204
    check(await house.win(token, 30, round_id="d"), 403, code="game.player_unavailable")
    check(await house.roll_back(token, "d"), 403, code="game.player_unavailable")
    check(await house.bet(token, 1), 409, code="game.session_ended")
    [(balance,)] = world.sql("SELECT coin_balance FROM users WHERE id = %s", player.id)
    assert balance == 0


async def test_countries(world: World, settings: Settings) -> None:
    person = await world.register(country="IN")
    await world.recharge(person, 100)
    elsewhere = make_house(world, settings, country_restrictions=["AE", "SA"])
    here = make_house(world, settings, country_restrictions=["IN"])
    switched = make_house(world, settings)
    token = await switched.session(person)
    await switched.bet(token, 10, round_id="c")
    world.sql("UPDATE games SET blocked_countries = '{IN}' WHERE id = %s", switched.game_id)
    answer = await world.call("POST", f"/games/{elsewhere.game}/sessions", person)
    check(answer, 403, code="game.not_in_country")
    check(await switched.bet(token, 10), 403, code="game.not_in_country")
    check(await switched.win(token, 10, round_id="c"), 200)
    listed = (await world.call("GET", "/games?limit=100", person)).json()["data"]
    codes = {game["code"] for game in listed}
    assert here.game in codes
    assert not codes & {elsewhere.game, switched.game}


async def test_games_and_providers_are_switched_off(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    await house.bet(token, 10, round_id="off")
    world.sql("UPDATE games SET is_active = false WHERE id = %s", house.game_id)
    check(await house.bet(token, 10), 409, code="game.closed")
    begun = await world.call("POST", f"/games/{house.game}/sessions", player)
    check(begun, 404, code="game.not_found")
    check(await house.win(token, 10, round_id="off"), 200)
    world.sql("UPDATE game_providers SET is_active = false WHERE id = %s", house.id)
    check(await house.win(token, 10, round_id="off"), 403, code="game.provider_suspended")
    assert await coins(world, player) == 1000


@pytest.fixture
def limited(app: Litestar, settings: Settings) -> Iterator[None]:
    """100 coins may be lost in a day."""
    app.state.settings = settings.model_copy(
        update={"game_daily_loss_coins": 100, "timezone": "Asia/Dubai"}
    )
    yield
    app.state.settings = settings


async def test_the_daily_limit_of_losses(
    world: World, house: House, player: Person, limited: None
) -> None:
    # 19:59 UTC is 23:59 in Dubai.
    evening = (now() + timedelta(days=1)).replace(hour=19, minute=58, second=0)

    async def call(verb: str, amount: int, **fields: Any) -> httpx.Response:
        body = house.words(token, amount) | fields
        at = int(now().timestamp() * 1000) + unique_time() % 1000
        path, content, headers = house.signed(verb, body, at=at)
        return await world.client.post(path, content=content, headers=headers)

    with turned_to(evening):
        token = await house.session(player)
        check(await call("bet", 60, round_id="l1"), 200)
        check(await call("bet", 40, transaction_id="l2", round_id="l2"), 200)
        over = await call("bet", 1)
        check(over, 409, code="game.daily_loss_limit", limit="100.00", lost="100.00")
        midnight = evening.replace(hour=20, minute=0, second=0, microsecond=0)
        assert over.json()["resets_at"] == midnight.isoformat().replace("+00:00", "Z")
        check(await call("win", 30, round_id="l1"), 200)
        check(await call("bet", 31), 409, code="game.daily_loss_limit", lost="70.00")
        check(await call("bet", 30), 200)
    with turned_to(evening + timedelta(minutes=2)):
        check(await call("bet", 100), 200)
        check(await call("bet", 1), 409, code="game.daily_loss_limit")


async def test_a_rolled_back_bet_is_no_loss(
    world: World, house: House, player: Person, limited: None
) -> None:
    token = await house.session(player)
    await house.bet(token, 100, transaction_id="l3")
    await house.roll_back(token, "l3")
    check(await house.bet(token, 100), 200)
    check(await house.bet(token, 1), 409, code="game.daily_loss_limit")


async def test_bets_at_once_do_not_pass_the_limit(
    world: World, house: House, player: Person, limited: None
) -> None:
    token = await house.session(player)
    answers = await asyncio.gather(*(house.bet(token, 15) for _ in range(12)))
    assert [answer.status_code for answer in answers].count(200) == 6
    assert await coins(world, player) == 910


async def test_duplicates_at_once(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    words = house.words(token, 100)
    bets = await asyncio.gather(*(house.call("bet", **words) for _ in range(8)))
    assert {answer.content for answer in bets} == {bets[0].content}
    wins = house.words(token, 50) | {"round_id": words["round_id"]}
    paid = await asyncio.gather(*(house.call("win", **wins) for _ in range(8)))
    assert {answer.content for answer in paid} == {paid[0].content}
    assert await coins(world, player) == 950
    assert len(ledger(world, player)) == 2


async def test_a_bet_and_its_rollback_at_once(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    for _ in range(6):
        words = house.words(token, 10)
        bet = words["transaction_id"]
        await asyncio.gather(
            house.call("bet", **words),
            *(house.roll_back(token, bet) for _ in range(3)),
        )
        assert await coins(world, player) == 1000


async def test_one_id_by_two_players_at_once(world: World, house: House, player: Person) -> None:
    other = await world.register()
    await world.recharge(other, 1000)
    tokens = [await house.session(player), await house.session(other)]
    words = {"transaction_id": name(), "round_id": name()}
    answers = await asyncio.gather(*(house.bet(token, 10, **words) for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert await coins(world, player) + await coins(world, other) == 1990


async def test_sessions_begun_at_once(world: World, house: House, player: Person) -> None:
    tokens = await asyncio.gather(*(house.session(player) for _ in range(5)))
    answers = [await house.bet(token, 1) for token in tokens]
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_the_address_to_play_at(world: World, settings: Settings, player: Person) -> None:
    house = make_house(world, settings, launch_url="https://games.example/play?skin=dark")
    answer = await world.call("POST", f"/games/{house.game}/sessions", player)
    document = answer.json()
    assert document["launch_url"] == (
        f"https://games.example/play?skin=dark&session={document['session_token']}"
    )
    [(kept,)] = world.sql("SELECT token_hash FROM game_sessions WHERE user_id = %s", player.id)
    assert document["session_token"] not in kept
    unknown = await world.call("POST", "/games/no_such_game/sessions", player)
    check(unknown, 404, code="game.not_found")
    unknown = await world.call("DELETE", "/games/no_such_game/sessions", player)
    check(unknown, 404, code="game.not_found")
