"""What takes two of the staff: the first one's request waits, the second one's carries it out."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Response
from litestar.openapi import ResponseSpec

from flylive.accounts.audit import Actor
from flylive.accounts.proposals import service
from flylive.accounts.proposals.schemas import ProposalView
from flylive.accounts.proposals.service import Wish
from flylive.database import Transaction

T = TypeVar("T")


class _Alone(Exception):
    """It takes two, and this is the first."""


async def by_two(
    tx: Transaction, actor: Actor, wish: Wish, work: Callable[[int], Awaitable[tuple[T, bool]]]
) -> T | ProposalView:
    """Do `work`, or let it wait for a second person; what it gave, or what waits.

    `work` gets the id of whoever wished it first, and says whether it takes two. It is done to be
    looked at, so that what is at fault is refused at once and the rule sees the rows as they
    would be; then it is undone where nobody else has asked for the same yet. Under the staff's
    lock. Raises ProposalNeedsSecond, and what `work` raises.
    """
    assert actor.user_id is not None
    asked = await service.find_same(tx, wish)
    try:
        async with tx.connection.begin_nested():
            answer, takes_two = await work(actor.user_id if asked is None else asked.proposed_by)
            if takes_two and asked is None:
                raise _Alone
    except _Alone:
        tx.forget()
        return await service.keep(tx, actor, wish)
    if asked is not None:
        if takes_two:
            await service.check_second(tx, actor, asked)
        if asked.proposed_by != actor.user_id:
            await service.decide(tx, actor, asked, "carried_out", wish.reason)
    return answer


def answered(answer: Any, status: int = 200) -> Response[Any]:
    """What was done, or 202 with what waits."""
    return Response(answer, status_code=202 if isinstance(answer, ProposalView) else status)


def shown(kind: type[Any], status: int = 200) -> dict[int, ResponseSpec]:
    """Both answers, for the API's description."""
    said: dict[int, tuple[type[Any], str]] = {
        status: (kind, "Done"),
        202: (ProposalView, "Waits for a second person"),
    }
    return {
        code: ResponseSpec(one, generate_examples=False, description=words)
        for code, (one, words) in said.items()
    }
