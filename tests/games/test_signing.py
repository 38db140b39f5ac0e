"""Who may call the wallet: whoever signs method, path, time and body with the secret, once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive.clock import now
from flylive.config import Settings
from flylive.games import signing, tasks
from tests.games.hands import House, coins, ledger, make_house, unique_time
from tests.standing import standing_at
from tests.world import Person, World

VERBS = ("balance", "bet", "win", "rollback")


async def send(world: World, call: tuple[str, bytes, dict[str, str]]) -> httpx.Response:
    path, content, headers = call
    return await world.client.post(path, content=content, headers=headers)


def is_refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")


@pytest.mark.parametrize("verb", VERBS)
async def test_only_whole_signatures(world: World, house: House, player: Person, verb: str) -> None:
    token = await house.session(player)
    path, content, headers = house.signed(verb, house.words(token, 10))
    forged: list[tuple[str, bytes, dict[str, str]]] = [
        (path, content, {"Content-Type": "application/json"}),
        (path, content, headers | {signing.SIGNATURE: "0" * 64}),
        (path, content, headers | {signing.SIGNATURE: headers[signing.SIGNATURE].upper()}),
        (path, content, headers | {signing.SIGNATURE: headers[signing.SIGNATURE][:-1]}),
        (path, content, headers | {signing.SIGNATURE: "g" * 64}),
        (path, content, headers | {signing.TIME: str(unique_time() + 1000)}),
        (path, content, headers | {signing.TIME: "now"}),
        (path, content + b" ", headers),
        (path.replace(verb, "bet" if verb != "bet" else "win"), content, headers),
        house.signed(verb, house.words(token, 10), secret="0" * 64),
        (path.replace(house.game, "no_such_game"), content, headers),
        (path, content, headers | {"Authorization": f"Bearer {player.token}"} | {
            signing.SIGNATURE: "f" * 64}),
    ]  # fmt: skip
    for call in forged:
        assert is_refused(await send(world, call)), call
    put = await world.client.put(path, content=content, headers=headers)
    assert put.status_code == 405
    assert ledger(world, player) == []


async def test_another_providers_secret(
    world: World, settings: Settings, house: House, player: Person
) -> None:
    token = await house.session(player)
    other = make_house(world, settings)
    call = house.signed("bet", house.words(token, 10), secret=other.secret)
    assert is_refused(await send(world, call))
    assert await coins(world, player) == 1000


@pytest.mark.parametrize("sign", [-1, 1])
async def test_the_time_is_near_ours(world: World, house: House, player: Person, sign: int) -> None:
    token = await house.session(player)
    moment = now()
    far, near = (int((moment.timestamp() + sign * seconds) * 1000) for seconds in (61, 59))
    with standing_at(moment):
        answer = await send(world, house.signed("bet", house.words(token, 10), at=far))
        assert is_refused(answer)
        answer = await send(world, house.signed("bet", house.words(token, 10), at=near))
        assert answer.status_code == 200, answer.text


async def test_a_copy_is_not_heard(world: World, house: House, player: Person) -> None:
    token = await house.session(player)
    call = house.signed("bet", house.words(token, 10))
    answers = await asyncio.gather(*(send(world, call) for _ in range(6)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409, 409, 409, 409, 409]
    codes = {answer.json().get("code") for answer in answers}
    assert codes == {None, "game.replayed"}
    for verb in ("balance", "win"):
        body = house.words(token, 10) if verb == "win" else {"session_token": token}
        call = house.signed(verb, body)
        first = await send(world, call)
        assert first.json().get("code") != "game.replayed"
        assert (await send(world, call)).json()["code"] == "game.replayed"


async def test_signatures_are_kept_as_long_as_their_calls_could_be_heard(
    world: World, house: House, player: Person
) -> None:
    token = await house.session(player)
    moment = now()
    ahead = int((moment.timestamp() + 55) * 1000)
    call = house.signed("bet", house.words(token, 10), at=ahead)
    with standing_at(moment):
        assert (await send(world, call)).status_code == 200
    with standing_at(moment + timedelta(seconds=110)):
        await tasks.forget_signatures(world.database)
        assert (await send(world, call)).json()["code"] == "game.replayed"
    with standing_at(moment + timedelta(seconds=121)):
        await tasks.forget_signatures(world.database)
        assert world.sql("SELECT count(*) FROM game_signatures") == [(0,)]
        assert is_refused(await send(world, call))


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "request.invalid"),
        (b"{", 400, "request.unreadable"),
        (b"[]", 422, "request.invalid"),
        (b'{"session_token": "\\u0000"}', 422, "request.invalid"),
        (b'{"session_token": "x", "surprise": 1}', 422, "request.invalid"),
    ],
)
async def test_signed_nonsense(
    world: World, house: House, content: bytes, status: int, code: str
) -> None:
    answer = await send(world, house.signed("bet", content))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize("field", ["transaction_id", "round_id"])
@pytest.mark.parametrize("value", ["", "a b", "x" * 65, "é", "a\n", 5, None])
async def test_ids_are_visible_and_short(
    world: World, house: House, player: Person, field: str, value: Any
) -> None:
    token = await house.session(player)
    answer = await house.bet(token, 10, **{field: value})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert ledger(world, player) == []


async def test_the_secret_before_holds_on_for_a_while(
    world: World, settings: Settings, house: House, player: Person
) -> None:
    token = await house.session(player)
    world.sql(
        "UPDATE game_providers SET secret_version = 2, previous_until = now() + interval '1 hour'"
        " WHERE id = %s",
        house.id,
    )
    assert (await house.bet(token, 10)).status_code == 200
    fresh = signing.secret(settings, house.id, 2)
    call = house.signed("bet", house.words(token, 10), secret=fresh)
    assert (await send(world, call)).status_code == 200
    world.sql(
        "UPDATE game_providers SET previous_until = now() - interval '1 second' WHERE id = %s",
        house.id,
    )
    assert is_refused(await house.bet(token, 10))
    assert await coins(world, player) == 980
