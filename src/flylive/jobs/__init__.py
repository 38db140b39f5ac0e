"""Deferred work: procrastinate over the same PostgreSQL, deferred in the caller's transaction.

The queue's tables are procrastinate's own; ``jobs`` and ``failed_jobs`` are views over them
with the seed's columns. Owns ``job_exceptions``.
"""

from flylive.jobs.queue import create_queue, retry_stalled, run

__all__ = ["create_queue", "retry_stalled", "run"]
