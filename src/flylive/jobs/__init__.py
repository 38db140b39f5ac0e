"""Deferred work: procrastinate over the same PostgreSQL, deferred in the caller's transaction.

The queue's tables are procrastinate's own; ``jobs`` and ``failed_jobs`` are views over them
with the seed's columns. Owns ``job_exceptions``.
"""

from flylive.jobs.queue import create_queue, delete_finished, retry_stalled, run
from flylive.jobs.tasks import Task, defer, register

__all__ = ["Task", "create_queue", "defer", "delete_finished", "register", "retry_stalled", "run"]
