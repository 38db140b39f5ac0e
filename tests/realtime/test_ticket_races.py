"""A ticket asked for while its access token is being revoked."""

import asyncio

import pytest

from flylive.accounts import Caller
from flylive.database import Database
from flylive.errors import Unauthenticated
from flylive.realtime import tickets
from tests.world import World


async def test_no_ticket_for_a_token_that_is_gone(world: World, database: Database) -> None:
    person = await world.register()
    gone = Caller(person.id, int(person.token.split("|")[0]))
    world.sql("DELETE FROM personal_access_tokens WHERE id = %s", gone.token_id)
    with pytest.raises(Unauthenticated):
        await database.run(lambda tx: tickets.issue(tx, gone))


async def test_logging_out_while_asking_is_never_a_500(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    for _ in range(6):
        person = await world.register()
        answers = await asyncio.gather(
            *(world.call("POST", "/realtime/tickets", person) for _ in range(3)),
            *(world.call("POST", f"/rooms/{room}/join", person, json={}) for _ in range(3)),
            world.call("POST", "/auth/logout", person),
            *(world.call("POST", "/realtime/tickets", person) for _ in range(3)),
            *(world.call("POST", f"/rooms/{room}/join", person, json={}) for _ in range(3)),
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 401}
