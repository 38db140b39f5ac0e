"""Rooms, gates and lists of gifts: who may give what, and who finds it again."""

from datetime import timedelta
from typing import Any

import pytest

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.database import Database
from flylive.reactions.gift_sent import GiftAggregator
from tests.standing import standing_at
from tests.world import Person, World

TABLES = ("transactions", "gift_transactions", "gift_groups", "stream_events")


def everything(world: World) -> list[Any]:
    """What a refusal must leave as it is."""
    found = [world.sql(f"SELECT count(*) FROM {table}") for table in TABLES]
    return [
        *found,
        world.sql("SELECT id, coin_balance, wealth_xp, charm_xp FROM users ORDER BY id"),
    ]


async def pages(world: World, person: Person, path: str, limit: int) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        mark = "&" if "?" in path else "?"
        answer = await world.call("GET", f"{path}{mark}limit={limit}{cursor}", person)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) <= limit
        found += answer.json()["data"]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.json()['next_cursor']}"


async def test_twenty_one_are_too_many_and_one_of_twenty_spoils_all(world: World) -> None:
    sender, *recipients = await world.people(22)
    await world.recharge(sender, 1000)
    gift = world.gift("1.00")
    room = await world.room(sender, *recipients[:19])
    before = everything(world)
    many = await world.send(sender, gift, recipients)
    assert (many.status_code, many.json()["code"]) == (422, "request.invalid")
    absent = await world.send(sender, gift, recipients[:20], room_id=room)
    assert (absent.status_code, absent.json()["code"]) == (409, "gift.recipient_not_in_room")
    assert absent.json()["recipient_id"] == recipients[19].id
    outside = await world.send(recipients[20], gift, recipients[:1], room_id=room)
    assert (outside.status_code, outside.json()["code"]) == (409, "gift.sender_not_in_room")
    assert everything(world) == before
    assert (await world.send(sender, gift, recipients[:19], room_id=room)).status_code == 201


async def test_a_vip_level_opens_its_gifts_to_the_second(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("1.00", category="vip", vip_level_required=3)
    world.sql(
        "UPDATE users SET vip_level = 3, vip_expires_at = now() + interval '1 hour' WHERE id = %s",
        sender.id,
    )
    assert (await world.send(sender, gift, [recipient])).status_code == 201
    before = everything(world)
    with turned_to(now() + timedelta(hours=1, seconds=1)):
        late = await world.send(sender, gift, [recipient])
    assert (late.status_code, late.json()["code"]) == (403, "gift.vip_required")
    assert (late.json()["vip_level"], late.json()["vip_level_required"]) == (0, 3)
    assert everything(world) == before


async def test_a_countrys_gift_goes_out_of_it_but_not_into_it(world: World) -> None:
    at_home, abroad = await world.register(country="EG"), await world.register(country="PK")
    for person in (at_home, abroad):
        await world.recharge(person, 100)
    gift = world.gift("1.00", category="country", country_specific="EG")
    assert (await world.send(at_home, gift, [abroad])).status_code == 201
    before = everything(world)
    refused = await world.send(abroad, gift, [at_home])
    assert (refused.status_code, refused.json()["code"]) == (403, "gift.wrong_country")
    assert everything(world) == before


async def test_a_combo_ends_after_three_seconds(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    gift, other = world.gift("1.00"), world.gift("1.00")
    moment = now()
    counted = []
    for seconds, which in ((0, gift), (2, gift), (2.5, other), (4.5, gift), (8, gift)):
        with standing_at(moment + timedelta(seconds=seconds)):
            counted.append((await world.send(sender, which, [recipient])).json()["combo"])
    assert counted == [1, 2, 1, 3, 1]


async def test_histories_feed_and_wall_page_by_page(
    world: World, database: Database, settings: Settings
) -> None:
    sender, host, guest = await world.people(3)
    await world.recharge(sender, 10_000)
    room = await world.room(host, sender, guest)
    gifts = [world.gift(price) for price in ("5.00", "1.00", "3.00")]
    for number in range(7):
        answer = await world.send(
            sender, gifts[number % 3], [host, guest], quantity=number + 1, room_id=room
        )
        assert answer.status_code == 201
    private = (await world.send(sender, gifts[1], [host], quantity=100)).json()
    sent = await pages(world, sender, "/gifts/transactions?box=sent", 4)
    received = await pages(world, host, "/gifts/transactions?box=received", 3)
    assert len(sent) == 15
    assert [line["id"] for line in received] == [
        line["id"] for line in sent if line["recipient_id"] == host.id
    ]
    assert sorted((line["sent_at"], line["id"]) for line in sent) == [
        (line["sent_at"], line["id"]) for line in reversed(sent)
    ]
    assert await pages(world, sender, "/gifts/transactions?box=received", 4) == []
    feed = await pages(world, guest, f"/rooms/{room}/gifts", 5)
    assert [line["id"] for line in feed] == [line["id"] for line in sent if line["room_id"]]
    assert private["id"] not in [line["id"] for line in feed]
    assert not {"recipient_earnings", "agency_commission", "platform_fee"} & feed[0].keys()
    assert [line.items() & shown.items() for line, shown in zip(feed, sent[1:], strict=True)] == [
        {(name, line[name]) for name in line.keys() & sent[0].keys()} for line in feed
    ]
    assert {"room_id", "wealth_xp_awarded", "charm_xp_awarded"} <= feed[0].keys()

    aggregator = GiftAggregator(database, settings)
    while await aggregator.fold():
        pass
    wall = await pages(world, guest, f"/users/{host.id}/gift-wall", 2)
    # Dearest first: 1st, 4th and 7th; 3rd and 6th; 2nd and 5th, and the private hundred.
    assert [(entry["gift_id"], entry["quantity"]) for entry in wall] == [
        (gifts[0], 12), (gifts[2], 9), (gifts[1], 107)
    ]  # fmt: skip
    history = world.sql(
        "SELECT gift_id, sum(quantity), max(sent_at) FROM gift_transactions"
        " WHERE recipient_id = %s GROUP BY gift_id ORDER BY gift_id",
        host.id,
    )
    assert history == world.sql(
        "SELECT gift_id, quantity, last_received_at FROM gift_walls"
        " WHERE user_id = %s ORDER BY gift_id",
        host.id,
    )


@pytest.mark.parametrize("box", ["sent", "received"])
async def test_pages_stay_right_while_gifts_arrive(world: World, box: str) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("1.00")
    for _ in range(4):
        await world.send(sender, gift, [recipient])
    reader = sender if box == "sent" else recipient
    path = f"/gifts/transactions?box={box}&limit=2"
    first = (await world.call("GET", path, reader)).json()
    await world.send(sender, gift, [recipient])
    then = await world.call("GET", f"{path}&cursor={first['next_cursor']}", reader)
    ids = [line["id"] for line in first["data"] + then.json()["data"]]
    assert len(set(ids)) == 4
    assert ids == sorted(ids, reverse=True)
