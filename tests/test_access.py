"""Every address × every kind of caller: the whole of tests/access, over HTTP.

Whoever may, succeeds at a thing that is really there; whoever may not is refused with the right
code, and nothing has changed.
"""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from flylive.accounts import passwords
from flylive.config import Settings
from tests.access import ROWS, rows
from tests.access.rows import KINDS, ROLES, STRANGERS, Refusal, Row, Thing
from tests.accounts.provider import PlayedProvider
from tests.stage import PASSWORD, Stage
from tests.test_wrong_input import OPERATIONS
from tests.world import Person, World


@pytest.fixture(scope="module")
async def google() -> AsyncIterator[PlayedProvider]:
    """Google, played; the rows sign their id tokens with it."""
    await rows.google.start()
    yield rows.google
    await rows.google.stop()


@pytest.fixture(scope="module")
def settings(settings: Settings, google: PlayedProvider) -> Settings:
    """The tests' settings, with the played provider."""
    return settings.model_copy(
        update={"google_client_ids": (google.audience,), "google_keys_url": google.url}
    )


@pytest.fixture(scope="module")
async def password_hash() -> str:
    """One hash for everybody."""
    return await passwords.hash_password(PASSWORD)


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    described = {f"{method} {path}" for method, path, _ in OPERATIONS}
    rows = [row.address for row in ROWS]
    assert sorted(rows) == sorted(described), sorted(described ^ set(rows))


async def caller(stage: Stage, kind: str) -> str | None:
    """The token that somebody of this kind sends."""
    if kind == "nobody":
        return None
    if kind == "expired":
        return await stage.token(stage.owner.id, is_expired=True)
    if kind == "blocked":
        return (await stage.person(is_blocked=True)).token
    return (await actor(stage, kind)).token


async def actor(stage: Stage, kind: str) -> Person:
    """Somebody of this kind who may come in."""
    if kind in ("user", *STRANGERS):
        return stage.owner
    return await stage.person(None if kind == "other" else ROLES[kind])


async def send(world: World, row: Row, thing: Thing, token: str | None) -> httpx.Response:
    path = row.path
    for name, value in thing.params.items():
        path = path.replace("{" + name + "}", str(value))
    assert "{" not in path, f"{row.address}: its `make` must give what is in braces"
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    options: dict[str, Any] = dict(thing.options)
    body = row.json if row.json is not None else options.pop("json", None)
    if body is not None:
        options["json"] = body
    return await world.client.request(row.method, path + row.query, headers=headers, **options)


def check_refused(row: Row, kind: str, answer: httpx.Response, expected: Refusal) -> None:
    said = f"{row.address} by {kind}: {answer.status_code} {answer.text}"
    assert answer.status_code == expected[0], said
    assert answer.headers["content-type"] == "application/problem+json", said
    assert answer.json()["code"] == expected[1], said


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.address)
async def test_who_may(world: World, settings: Settings, password_hash: str, row: Row) -> None:
    expected = {kind: row.refusal(kind) for kind in KINDS}

    stage = await Stage.new(world, settings, password_hash)
    tokens = {kind: await caller(stage, kind) for kind, refusal in expected.items() if refusal}
    stage.caller = await stage.person()
    thing = await row.make(stage)
    before = world.picture()
    for kind, token in tokens.items():
        refusal = expected[kind]
        assert refusal is not None
        check_refused(row, kind, await send(world, row, thing, token), refusal)
    assert world.picture() == before, row.address

    allowed = [kind for kind, refusal in expected.items() if refusal is None]
    shared = row.method == "GET"
    for kind in allowed:
        if not shared:
            stage = await Stage.new(world, settings, password_hash)
        stage.caller = await actor(stage, kind)
        if not shared or row.is_for_caller:
            thing = await row.make(stage)
        token = await caller(stage, kind) if kind in STRANGERS else stage.caller.token
        answer = await send(world, row, thing, token)
        assert answer.is_success, f"{row.address} by {kind}: {answer.status_code} {answer.text}"
