"""Cards: the few words about a user that rooms and gifts show."""

from flylive.accounts import queries
from flylive.accounts.schemas import UserCard
from flylive.database import Database
from tests.world import World


async def test_cards_come_in_one_query_and_unknown_ids_are_left_out(
    world: World, database: Database
) -> None:
    people = await world.people(3)
    world.sql(
        "UPDATE users SET vip_level = 2, vip_expires_at = now() - interval '1 second',"
        " avatar_image = '/a.webp' WHERE id = %s",
        people[1].id,
    )
    wanted = [person.id for person in people] + [10**15, people[0].id]
    found = await database.read(lambda tx: queries.cards(tx, wanted))
    assert set(found) == {person.id for person in people}
    user = people[1].user
    assert found[user["id"]] == UserCard(
        id=user["id"],
        signature=user["signature"],
        name=user["name"],
        gender=1,
        country="AE",
        avatar_image="/a.webp",
        static_src=None,
        animated_src=None,
        vip_level=0,
    )
    assert await database.read(lambda tx: queries.cards(tx, [])) == {}
