"""Finding people: by signature, by the beginning and the middle of a name, and misspelt."""

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from flylive.clock import now
from flylive.http import pages
from flylive.screens import search as search_module
from tests.accounts.conftest import From
from tests.standing import standing_at
from tests.world import Person, World

PUBLIC = {
    "id", "signature", "name", "gender", "country", "avatar_image", "static_src", "animated_src",
    "wealth_level", "charm_level", "vip_level", "agency", "badges", "followers_count",
    "following_count", "is_following", "is_friend", "partner", "privileges",
}  # fmt: skip


@pytest.fixture(scope="module")
async def viewer(world: World) -> Person:
    """Whoever searches; his name resembles nobody's."""
    return await world.register(name="0")


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    """Each test has its own people and the whole of its limits."""
    world.sql("DELETE FROM cache WHERE key LIKE 'bucket:%%'")
    world.sql("UPDATE users SET name = '0', deleted_at = now() WHERE name <> '0'")


async def named(world: World, *names: str) -> dict[str, int]:
    """People of these names, put in by SQL since there are many; their ids."""
    rows = [
        world.sql(
            "INSERT INTO users (name, email, signature, password, dob, gender, country)"
            " SELECT %s, n || '@search.example', (500000000 + n)::text, '!', '1990-01-01', 1, 'PK'"
            " FROM (SELECT nextval('users_id_seq') AS n) AS next RETURNING id",
            name,
        )[0][0]
        for name in names
    ]
    return dict(zip(names, rows, strict=True))


async def search(world: World, viewer: Person, q: str, **parameters: Any) -> dict[str, Any]:
    answer = await world.call("GET", "/users", viewer, params={"q": q} | parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def found(world: World, viewer: Person, q: str, **parameters: Any) -> list[str]:
    return [user["name"] for user in (await search(world, viewer, q, **parameters))["data"]]


async def test_parts_of_names_are_found_without_case(world: World, viewer: Person) -> None:
    await named(world, "ömercan", "Ömer Faruk", "Faruk Ömer", "O%mer", "O_mer", "back\\slash")
    for q, expected in (
        ("ÖMER", ["ömer faruk", "ömercan", "faruk ömer"]),
        (" faruk ", ["faruk ömer", "ömer faruk"]),
        ("o%m", ["o%mer"]),
        ("o_m", ["o_mer"]),
        ("back\\s", ["back\\slash"]),
        ("k\\slash", ["back\\slash"]),
        ("nobody of that name", []),
    ):
        assert [name.lower() for name in await found(world, viewer, q)] == expected, q
    assert set((await search(world, viewer, "faruk"))["data"][0]) == PUBLIC


async def test_whoever_is_deleted_or_blocked_is_not_found(world: World, viewer: Person) -> None:
    people = await named(world, "Selin one", "Selin two", "Selin three")
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", people["Selin one"])
    world.sql(
        "UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", people["Selin two"]
    )
    for q in ("selin", "elin", "selina three", "s"):
        assert await found(world, viewer, q) == ["Selin three"], q
    for name in ("Selin one", "Selin two"):
        signature = world.sql("SELECT signature FROM users WHERE id = %s", people[name])[0][0]
        assert await found(world, viewer, signature) == []


async def test_who_blocked_whom_makes_no_difference(world: World) -> None:
    """His profile is open by its id too; missing here, it would tell who blocked whom."""
    one, other = await world.people(2, name="Mutual")
    answer = await world.call("PUT", f"/users/{other.id}/block", one)
    assert answer.status_code == 204, answer.text
    for viewer in (one, other):
        assert await found(world, viewer, "mutual") == ["Mutual", "Mutual"]


async def test_a_signature_is_found_whole_and_first(world: World, viewer: Person) -> None:
    person = await world.register(name="Zoe")
    signature = person.user["signature"]
    await named(world, f"not {signature}", signature)
    assert await found(world, viewer, signature) == ["Zoe", signature, f"not {signature}"]
    assert "Zoe" not in await found(world, viewer, signature[:-1])


async def test_best_hits_come_first(world: World, viewer: Person) -> None:
    await named(
        world, "Little Rosanna of the Hill", "Rosanna", "Rosanna Bell", "Old Rosanna", "Rosana",
        "Somebody else",
    )  # fmt: skip
    assert await found(world, viewer, "rosanna") == [
        "Rosanna", "Rosanna Bell", "Old Rosanna", "Little Rosanna of the Hill", "Rosana",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "misspelt"),
    [("Alexander Khan", "alexnder"), ("Muhammad", "muhamad"), ("Svetlana", "svetlanna"),
     ("Priya Sharma", "sharrma"), ("محمد احمد", "احمذ"), ("Олександр", "Олександер")],
)  # fmt: skip
async def test_misspelt_names_are_found(
    world: World, viewer: Person, name: str, misspelt: str
) -> None:
    await named(world, name, "Bystander", "عمر")
    assert await found(world, viewer, misspelt) == [name]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("a", ["ab", "Abel", "amir"]),
        ("AB", ["ab", "Abel", "Zoe Abbot"]),
        ("م", ["مريم", "مصطفى"]),
        ("مر", ["مريم", "علي مراد"]),
        ("👑", ["👑 Queen"]),
        ("👑 q", ["👑 Queen"]),
        ("queen", ["👑 Queen"]),
        ("李", ["李小龙"]),
        ("小龙", []),
        ("李小龙", ["李小龙"]),
        ("'", ["'quoted'"]),
        ("🔥", []),
    ],
)
async def test_few_letters_find_what_begins_with_them(
    world: World, viewer: Person, q: str, expected: list[str]
) -> None:
    await named(
        world, "amir", "Abel", "ab", "Zoe Abbot", "Crab", "مريم", "مصطفى", "علي مراد", "👑 Queen",
        "李小龙", "'quoted'",
    )  # fmt: skip
    assert await found(world, viewer, q) == expected


