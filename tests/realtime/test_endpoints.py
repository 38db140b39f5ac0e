"""``POST /v1/realtime/tickets``."""

from flylive.database import Database
from flylive.realtime import tickets
from tests.world import World


async def test_a_ticket_for_whoever_has_a_token(world: World, database: Database) -> None:
    person = await world.register()
    answer = await world.call("POST", "/realtime/tickets", person)
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert document.keys() == {"url", "ticket", "expires_in"}
    assert document["url"].endswith("/v1/realtime")
    assert document["expires_in"] == 30
    redeemed = await database.run(lambda tx: tickets.redeem(tx, document["ticket"]))
    assert redeemed.user_id == person.id


async def test_no_ticket_without_a_token(world: World) -> None:
    answer = await world.call("POST", "/realtime/tickets")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    assert world.sql("SELECT count(*) FROM realtime_tickets WHERE user_id IS NULL") == [(0,)]


async def test_the_ticket_is_not_kept_in_the_clear(world: World) -> None:
    person = await world.register()
    ticket = (await world.call("POST", "/realtime/tickets", person)).json()["ticket"]
    (row,) = world.sql(
        "SELECT encode(token_hash, 'hex') FROM realtime_tickets WHERE user_id = %s", person.id
    )
    assert ticket not in row[0]
    assert len(row[0]) == 64
