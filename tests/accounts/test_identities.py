"""Linking and unlinking identities, the last way in, and an identity as proof."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive import clock
from flylive.accounts.identities import (
    forget_identities,
    prove_identity,
    require_still_linked,
    service,
)
from flylive.accounts.identities.errors import (
    IdentityNotLinked,
    InvalidIdToken,
    StaleIdToken,
)
from flylive.database import Database, Transaction
from tests.accounts.postman import Postman, forget, log_in, reset
from tests.accounts.provider import PlayedProvider
from tests.patience import eventually
from tests.world import Person, World

PROFILE = {"name": "Huda", "dob": "1994-03-02", "gender": 2, "country": "JO"}
Shown = tuple[str | None, str | None]


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


async def enter(world: World, provider: str, token: str) -> httpx.Response:
    return await world.call(
        "POST", "/auth/social", json={"provider": provider, "id_token": token} | PROFILE
    )


async def signed_up(world: World, provider: PlayedProvider, sub: str, **claims: Any) -> Person:
    answer = await enter(world, provider.name, provider.token(sub, **claims))
    assert answer.status_code == 201, answer.text
    document = answer.json()
    return Person(document["user"]["id"], document["token"], document["user"])


async def link(world: World, person: Person, provider: PlayedProvider, token: str) -> Any:
    body = {"provider": provider.name, "id_token": token}
    return await world.call("POST", "/me/identities", person, json=body)


async def unlink(world: World, person: Person, provider: str) -> httpx.Response:
    return await world.call("DELETE", f"/me/identities/{provider}", person)


async def linked(world: World, person: Person) -> list[dict[str, Any]]:
    page = (await world.call("GET", "/me/identities", person)).json()
    assert page["next_cursor"] is None
    return list(page["data"])


async def shown(world: World, person: Person) -> Shown:
    """What the seed's columns show."""
    me = (await world.call("GET", "/me", person)).json()
    return me["social_provider"], me["social_provider_id"]


async def test_a_linked_identity_opens_the_account(
    world: World, google: PlayedProvider, facebook: PlayedProvider
) -> None:
    person, stranger = await world.people(2)
    assert await linked(world, person) == []
    token = facebook.token("f-link", email="f.link@example.com", email_verified=True)
    answer = await link(world, person, facebook, token)
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert set(row) == {"id", "provider", "provider_id", "email", "created_at"}
    assert (row["provider"], row["provider_id"]) == ("facebook", "f-link")
    assert row["email"] == "f.link@example.com"
    assert (await link(world, person, google, google.token("g-link"))).status_code == 201
    assert [one["provider"] for one in await linked(world, person)] == ["facebook", "google"]
    assert await linked(world, stranger) == []
    # The first one is shown, and the account's own e-mail stays what it was.
    assert await shown(world, person) == ("facebook", "f-link")
    entered = await enter(world, "google", google.token("g-link"))
    assert entered.status_code == 200
    assert entered.json()["user"]["id"] == person.id
    assert entered.json()["user"]["email"] == person.user["email"]