async def test_pages_stay_right_while_people_join(world: World, viewer: Person) -> None:
    """Every hit once, in order, though pages end anywhere in each kind of hit."""
    begins = [f"Mirabel {letter}" for letter in "abdefg"]
    holds = [f"{word} Mirabel" for word in ("A", "Of a", "Of the big", "Of the very big")]
    alike = ["Mirrabel", "Mirabbel of x", "Mirabl"]
    await named(world, *begins, *holds, *alike)
    whole = await found(world, viewer, "mirabel", limit=100)
    assert whole[:6] == begins
    assert whole[6:10] == holds
    assert set(whole[10:]) == set(alike)
    for limit in (1, 2, 3, 5):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await search(
                world, viewer, "mirabel", limit=limit, **({"cursor": cursor} if cursor else {})
            )
            seen += [user["name"] for user in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == whole, limit
    first = await search(world, viewer, "mirabel", limit=3)
    await named(world, "Mirabel aa", "Mirabel c")
    rest = await found(world, viewer, "mirabel", limit=100, cursor=first["next_cursor"])
    assert rest == whole[3:]
    behind = pages.encode(1, begins[1].lower(), 0, 0)
    assert await found(world, viewer, "mirabel", limit=2, cursor=behind) == [begins[1], "Mirabel c"]


async def test_long_names_have_cursors_too(world: World, viewer: Person) -> None:
    """Namesakes in their first sixty letters, of four bytes each, are told apart by id."""
    names = ["𝔄" * 250 + f"{number}" for number in range(4)]
    await named(world, *names)
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = await search(world, viewer, "𝔄" * 61, limit=1, **more)
        seen += [user["name"] for user in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names
    assert await found(world, viewer, "𝔄" * 250 + "2") == [names[2]]


async def test_only_so_many_are_ranked(
    world: World, viewer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "RANKED_HOLDING", 3)
    await named(world, *(f"{letter} Marigold" for letter in "abcde"), "Marigold")
    assert len(await found(world, viewer, "marigold")) == 4


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%20%20", f"q={'a' * 256}", "q=a&limit=0", "q=a&limit=101", "q=a&limit=x",
     "q=a&cursor=nonsense", "q=a&cursor=WzEsMl0", "q=a%00b", "q=a&limit=" + "9" * 30,
     *(f"q=a&cursor={pages.encode(*key)}" for key in (
         (4, "", 0, 1), (-1, "", 0, 1), (1, "a\x00", 0, 1), (2, "", 1001, 1), (2, "", -1, 1),
         (1, "a", 0, 10**30), (1, "a", 10**30, 1), (10**30, "a", 0, 1)))],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused(world: World, viewer: Person, query: str) -> None:
    answer = await world.call("GET", f"/users?{query}", viewer)
    assert answer.status_code == 422, answer.text
    assert world.sql("SELECT count(*) FROM cache WHERE key LIKE 'bucket:search%%'") == [(0,)]


async def test_nobody_searches_without_a_token(world: World) -> None:
    assert (await world.call("GET", "/users?q=a")).status_code == 401


async def test_searches_of_an_account_are_limited_and_said(
    world: World, from_address: From
) -> None:
    person, other = await world.people(2)
    elsewhere = from_address("203.0.113.55")
    # The clock stands: a hit comes back each second.
    with standing_at(now()):
        left = []
        for _ in range(60):
            answer = await world.call("GET", "/users?q=abc", person)
            assert answer.status_code == 200
            assert answer.headers["ratelimit-limit"] == "60"
            left.append(int(answer.headers["ratelimit-remaining"]))
        assert left == list(range(59, -1, -1))
        refused = await world.call("GET", "/users?q=abc", person)
        assert refused.status_code == 429
        assert refused.json()["code"] == "request.too_many"
        assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"] == "1"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert refused.headers["ratelimit-policy"] == "60;w=60"
        # It is the account's own, wherever he asks from, and nobody else's.
        answer = await elsewhere.get("/v1/users?q=abc", headers=person.headers)
        assert answer.status_code == 429
        assert (await world.call("GET", "/users?q=abc", other)).status_code == 200


names = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), min_size=1, max_size=12
).filter(lambda text: any(unicodedata.category(c)[0] not in "CZ" for c in text) and text.strip())


@runs(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=names, length=st.integers(1, 12))
async def test_every_name_is_found_by_its_beginning(
    world: World, viewer: Person, name: str, length: int
) -> None:
    whole = name.strip()
    await named(world, whole)
    assert whole in await found(world, viewer, whole[:length].strip(), limit=100)
