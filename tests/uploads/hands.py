"""Hands for uploads."""

from typing import Any

import httpx

from tests.world import Person, World


async def upload(
    world: World,
    person: Person | None,
    purpose: str,
    data: bytes,
    *,
    name: str = "file.bin",
    content_type: str = "application/octet-stream",
) -> httpx.Response:
    """POST /uploads."""
    return await world.call(
        "POST",
        "/uploads",
        person,
        data={"purpose": purpose},
        files={"file": (name, data, content_type)},
    )


async def uploaded(world: World, person: Person, purpose: str, data: bytes) -> str:
    """The address of an upload that was taken."""
    answer = await upload(world, person, purpose, data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def change_avatar(world: World, person: Person, data: bytes) -> dict[str, Any]:
    """PUT /me/avatar, taken."""
    answer = await world.call("PUT", "/me/avatar", person, files={"file": ("me.jpg", data)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
