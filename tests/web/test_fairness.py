"""The page that recomputes draws: what the browser computes is what the platform paid."""

import json

from playwright.async_api import expect

from tests.product import Product
from tests.web.conftest import Visit
from tests.world import World

ODDS = {
    "entries": [{"weight": 3, "multiplier": "0"}, {"weight": 1, "multiplier": "1.5"}],
    "total": 4,
}


async def test_the_browser_recomputes_and_finds_what_was_changed(
    visit: Visit, world: World, product: Product
) -> None:
    sender, *recipients = await world.people(5)
    await world.recharge(sender, 1000)
    gift = world.gift("0.33", category="lucky", lucky_odds=json.dumps(ODDS))
    await world.call("PUT", "/fairness/client-seed", sender, json={"client_seed": "mine"})
    for _ in range(4):
        sent = await world.send(sender, gift, recipients, quantity=7)
        assert sent.status_code == 201, sent.text
    early = (await world.call("GET", "/fairness/draws?limit=1", sender)).json()["data"]
    assert early[0]["server_seed"] is None
    await world.call("POST", "/fairness/rotate", sender, json={})
    draws = (await world.call("GET", "/fairness/draws?limit=100", sender)).json()
    assert [draw["nonce"] for draw in draws["data"]] == list(range(15, -1, -1))
    page = visit.page
    await page.goto(f"{product.address}/fairness")
    await page.fill("textarea", json.dumps(draws))
    await page.click("#check button[type=submit]")
    await expect(page.locator("#sum")).to_have_text(
        "16 draws fit, 0 do not, 0 wait for their seed."
    )
    one = draws["data"][0]
    lies = [
        one | change
        for change in (
            {"payout": "1000.00"},
            {"multiplier": "2.0000"},
            {"nonce": 99},
            {"client_seed": "another"},
            {"server_seed": "00" * 32},
            {"server_seed_hash": "0" * 64},
            {"outcome": "0" * 64},
            {"lucky_odds": {"entries": ODDS["entries"][:1], "total": 4}},
            {"server_seed": "no seed"},
        )
    ]
    await page.fill("textarea", json.dumps([*lies, *early]))
    await page.click("#check button[type=submit]")
    await expect(page.locator("#sum")).to_contain_text(
        f"0 draws fit, {len(lies)} do not, 1 wait for their seed"
    )
    await expect(page.locator("#draws .draw[data-fits=no]")).to_have_count(len(lies))
    await page.fill("textarea", "no draws <img src=x>")
    await page.click("#check button[type=submit]")
    await expect(page.locator("#check .fault")).to_contain_text("Not readable")
