"""Jobs as the staff see them."""

from datetime import datetime
from typing import Any, Literal

import msgspec

State = Literal["waiting", "retrying", "running", "stalled", "failed", "dead"]
"""`retrying` waits after a try that went wrong; `stalled` runs at a worker that is silent, and is
put back soon; `failed` ended with words; `dead`: given up, by the staff or as a killer of workers.
"""


class JobView(msgspec.Struct, kw_only=True):
    """A job; secrets in `arguments` and `exception` are masked.

    `exception` is what it said the last time it went wrong. `available_at`: not before then.
    """

    id: int
    task: str
    queue: str
    state: State
    arguments: dict[str, Any]
    attempts: int
    priority: int
    deferred_at: datetime | None
    available_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    worker_id: int | None
    exception: str | None
    exception_at: datetime | None


class JobEvent(msgspec.Struct, kw_only=True):
    """Something that happened to a job: deferred, started, deferred_for_retry, failed, retried …"""

    type: str
    at: datetime | None


class JobDetail(JobView, kw_only=True):
    """A job with what happened to it."""

    events: list[JobEvent]


class TaskCount(msgspec.Struct, kw_only=True):
    """How many jobs of a task are in a state."""

    task: str
    state: State
    jobs: int


class WorkerView(msgspec.Struct, kw_only=True):
    """A worker; one that was silent for 30 s counts as dead, and its jobs are put back."""

    id: int
    last_heartbeat: datetime
    is_alive: bool
    running: int


class JobsSummary(msgspec.Struct, kw_only=True):
    """How the queue stands. `oldest_waiting_at`: since when the longest waiting job could run."""

    tasks: list[TaskCount]
    oldest_waiting_at: datetime | None
    workers: list[WorkerView]
