"""Cursors that nobody was given: refused, or a list, never a 500."""

import base64

import pytest

from tests.world import World

LISTS = [
    "/auth/tokens",
    "/me/blocks",
    "/users?q=a",
    "/rooms",
    "/rooms?sort=newest",
    "/rooms?sort=coins",
    "/rooms?sort=participants",
    "/wallet/transactions",
    "/gifts",
    "/gifts?sort=price",
    "/gifts/transactions",
    "/users/1/gift-wall",
    "/fairness/draws",
    "/recharge/packages",
    "/me/identities",
]
PARTS = [
    "9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 200,
    '"1E+999999999"',
    '"NaN"',
    '"sNaN"',
    '"Infinity"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
]


@pytest.mark.parametrize("path", LISTS)
async def test_forged_cursors(world: World, path: str) -> None:
    person = await world.register()
    path = path.replace("/users/1/", f"/users/{person.id}/")
    for part in PARTS:
        for raw in (
            f"[{part}]",
            f"[{part},1]",
            f"[true,{part}]",
            f"[1,{part}]",
            f'["2020-01-01T00:00:00Z",{part}]',
            "[" * 200,
        ):
            cursor = base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()
            glue = "&" if "?" in path else "?"
            answer = await world.call("GET", f"{path}{glue}cursor={cursor}", person)
            assert answer.status_code in (200, 422), (raw, answer.text)
