"""What takes two of the staff: a first request waits and changes nothing, a second one does it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from flylive.accounts.staff import Role
from flylive.config import Settings
from tests.console.hands import WHY, admin, audited, document, refusal, staffed
from tests.world import Person, World

LIMIT = 10_000
TABLES = ("levels", "catalogue_runs", "ranking_prizes", "recharge_packages", "platform_settings")


@pytest.fixture
async def pair(world: World) -> list[Person]:
    """Two of the catalogue, neither made staff by the other."""
    return [await staffed(world, Role.CATALOGUE) for _ in range(2)]


@pytest.fixture
async def finances(world: World) -> AsyncIterator[list[Person]]:
    """Two of finance; afterwards the environment's settings hold again."""
    two = [await staffed(world, Role.FINANCE) for _ in range(2)]
    yield two
    world.sql("DELETE FROM platform_settings")


def kept(world: World) -> list[Any]:
    """What nothing but the second person's word may change."""
    return [world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id") for table in TABLES]


def everything(world: World) -> list[Any]:
    proposals = "SELECT to_jsonb(t) FROM staff_proposals t ORDER BY id"
    return [*kept(world), world.sql(proposals), world.sql("SELECT count(*) FROM audit_log")]


async def save(
    world: World, person: Person, path: str, number: int | None = None, **fields: Any
) -> httpx.Response:
    method, whole = ("POST", path) if number is None else ("PATCH", f"{path}/{number}")
    return await admin(world, person, method, whole, **(WHY | fields))


async def waits(
    world: World, person: Person, path: str, number: int | None = None, **fields: Any
) -> dict[str, Any]:
    """A request that waits; nothing but the proposal and its audit row are new."""
    before = kept(world)
    answer = await save(world, person, path, number, **fields)
    assert answer.status_code == 202, answer.text
    assert kept(world) == before
    made: dict[str, Any] = answer.json()
    assert (made["status"], made["proposed_by"], made["subject_id"]) == (
        "pending",
        person.id,
        number,
    )
    assert audited(world, person)[-1][:4] == ("proposal.make", "proposal", made["id"], "because")
    return made


def level(world: World) -> int:
    [(number,)] = world.sql(
        "INSERT INTO levels (name, type, level_number, required_xp)"
        " SELECT 'High', 'wealth', n, n * 100 FROM"
        " (SELECT COALESCE(max(level_number), 1) + 1 AS n FROM levels) AS one RETURNING id"
    )
    return int(number)


async def test_a_level_that_gives_more_than_one_may(world: World, pair: list[Person]) -> None:
    first, second = pair
    number = level(world)
    alone = await save(world, first, "/levels", number, coin_reward=LIMIT)
    assert alone.status_code == 200, alone.text
    made = await waits(world, first, "/levels", number, coin_reward=LIMIT + 1)
    assert (made["verb"], made["body"]) == ("level.edit", {"coin_reward": LIMIT + 1})
    # Asked again by the same, and other values by a second one, it goes on waiting.
    before = everything(world)
    again = await save(world, first, "/levels", number, coin_reward=LIMIT + 1)
    assert refusal(again) == (403, "proposal.second_person")
    assert everything(world) == before
    await waits(world, second, "/levels", number, coin_reward=LIMIT + 2)
    done = await save(world, second, "/levels", number, coin_reward=LIMIT + 1)
    assert (done.status_code, done.json()["level"]["coin_reward"]) == (200, LIMIT + 1)
    assert [entry[0] for entry in audited(world, second)[-2:]] == ["level.edit", "proposal.agree"]
    listed = (await document(world, first, "/proposals"))["data"]
    [closed] = [one for one in listed if one["id"] == made["id"]]
    assert (closed["status"], closed["decided_by"]) == ("carried_out", second.id)
    # What lies beyond the limit already: lower, renamed or harder to reach by one; easier by two.
    for fields in ({"name": "Higher"}, {"required_xp": 10**6}, {"coin_reward": LIMIT + 1}):
        assert (await save(world, first, "/levels", number, **fields)).status_code == 200
    await waits(world, first, "/levels", number, required_xp=10**6 - 1)
    assert (await save(world, first, "/levels", number, is_active=False)).status_code == 200
    await waits(world, first, "/levels", number, is_active=True)
    await waits(world, first, "/levels", type="wealth", level_number=number + 5000, name="Top",
                required_xp=10**9, diamond_reward=10**9)  # fmt: skip


async def test_a_new_level_is_made_once_by_whoever_agrees(world: World, pair: list[Person]) -> None:
    first, second = pair
    body = {"type": "charm", "level_number": 77, "name": " Top ", "required_xp": 10**8,
            "diamond_reward": 20_000, "privileges": {"name_color": "#3c78d8"}}  # fmt: skip
    made = await waits(world, first, "/levels", **body)
    third = await staffed(world, Role.ADMIN)
    path = f"/proposals/{made['id']}"
    answers = await asyncio.gather(
        *(admin(world, one, "POST", f"{path}/agree", **WHY) for one in (second, third) * 2)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "proposal.decided"}
    assert world.sql("SELECT diamond_reward, name FROM levels WHERE level_number = 77") == [
        (20_000, "Top")
    ]
    # What is at fault is refused at once, and not kept.
    before = everything(world)
    taken = await save(world, first, "/levels", **body)
    assert refusal(taken) == (409, "level.number_taken")
    assert everything(world) == before


async def test_who_gave_the_role_is_no_second_person(world: World) -> None:
    boss, third = await staffed(world, Role.ADMIN), await staffed(world, Role.CATALOGUE)
    puppet = await world.register()
    given = await admin(world, boss, "PUT", f"/users/{puppet.id}/role", role="catalogue", **WHY)
    assert given.status_code == 200, given.text
    for one, other in ((boss, puppet), (puppet, boss)):
        number = level(world)
        made = await waits(world, one, "/levels", number, coin_reward=50_000)
        before = everything(world)
        again = await save(world, other, "/levels", number, coin_reward=50_000)
        assert refusal(again) == (403, "proposal.second_person")
        agreed = await admin(world, other, "POST", f"/proposals/{made['id']}/agree", **WHY)
        assert refusal(agreed) == (403, "proposal.second_person")
        assert everything(world) == before
        done = await admin(world, third, "POST", f"/proposals/{made['id']}/agree", **WHY)
        assert done.status_code == 200, done.text
        assert done.json()["status"] == "carried_out"


async def test_prizes_are_added_up_by_board(world: World, pair: list[Person]) -> None:
    first, second = pair
    world.sql("DELETE FROM ranking_prizes")
    board = {"category": "charm", "period": "weekly"}
    one = await save(world, first, "/ranking-prizes", rank_from=1, rank_to=3, coins=3000, **board)
    assert one.status_code == 201, one.text
    number = one.json()["id"]
    # A fourth place with 1,001 makes more than 10,000 of it, and so does a fourth one for 3,000.
    more = board | {"rank_from": 4, "rank_to": 4, "coins": "1000.01"}
    made = await waits(world, first, "/ranking-prizes", **more)
    await waits(world, first, "/ranking-prizes", number, rank_to=4)
    await waits(world, first, "/ranking-prizes", **board | {"period": "daily"}, rank_from=1,
                rank_to=100, diamonds="100.01")  # fmt: skip
    done = await admin(world, second, "POST", f"/proposals/{made['id']}/agree", reason="Right so")
    assert done.status_code == 200, done.text
    assert world.sql("SELECT coins FROM ranking_prizes WHERE rank_from = 4")[0][0] > 1000
    assert (await save(world, first, "/ranking-prizes", number, coins=2999)).status_code == 200
    # Another board's period comes round more often.
    await waits(world, first, "/ranking-prizes", number, period="daily", coins=9000)
    world.sql("DELETE FROM ranking_prizes")


async def test_coins_cheaper_than_ever_take_two(world: World, pair: list[Person]) -> None:
    first, second = pair
    world.package()
    world.sql("UPDATE recharge_packages SET currency = 'XTS'")
    # The first of its currency is cheaper than none before.
    dear = {"name": "Purse", "coin_amount": 500, "price": "5.00"}
    assert (await waits(world, first, "/packages", **dear))["verb"] == "package.create"
    purse = await save(world, second, "/packages", **dear)
    assert purse.status_code == 201, purse.text
    number = purse.json()["id"]
    for fields in ({"price": "4.99"}, {"coin_amount": 501}, {"bonus_coins": 1}):
        await waits(world, first, "/packages", number, **fields)
    for fields in ({"price": "5.01"}, {"name": "Bag"}, {"is_active": False}):
        assert (await save(world, first, "/packages", number, **fields)).status_code == 200
    # The retired one says what coins have cost.
    same = await save(world, first, "/packages", name="Sack", coin_amount=1000, price="10.02")
    assert same.status_code == 201, same.text
    made = await waits(world, first, "/packages", name="Sack", coin_amount=1000, price="10.01")
    assert made["body"]["price"] == "10.01"
    await waits(world, first, "/packages", name="Sack", coin_amount=1, price="1.00", currency="kwd")
    done = await admin(world, second, "POST", f"/proposals/{made['id']}/agree", **WHY)
    assert done.status_code == 200, done.text
    [(price,)] = world.sql("SELECT price FROM recharge_packages WHERE price = 10.01")
    assert str(price) == "10.01"


async def test_raising_what_binds_one_person_takes_two(
    world: World, finances: list[Person], settings: Settings
) -> None:
    first, second = finances

    async def change(person: Person, **changes: Any) -> httpx.Response:
        version = (await document(world, person, "/settings"))["version"]
        return await admin(world, person, "PATCH", "/settings", version=version, changes=changes,
                           **WHY)  # fmt: skip

    assert settings.adjustment_limit == LIMIT
    lower = await change(first, adjustment_limit=50, refund_limit=50)
    assert lower.status_code == 200, lower.text
    before = kept(world)
    for changes in (
        {"adjustment_limit": 51},
        {"refund_limit": "51"},
        {"adjustment_limit": None},
        {"refund_limit": 51, "buyer_daily_coins": 7},
    ):
        answer = await change(first, **changes)
        assert (answer.status_code, answer.json()["status"]) == (202, "pending"), changes
    assert kept(world) == before
    again = await change(first, adjustment_limit=51)
    assert refusal(again) == (403, "proposal.second_person")
    assert kept(world) == before
    assert (await change(second, adjustment_limit="51")).status_code == 200
    # The version that was seen is the agreeing one's: what holds is said by the proposal.
    waiting = (await document(world, second, "/proposals?status=pending"))["data"]
    both = next(one for one in waiting if "buyer_daily_coins" in one["body"])
    done = await admin(world, second, "POST", f"/proposals/{both['id']}/agree", **WHY)
    assert done.status_code == 200, done.text
    holds = {
        one["name"]: one["value"] for one in (await document(world, first, "/settings"))["data"]
    }
    assert (holds["adjustment_limit"], holds["refund_limit"], holds["buyer_daily_coins"]) == (
        "51", "51", "7"
    )  # fmt: skip


async def test_declined_it_is_not_done_and_may_be_proposed_anew(
    world: World, pair: list[Person], finances: list[Person]
) -> None:
    first, second = pair
    number = level(world)
    path = f"/proposals/{(await waits(world, first, '/levels', number, coin_reward=20_000))['id']}"
    reader, moderator = await staffed(world, Role.READ_ONLY), await staffed(world, Role.MODERATOR)
    before = everything(world)
    for verb in ("agree", "decline"):
        for person in (finances[0], reader, moderator):
            refused = await admin(world, person, "POST", f"{path}/{verb}", **WHY)
            assert refusal(refused) == (403, "staff.right_missing")
        nothing = await admin(world, second, "POST", f"{path}/{verb}", reason=" ")
        assert refusal(nothing) == (422, "request.invalid")
        gone = await admin(world, second, "POST", f"/proposals/999999999/{verb}", **WHY)
        assert refusal(gone) == (404, "proposal.not_found")
    assert refusal(await admin(world, moderator, "GET", "/proposals"))[0] == 403
    assert everything(world) == before
    assert (await document(world, reader, "/proposals?limit=1"))["data"][0]["status"] == "pending"
    state = kept(world)
    declined = await admin(world, first, "POST", f"{path}/decline", reason="A slip")
    view = declined.json()
    assert (view["status"], view["decided_by"], view["decision"]) == (
        "declined",
        first.id,
        "A slip",
    )
    assert kept(world) == state
    for verb in ("agree", "decline"):
        late = await admin(world, second, "POST", f"{path}/{verb}", **WHY)
        assert refusal(late) == (409, "proposal.decided")
    assert kept(world) == state
    await waits(world, second, "/levels", number, coin_reward=20_000)
