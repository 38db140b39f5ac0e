"""Gifts and couples."""

from tests.access.rows import Refusal, Row, Thing, thing, unique
from tests.stage import Stage


async def new_gift(stage: Stage, **columns: str) -> int:
    values = {
        "name": unique("Gift"), "price": "1.00", "thumbnail_url": "/assets/gifts/rose.svg",
        "category": "normal",
    } | columns  # fmt: skip
    casts = {"price": "numeric", "lucky_odds": "jsonb"}
    marks = ", ".join(f"CAST(:{name} AS {casts.get(name, 'text')})" for name in values)
    gift_id: int = await stage.sql(
        f"INSERT INTO gifts ({', '.join(values)}) VALUES ({marks}) RETURNING id", **values
    )
    return gift_id


async def a_gift_to_send(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=10)
    recipient = await stage.person()
    body = {"gift_id": await new_gift(stage), "recipient_ids": [recipient.id], "quantity": 1}
    return thing(body)


ODDS = '{"entries": [{"weight": 1, "multiplier": "0.50"}], "total": 1}'


async def a_draw(stage: Stage) -> Thing:
    await stage.give(stage.owner, coins=10)
    recipient = await stage.person()
    body = {
        "gift_id": await new_gift(stage, category="lucky", lucky_odds=ODDS),
        "recipient_ids": [recipient.id],
        "quantity": 1,
    }
    sent = (await stage.do(stage.owner, "POST", "/gifts/send", json=body)).json()
    return thing(gift_transaction_id=sent["lines"][0]["gift_transaction_id"])


GIFTS = [
    Row("GET /v1/gifts"),
    Row("POST /v1/gifts/send", a_gift_to_send),
    Row("GET /v1/gifts/transactions", query="?box=sent"),
    Row("GET /v1/fairness"),
    Row("POST /v1/fairness/rotate", json={}),
    Row("PUT /v1/fairness/client-seed", json={"client_seed": "my-own-seed"}),
    Row("GET /v1/fairness/draws"),
    Row(
        "GET /v1/fairness/draws/{gift_transaction_id}",
        a_draw,
        other=(404, "fairness.draw_not_found"),
    ),
]

# --- couples


async def a_proposal(stage: Stage) -> Thing:
    """To the owner, by somebody else."""
    gift = stage.world.gift("1.00", category="cp")
    suitor = await stage.person()
    await stage.give(suitor, coins=10)
    body = {"gift_id": gift, "recipient_ids": [stage.owner.id], "quantity": 1}
    sent = (await stage.do(suitor, "POST", "/gifts/send", json=body)).json()
    return thing(request_id=sent["couple_request_id"])


async def a_partner(stage: Stage) -> Thing:
    """The owner has one."""
    asked = await a_proposal(stage)
    await stage.do(stage.owner, "POST", f"/couples/requests/{asked.params['request_id']}/accept")
    return Thing()


NO_REQUEST: Refusal = (404, "couple.request_not_found")

COUPLES = [
    Row("GET /v1/couples/me"),
    Row("POST /v1/couples/requests/{request_id}/accept", a_proposal, other=NO_REQUEST),
    Row("POST /v1/couples/requests/{request_id}/decline", a_proposal, other=NO_REQUEST),
    Row("DELETE /v1/couples/me", a_partner, other=(404, "couple.not_found")),
]
