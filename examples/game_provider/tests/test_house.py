"""The house against a platform that is played: whatever fails, it pays or gives back."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.game_provider import wallet
from examples.game_provider.house import House, Refused, verify
from examples.game_provider.journal import Journal
from examples.game_provider.wallet import Wallet, sign

SECRET = "5e" * 32


class Platform:
    """Keeps one player's coins as the wallet API says, and fails where it is told to.

    `faults`: for the next calls of a verb, "before" loses the request, "after" the answer.
    """

    def __init__(self) -> None:
        self.coins = 10_000
        self.done: dict[str, tuple[int, dict[str, Any]]] = {}
        self.amounts: dict[str, int] = {}
        self.faults: dict[str, list[str]] = {}
        self.signatures: set[str] = set()

    def handle(self, request: httpx.Request) -> httpx.Response:
        verb = request.url.path.rsplit("/", 1)[1]
        moment, given = request.headers["X-Game-Time"], request.headers["X-Game-Signature"]
        assert given == sign(SECRET, "POST", request.url.path, moment, request.content)
        if given in self.signatures:
            return httpx.Response(409, json={"code": "game.replayed"})
        self.signatures.add(given)
        fault = self.faults[verb].pop(0) if self.faults.get(verb) else ""
        if fault == "before":
            raise httpx.ConnectError("away")
        status, document = self.decide(verb, json.loads(request.content))
        if fault == "after":
            raise httpx.ReadTimeout("lost")
        return httpx.Response(status, json=document)

    def decide(self, verb: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if verb == "balance":
            return 200, {"player_id": 1, "coin_balance": wallet.render(self.coins)}
        name = body["transaction_id"]
        if name not in self.done:
            self.done[name] = self.move(verb, name, body)
        return self.done[name]

    def move(self, verb: str, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if verb == "rollback":
            bet = body["bet_transaction_id"]
            change = self.amounts.pop(bet, 0)
            self.done.setdefault(bet, (409, {"code": "game.bet_rolled_back"}))
        else:
            change = int(body["amount"].replace(".", "")) * (-1 if verb == "bet" else 1)
            if self.coins + change < 0:
                return 409, {"code": "wallet.insufficient_coins", "coin_balance": "0.00"}
            if verb == "bet":
                self.amounts[name] = -change
        self.coins += change
        return 200, {"coin_balance": wallet.render(self.coins)}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setattr(wallet, "PAUSE_SECONDS", 0)
    return Platform()


def make_house(platform: Platform, path: Path) -> House:
    transport = httpx.MockTransport(platform.handle)
    client = httpx.AsyncClient(transport=transport, base_url="http://platform.test")
    return House(Wallet(client, "/v1", SECRET), Journal(path / "journal.sqlite3"))


def begun_later(platform: Platform, path: Path) -> House:
    """Another process over the same journal, after a crash.

    A little later: calls without pauses between them name moments to come, a millisecond each, and
    of two of the same moment the platform hears one.
    """
    time.sleep(0.1)
    return make_house(platform, path)


async def opened(house: House, game: str = "fruit_loop") -> dict[str, Any]:
    return await house.open(game, "session")


@pytest.mark.parametrize(("game", "choice"), [("fruit_loop", "apple"), ("teen_patti", "b")])
async def test_rounds(platform: Platform, tmp_path: Path, game: str, choice: str) -> None:
    house = make_house(platform, tmp_path)
    for _ in range(20):
        before = platform.coins
        round_ = await opened(house, game)
        assert "server_seed" not in house.tell(round_["round_id"])
        done = await house.play(round_["round_id"], "session", "mine", {choice: "1.50"})
        assert done["commitment"] == round_["commitment"]
        assert done["state"] == "settled"
        assert verify(json.loads(json.dumps(done))) == []
        won = int(done["won"].replace(".", ""))
        assert platform.coins == before - 150 + won
        assert done["coin_balance"] == wallet.render(platform.coins)
    forged = done | {"won": "1000.00", "commitment": "0" * 64}
    assert verify(forged) == ["commitment", "won"]


async def test_a_round_is_played_once(platform: Platform, tmp_path: Path) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    await house.play(round_id, "session", "mine", {"apple": "1"})
    coins = platform.coins
    for session, status in (("session", 409), ("somebody else's", 404)):
        with pytest.raises(Refused) as refusal:
            await house.play(round_id, session, "other", {"apple": "1"})
        assert refusal.value.status == status
    assert platform.coins == coins


@pytest.mark.parametrize(
    "stakes", [{}, {"stone": "1"}, {"apple": "0"}, {"apple": "-1"}, {"apple": "0.001"},
               {"apple": "x"}, {"apple": "NaN"}, {"apple": "1e20"}],
)  # fmt: skip
async def test_wrong_stakes(platform: Platform, tmp_path: Path, stakes: dict[str, str]) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    with pytest.raises(Refused) as refusal:
        await house.play(round_id, "session", "mine", stakes)
    assert refusal.value.status == 422
    assert platform.done == {}
    assert house.tell(round_id)["state"] == "open"


async def test_no_money(platform: Platform, tmp_path: Path) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    with pytest.raises(Refused) as refusal:
        await house.play(round_id, "session", "mine", {"apple": "200"})
    assert refusal.value.document["code"] == "wallet.insufficient_coins"
    assert house.tell(round_id)["state"] == "refused"
    assert platform.coins == 10_000


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_bet_without_an_answer_is_given_back(
    platform: Platform, tmp_path: Path, fault: str
) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    platform.faults = {"bet": [fault] * wallet.TRIES, "rollback": ["after"] * wallet.TRIES}
    with pytest.raises(Refused) as refusal:
        await house.play(round_id, "session", "mine", {"apple": "1"})
    assert refusal.value.status == 503
    assert house.tell(round_id)["state"] == "voiding"
    assert await house.mend() == 0
    assert house.tell(round_id)["state"] == "void"
    assert platform.coins == 10_000


async def test_a_lost_answer_is_asked_for_again(platform: Platform, tmp_path: Path) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    platform.faults = {"bet": ["after", "before"], "win": ["after", "after"]}
    done = await house.play(round_id, "session", "mine", {"apple": "1"})
    assert done["state"] == "settled"
    assert platform.coins == 10_000 - 100 + int(done["won"].replace(".", ""))


async def test_a_win_that_could_not_be_paid_is_paid_later(
    platform: Platform, tmp_path: Path
) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]
    platform.faults = {"win": ["before"] * wallet.TRIES}
    done = await house.play(round_id, "session", "mine", {"apple": "1"})
    assert done["state"] == "paying"
    after = begun_later(platform, tmp_path)
    assert await after.mend() == 0
    assert after.tell(round_id)["state"] == "settled"
    assert platform.coins == 10_000 - 100 + int(done["won"].replace(".", ""))


async def test_a_crash_while_betting_voids_the_round(platform: Platform, tmp_path: Path) -> None:
    house = make_house(platform, tmp_path)
    round_id = (await opened(house))["round_id"]

    async def die(*words: Any) -> None:
        raise KeyboardInterrupt

    house._pay = die  # type: ignore[method-assign, assignment]
    original = house._journal.move
    house._journal.move = lambda *words: words[2] != "paying" and original(*words)  # type: ignore
    with pytest.raises(KeyboardInterrupt):
        await house.play(round_id, "session", "mine", {"apple": "1"})
    assert platform.coins == 9_900
    after = begun_later(platform, tmp_path)
    assert await after.mend() == 0
    assert after.tell(round_id)["state"] == "void"
    assert platform.coins == 10_000
