"""The house: opens rounds, takes stakes, pays, and mends what a crash or an outage left."""

import asyncio
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from examples.game_provider import fairness
from examples.game_provider.games import GAMES, play, prize
from examples.game_provider.journal import Journal, Round
from examples.game_provider.wallet import Unheard, Wallet, render

MAX_STAKE = 10**12
_CLIENT_SEED = re.compile(r"[!-~]{1,64}\Z")
MEND_SECONDS = 2.0


class Refused(Exception):
    """What the player asks is not done; `status` and `code` say why."""

    def __init__(self, status: int, code: str, detail: str, **extras: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.document = {"code": code, "detail": detail} | extras


class House:
    """All rounds of all games."""

    def __init__(self, wallet: Wallet, journal: Journal) -> None:
        self._wallet = wallet
        self._journal = journal
        self._busy: set[str] = set()

    async def open(self, game: str, session: str) -> dict[str, Any]:
        """A round and the commitment to its seed. Raises Refused."""
        if game not in GAMES:
            raise Refused(404, "no_such_game", "There is no such game here")
        try:
            answer = await self._wallet.balance(game, session)
        except Unheard as error:
            raise Refused(503, "platform_away", f"The platform does not answer: {error}") from error
        if answer.status != 200:
            raise Refused(409, answer.code, str(answer.document.get("detail")))
        round_id, seed = uuid.uuid4().hex, fairness.new_seed()
        self._journal.open(round_id, game, session, seed)
        return {
            "round_id": round_id,
            "commitment": fairness.commitment(seed),
            "choices": GAMES[game].CHOICES,
            "coin_balance": answer.document["coin_balance"],
        }

    async def play(
        self, round_id: str, session: str, client_seed: str, stakes: Mapping[str, str]
    ) -> dict[str, Any]:
        """Stake on an open round of the session's, once. Raises Refused."""
        round_ = self._journal.find(round_id)
        if round_ is None or round_.session != session:
            raise Refused(404, "no_such_round", "There is no such round of this session")
        if not _CLIENT_SEED.match(client_seed):
            raise Refused(422, "client_seed", "client_seed: 1–64 visible ASCII characters")
        amounts = read_stakes(round_.game, stakes)
        outcome = play(round_.game, round_.seed, client_seed, round_id)
        self._busy.add(round_id)
        try:
            if not self._journal.stake(round_id, client_seed, amounts, prize(outcome, amounts)):
                raise Refused(409, "round_over", "The round was played already")
            balance = await self._bet(round_id)
            paid = await self._pay(round_id)
        finally:
            self._busy.discard(round_id)
        return self.tell(round_id) | {"coin_balance": paid if paid is not None else balance}

    def tell(self, round_id: str) -> dict[str, Any]:
        """A round: its commitment, and once it was played all that is needed to recompute it."""
        round_ = self._journal.find(round_id)
        if round_ is None:
            raise Refused(404, "no_such_round", "There is no such round")
        told: dict[str, Any] = {
            "round_id": round_.id,
            "game": round_.game,
            "state": round_.state,
            "commitment": fairness.commitment(round_.seed),
        }
        if not round_.is_over:
            return told
        assert round_.client_seed is not None
        outcome = play(round_.game, round_.seed, round_.client_seed, round_.id)
        return told | {
            "server_seed": round_.seed.hex(),
            "client_seed": round_.client_seed,
            "stakes": {choice: render(stake) for choice, stake in round_.stakes.items()},
            "staked": render(round_.staked),
            "outcome": outcome.shown,
            "pays": outcome.pays,
            "won": render(round_.prize),
        }

    async def _bet(self, round_id: str) -> str:
        """Take the stakes; the balance after them. Raises Refused."""
        round_ = self._find(round_id)
        try:
            answer = await self._wallet.bet(
                round_.game, round_.session, f"{round_.id}-bet", round_.id, round_.staked
            )
        except Unheard as error:
            self._journal.move(round_id, "betting", "voiding")
            await self._void(round_id)
            raise Refused(
                503, "platform_away", "Your stake is given back, if it was taken"
            ) from error
        if answer.status != 200:
            self._journal.move(round_id, "betting", "refused", answer.code)
            extras = {
                name: answer.document[name]
                for name in ("coin_balance", "needed", "min_bet", "max_bet", "limit", "lost")
                if name in answer.document
            }
            raise Refused(409, answer.code, str(answer.document.get("detail")), **extras)
        self._journal.move(round_id, "betting", "paying")
        return str(answer.document["coin_balance"])

    async def _pay(self, round_id: str) -> str | None:
        """Pay what the round won, if only nothing; the balance after it, if it was heard."""
        round_ = self._find(round_id)
        try:
            answer = await self._wallet.win(
                round_.game, round_.session, f"{round_.id}-win", round_.id, round_.prize
            )
        except Unheard:
            return None
        after = "settled" if answer.status == 200 else "failed"
        self._journal.move(round_id, "paying", after, answer.code or None)
        return str(answer.document["coin_balance"]) if answer.status == 200 else None

    async def _void(self, round_id: str) -> None:
        """Give the stakes back, if they were taken, and see to it that they never are."""
        round_ = self._find(round_id)
        try:
            answer = await self._wallet.roll_back(
                round_.game, round_.session, f"{round_.id}-rollback", f"{round_.id}-bet"
            )
        except Unheard:
            return
        after = "void" if answer.status == 200 else "failed"
        self._journal.move(round_id, "voiding", after, answer.code or None)

    async def mend(self) -> int:
        """Finish what a crash or an outage left half done; how many rounds are still so."""
        for round_ in self._journal.unfinished("betting", "voiding", "paying"):
            if round_.id in self._busy:
                continue
            if round_.state == "betting":
                # Nobody waits for it any more, and whether it was taken is not known.
                self._journal.move(round_.id, "betting", "voiding")
            await (self._pay if round_.state == "paying" else self._void)(round_.id)
        return len(self._journal.unfinished("betting", "voiding", "paying"))

    async def keep_mending(self) -> None:
        """For ever."""
        while True:
            await self.mend()
            await asyncio.sleep(MEND_SECONDS)

    def _find(self, round_id: str) -> Round:
        round_ = self._journal.find(round_id)
        assert round_ is not None, "rounds are never deleted"
        return round_


def read_stakes(game: str, stakes: Mapping[str, str]) -> dict[str, int]:
    """Hundredths by choice. Raises Refused."""
    amounts = {}
    for choice, text in stakes.items():
        try:
            hundredths = Decimal(text) * 100
        except InvalidOperation:
            hundredths = Decimal(-1)
        if choice not in GAMES[game].CHOICES:
            raise Refused(422, "stakes", f"one cannot stake on {choice}")
        is_amount = hundredths.is_finite() and 0 < hundredths <= MAX_STAKE
        if not is_amount or hundredths != int(hundredths):
            raise Refused(422, "stakes", f"{choice}: an amount above zero, such as 12.50")
        amounts[choice] = int(hundredths)
    if not amounts:
        raise Refused(422, "stakes", "stake on something")
    return amounts


def verify(told: Mapping[str, Any]) -> list[str]:
    """What is not as a round that was told claims; nothing where all is."""
    seed = bytes.fromhex(told["server_seed"])
    outcome = play(told["game"], seed, told["client_seed"], told["round_id"])
    stakes = read_stakes(told["game"], told["stakes"])
    checks = {
        "commitment": fairness.commitment(seed) == told["commitment"],
        "outcome": outcome.shown == told["outcome"] and outcome.pays == told["pays"],
        "won": render(prize(outcome, stakes)) == told["won"],
    }
    return [name for name, holds in checks.items() if not holds]
