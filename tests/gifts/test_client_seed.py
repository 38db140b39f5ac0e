"""The player chooses his seed after the platform has committed to its own."""

import asyncio
import hashlib
import hmac

import msgspec

from tests.world import World

ODDS = {
    "entries": [{"weight": 1, "multiplier": "0"}, {"weight": 1, "multiplier": "0.5"}],
    "total": 2,
}


async def test_the_choice_comes_after_the_commitment(world: World) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("10.00", category="lucky", lucky_odds=msgspec.json.encode(ODDS).decode())
    committed = (await world.call("GET", "/fairness", sender)).json()
    mine = await world.call("PUT", "/fairness/client-seed", sender, json={"client_seed": "mine"})
    assert mine.status_code == 200, mine.text
    assert mine.json()["server_seed_hash"] == committed["server_seed_hash"]
    sent = (await world.send(sender, gift, [host])).json()["lucky"]
    assert (sent["client_seed"], sent["server_seed_hash"]) == (
        "mine", committed["server_seed_hash"],
    )  # fmt: skip
    late = await world.call("PUT", "/fairness/client-seed", sender, json={"client_seed": "late"})
    assert (late.status_code, late.json()["code"]) == (409, "fairness.seed_in_use")
    old = (await world.call("POST", "/fairness/rotate", sender, json={})).json()
    seed = bytes.fromhex(old["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == committed["server_seed_hash"]
    outcome = hmac.digest(seed, b"mine:0", "sha256").hex()
    assert outcome == sent["draws"][0]["outcome"]


async def test_choosing_against_drawing_leaves_every_draw_provable(world: World) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("1.00", category="lucky", lucky_odds=msgspec.json.encode(ODDS).decode())
    for _ in range(5):
        answers = await asyncio.gather(
            *(world.send(sender, gift, [host]) for _ in range(4)),
            world.call("PUT", "/fairness/client-seed", sender, json={"client_seed": "racing"}),
        )
        old = (await world.call("POST", "/fairness/rotate", sender, json={})).json()
        for answer in answers[:4]:
            lucky = answer.json()["lucky"]
            for draw in lucky["draws"]:
                text = f"{old['client_seed']}:{draw['nonce']}".encode()
                proof = hmac.digest(bytes.fromhex(old["server_seed"]), text, "sha256")
                assert proof.hex() == draw["outcome"]
