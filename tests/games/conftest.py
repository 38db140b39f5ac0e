"""A house and a player with coins, for each test."""

import pytest

from flylive.config import Settings
from tests.games.hands import House, make_house
from tests.world import Person, World


@pytest.fixture
def house(world: World, settings: Settings) -> House:
    """A provider with a game."""
    return make_house(world, settings)


@pytest.fixture
async def player(world: World) -> Person:
    """Somebody with 1,000 coins."""
    person = await world.register()
    await world.recharge(person, 1000)
    return person
