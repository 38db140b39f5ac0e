"""A crash between the provider's answer and the commit loses nothing and doubles nothing."""

import asyncio
from typing import Any

import pytest

from flylive.wallet.recharge import queries
from tests.wallet.recharge.conftest import Till
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import World


class Crash(Exception):
    """The process is gone."""


@pytest.mark.parametrize("statement", ["mark_order", "note_change", "lock_order"])
async def test_settling_is_one_transaction(
    world: World,
    till: Till,
    stripe: PlayedStripe,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
) -> None:
    person = await world.register()
    order = await till.order(person, "stripe")
    session = stripe.pay(stripe.session_of(order))
    body = stripe.event("checkout.session.completed", session)
    whole = getattr(queries, statement)

    async def crash(*arguments: Any, **more: Any) -> Any:
        await whole(*arguments, **more)
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(queries, statement, crash)
        answers = await asyncio.gather(
            *(till.hear("stripe", body, stripe.signature(body)) for _ in range(3)),
            till.confirm(person, order),
        )
        assert {answer.status_code for answer in answers} == {500}
    assert await till.status(person, order) == "pending"
    assert till.ledger(person) == []
    assert till.world.sql("SELECT FROM recharge_changes WHERE user_id = %s", person.id) == []
    till.prove()
    await asyncio.gather(
        *(till.hear("stripe", body, stripe.signature(body)) for _ in range(5)),
        *(till.confirm(person, order) for _ in range(5)),
    )
    assert till.ledger(person) == [("recharge", 500), ("recharge_bonus", 50)]
    [(kind, outcome)] = till.events(order)
    assert kind == "checkout.session.completed"
    assert outcome in ("settled", "unchanged")  # the latter where the client was first


async def test_a_crash_after_settling_leaves_the_event_to_be_told_again(
    world: World, till: Till, stripe: PlayedStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    order = await till.order(person, "stripe")
    session_id = stripe.session_of(order)
    stripe.pay(session_id)
    await till.confirm(person, order)
    body = stripe.event("charge.refunded", stripe.refund(session_id))

    async def crash(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(queries, "handle", crash)
        answer = await till.hear("stripe", body, stripe.signature(body))
        assert answer.status_code == 500
    assert await till.status(person, order) == "refunded"
    assert [outcome for _, outcome in till.events(order)] == []
    await till.hear("stripe", body, stripe.signature(body))
    assert till.events(order) == [("charge.refunded", "unchanged")]
    assert await till.coins(person) == ("0.00", "0.00")


async def test_a_buyer_who_deleted_his_account_keeps_nothing_and_owes_nothing_new(
    world: World, till: Till, stripe: PlayedStripe
) -> None:
    person = await world.register()
    order = await till.order(person, "stripe")
    session = stripe.session_of(order)
    deleted = await world.call("DELETE", "/me", person, json={"password": "a long password"})
    assert deleted.status_code == 204, deleted.text
    for kind, subject in (
        ("checkout.session.completed", stripe.pay(session)),
        ("charge.refunded", stripe.refund(session)),
    ):
        body = stripe.event(kind, subject)
        assert (await till.hear("stripe", body, stripe.signature(body))).status_code == 204
        till.prove()
    assert till.world.sql("SELECT coin_balance FROM users WHERE id = %s", person.id) == [(0,)]
