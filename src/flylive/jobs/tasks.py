"""Tasks: work that is put off, and how it is put off in the caller's transaction.

A job's arguments lie in the database until it is done, and longer if it fails: they name
what is to be done (a user, an address) and never carry a secret.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

import procrastinate
from procrastinate import PsycopgConnector, RetryStrategy
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from procrastinate.types import JSONDict

from flylive.database import Transaction

C = TypeVar("C")
P = ParamSpec("P")

RETRIES = 6
RETRY_BASE_SECONDS = 4
"""Tries follow each other after 4, 16, 64, 256, 1024 and 4096 seconds: an hour and a half."""

# Deferring needs only the caller's connection, so this one is never opened.
_JOBS = JobManager(PsycopgConnector())


@dataclass(frozen=True)
class Task(Generic[C, P]):
    """`work(context, **arguments)` under a name that jobs in the database refer to.

    Arguments are JSON. `retry_on` are failures that pass by themselves; any other is final at
    once, and the job stays among the failed ones.
    """

    name: str
    work: Callable[Concatenate[C, P], Awaitable[None]]
    retry_on: tuple[type[Exception], ...] = ()


async def defer(tx: Transaction, task: Task[C, P], *args: P.args, **kwargs: P.kwargs) -> int:
    """Put `task` off until after this transaction's commit; keyword arguments only. The job's id.

    If the transaction rolls back, there is no job.
    """
    if args:
        raise TypeError("a task's arguments are given by name")
    job = configure_task(name=task.name, job_manager=_JOBS, connection=await tx.driver())
    return await job.defer_async(**cast(JSONDict, kwargs))


def register(queue: procrastinate.App, tasks: Iterable[Task[C, ...]], context: C) -> None:
    """Let `queue` run these tasks, each with `context` as its first argument."""
    for task in tasks:
        _register(queue, task, context)


def _register(queue: procrastinate.App, task: Task[C, ...], context: C) -> None:
    async def work(**arguments: Any) -> None:
        await task.work(context, **arguments)

    retry = RetryStrategy(
        max_attempts=RETRIES, exponential_wait=RETRY_BASE_SECONDS, retry_exceptions=task.retry_on
    )
    queue.task(name=task.name, retry=retry if task.retry_on else False)(work)