async def test_an_identity_of_another_account_is_not_linked(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    await signed_up(world, google, "g-others")
    person = await world.register()
    before = stored()
    answer = await link(world, person, google, google.token("g-others"))
    assert outcome(answer) == (409, "auth.identity_taken")
    assert stored() == before


async def test_a_provider_is_linked_once(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    person = await signed_up(world, google, "g-once")
    before = stored()
    for sub in ("g-once", "g-twice"):
        answer = await link(world, person, google, google.token(sub))
        assert outcome(answer) == (409, "auth.provider_linked")
    assert stored() == before


async def test_a_deleted_accounts_identity_can_be_linked(
    world: World, google: PlayedProvider
) -> None:
    gone = await signed_up(world, google, "g-gone")
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", gone.id)
    person = await world.register()
    assert (await link(world, person, google, google.token("g-gone"))).status_code == 201
    assert await shown(world, person) == ("google", "g-gone")


async def test_what_is_linked_must_hold_and_be_fresh(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    person = await world.register()
    before = stored()
    moment = int(clock.now().timestamp())
    stale = google.token("g-fresh", iat=moment - service.LINK_AGE_SECONDS - 62)
    for token, expected in (
        (google.token("g-fresh", aud="elsewhere"), (422, "auth.invalid_id_token")),
        ("rubbish", (422, "auth.invalid_id_token")),
        (stale, (422, "auth.stale_id_token")),
    ):
        assert outcome(await link(world, person, google, token)) == expected
    assert stored() == before
    # Stale as it is, it still logs in: that asks only that it holds.
    assert (await enter(world, "google", stale)).status_code == 201
    almost = google.token("g-almost", iat=moment - service.LINK_AGE_SECONDS + 30)
    assert (await link(world, person, google, almost)).status_code == 201


async def test_unlinking_shows_the_next_and_ends_that_way_in(
    world: World, google: PlayedProvider, facebook: PlayedProvider
) -> None:
    person = await signed_up(world, google, "g-first")
    assert (await link(world, person, facebook, facebook.token("f-next"))).status_code == 201
    assert await shown(world, person) == ("google", "g-first")
    assert (await unlink(world, person, "google")).status_code == 204
    assert await shown(world, person) == ("facebook", "f-next")
    assert [one["provider"] for one in await linked(world, person)] == ["facebook"]
    # The identity is free: it opens an account of its own now.
    other = await enter(world, "google", google.token("g-first"))
    assert other.status_code == 201
    assert other.json()["user"]["id"] != person.id
    # Tokens stay: whoever unlinks is not logged out.
    assert (await world.call("GET", "/me", person)).status_code == 200


async def test_what_is_not_linked_is_not_found(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    await signed_up(world, google, "g-anybody")
    person = await world.register()
    before = stored()
    for provider in ("google", "facebook", "apple", "GOOGLE", "1", "%00", "g%C3%A9"):
        answer = await unlink(world, person, provider)
        assert answer.status_code == 404, provider
    assert outcome(await unlink(world, person, "google")) == (404, "auth.identity_not_linked")
    assert stored() == before


async def test_the_last_way_in_stays(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    person = await signed_up(
        world, google, "g-last", email="last.way@example.com", email_verified=True
    )
    before = stored()
    assert outcome(await unlink(world, person, "google")) == (409, "auth.last_way_in")
    assert stored() == before


async def test_with_a_password_and_an_address_the_last_identity_may_go(
    world: World, google: PlayedProvider
) -> None:
    person = await world.register()
    assert (await link(world, person, google, google.token("g-password"))).status_code == 201
    assert (await unlink(world, person, "google")).status_code == 204
    assert await shown(world, person) == (None, None)
    login = {"login": person.user["email"], "password": "a long password"}
    assert (await world.call("POST", "/auth/login", json=login)).status_code == 200


async def test_a_password_without_email_and_phone_is_no_way_in(
    world: World, google: PlayedProvider
) -> None:
    person = await world.register()
    assert (await link(world, person, google, google.token("g-no-address"))).status_code == 201
    world.sql("UPDATE users SET email = NULL WHERE id = %s", person.id)
    assert outcome(await unlink(world, person, "google")) == (409, "auth.last_way_in")


async def test_of_two_removals_at_once_one_identity_stays(
    world: World, google: PlayedProvider, facebook: PlayedProvider
) -> None:
    for number in range(8):
        person = await signed_up(world, google, f"g-both-{number}")
        token = facebook.token(f"f-both-{number}")
        assert (await link(world, person, facebook, token)).status_code == 201
        answers = await asyncio.gather(
            unlink(world, person, "google"), unlink(world, person, "facebook")
        )
        assert sorted(outcome(answer) for answer in answers) == [
            (204, ""),
            (409, "auth.last_way_in"),
        ]
        [left] = await linked(world, person)
        assert await shown(world, person) == (left["provider"], left["provider_id"])


async def test_one_identity_linked_by_many_at_once_is_ones(
    world: World, google: PlayedProvider
) -> None:
    people = await world.people(6)
    token = google.token("g-wanted")
    answers = await asyncio.gather(*(link(world, person, google, token) for person in people))
    assert sorted(outcome(answer) for answer in answers) == (
        [(201, "")] + [(409, "auth.identity_taken")] * 5
    )
    assert world.sql("SELECT count(*) FROM user_identities WHERE provider_id = 'g-wanted'") == [
        (1,)
    ]


async def test_two_identities_of_one_provider_linked_at_once_are_one(
    world: World, google: PlayedProvider
) -> None:
    person = await world.register()
    answers = await asyncio.gather(
        *(link(world, person, google, google.token(f"g-two-{number}")) for number in range(4))
    )
    assert sorted(outcome(answer) for answer in answers) == (
        [(201, "")] + [(409, "auth.provider_linked")] * 3
    )


async def test_linking_while_a_stranger_signs_up_makes_one_owner(
    world: World, google: PlayedProvider
) -> None:
    for number in range(6):
        person = await world.register()
        token = google.token(f"g-meet-{number}")
        joined, opened = await asyncio.gather(
            link(world, person, google, token), enter(world, "google", token)
        )
        assert (joined.status_code, opened.status_code) in {(201, 200), (409, 201)}
        [(owner,)] = world.sql(
            "SELECT user_id FROM user_identities WHERE provider_id = %s", f"g-meet-{number}"
        )
        assert opened.json()["user"]["id"] == owner
        assert (owner == person.id) == (joined.status_code == 201)


async def test_nobody_enters_by_an_identity_that_is_unlinked_meanwhile(
    world: World, google: PlayedProvider, database: Database
) -> None:
    person = await world.register()
    assert (await link(world, person, google, google.token("g-meanwhile"))).status_code == 201
    locked, unlinked = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        await service.unlink(tx, person.id, "google")
        locked.set()
        await unlinked.wait()

    removal = asyncio.create_task(database.run(work))
    await locked.wait()
    entering = asyncio.create_task(enter(world, "google", google.token("g-meanwhile")))
    # It waits for the user's row before the removal is committed.
    await eventually(world.waiting_for_locks)
    unlinked.set()
    await removal
    answer = await entering
    assert answer.status_code == 201
    assert answer.json()["user"]["id"] != person.id


async def test_a_fresh_token_of_ones_own_identity_is_a_proof(
    world: World, google: PlayedProvider, database: Database, app: Litestar
) -> None:
    person = await signed_up(world, google, "g-proof")
    other = await signed_up(world, google, "g-proof-other")
    unlinked = await world.register()
    id_tokens = app.state.id_tokens

    async def prove(user_id: int, token: str) -> Any:
        return await prove_identity(database, id_tokens, user_id, "google", token)

    moment = int(clock.now().timestamp())
    stale = google.token("g-proof", iat=moment - service.PROOF_AGE_SECONDS - 62)
    for user_id, token, refusal in (
        (other.id, google.token("g-proof"), IdentityNotLinked),
        (unlinked.id, google.token("g-proof"), IdentityNotLinked),
        (person.id, google.token("g-proof-nobody"), IdentityNotLinked),
        (person.id, stale, StaleIdToken),
        (person.id, google.token("g-proof", iss="https://evil.example"), InvalidIdToken),
    ):
        with pytest.raises(refusal):
            await prove(user_id, token)
    proof = await prove(person.id, google.token("g-proof"))
    assert proof.user_id == person.id
    await database.run(lambda tx: require_still_linked(tx, proof))
    later = clock.turned_to(clock.now() + timedelta(seconds=service.PROOF_AGE_SECONDS + 62))
    with later, pytest.raises(StaleIdToken):
        await prove(person.id, google.token("g-proof", iat=moment))
    await database.run(lambda tx: forget_identities(tx, person.id))
    with pytest.raises(IdentityNotLinked):
        await database.run(lambda tx: require_still_linked(tx, proof))
    assert await shown(world, person) == (None, None)


async def test_an_account_of_an_identity_alone_comes_to_an_email_and_a_password(
    world: World,
    facebook: PlayedProvider,
    google: PlayedProvider,
    postman: Postman,
    stored: Callable[[], Any],
) -> None:
    person, email = await signed_up(world, facebook, "f-alone"), "alone@example.com"
    moment = int(clock.now().timestamp())
    stale = facebook.token("f-alone", iat=moment - service.PROOF_AGE_SECONDS - 62)
    before = stored()
    for proof, expected in (
        ({}, (422, "request.invalid")),
        ({"password": "!"}, (409, "auth.no_password")),
        ({"provider": "facebook"}, (422, "request.invalid")),
        ({"id_token": facebook.token("f-alone")}, (422, "request.invalid")),
        (
            {"password": "!", "provider": "facebook", "id_token": facebook.token("f-alone")},
            (422, "request.invalid"),
        ),
        ({"provider": "facebook", "id_token": stale}, (422, "auth.stale_id_token")),
        (
            {"provider": "facebook", "id_token": facebook.token("f-stranger")},
            (404, "auth.identity_not_linked"),
        ),
        (
            {"provider": "google", "id_token": google.token("f-alone")},
            (404, "auth.identity_not_linked"),
        ),
    ):
        answer = await world.call("POST", "/me/email", person, json={"email": email} | proof)
        assert outcome(answer) == expected, proof
    assert stored() == before
    assert await postman.letters(email) == []

    proof = {"provider": "facebook", "id_token": facebook.token("f-alone")}
    asked = await world.call("POST", "/me/email", person, json={"email": email} | proof)
    assert asked.status_code == 202, asked.text
    code = (await postman.last(email))["code"]
    done = await world.call("POST", "/me/email/confirm", person, json={"code": code})
    assert (done.status_code, done.json()["email"]) == (200, email)
    assert (await forget(world, email=email)).status_code == 202
    letter = await postman.last(email)
    assert (await reset(world, email=email, token=letter["token"])).status_code == 204
    assert (await log_in(world, email)).status_code == 200
    assert (await enter(world, "facebook", facebook.token("f-alone"))).status_code == 200
