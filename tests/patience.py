"""Promises about time, on a machine that is busy with something else now and then."""

import asyncio
from collections.abc import Awaitable, Callable

TRIES = 5
PATIENCE_SECONDS = 60.0
"""It ends what hangs, and refuses nothing that is only slow."""


async def eventually(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the condition holds: for what has no event to wait for."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def once_within(seconds: float, act: Callable[[int], Awaitable[float]]) -> None:
    """See that `act`, which gives how long it took, keeps the time in one of a few tries.

    A machine that stands still for a moment makes any one try late; what the product itself
    waits for makes all of them late. `act` is told which try it is.
    """
    took: list[float] = []
    for turn in range(TRIES):
        took.append(await act(turn))
        if took[-1] < seconds:
            return
    raise AssertionError(f"not once within {seconds} s: {took}")
