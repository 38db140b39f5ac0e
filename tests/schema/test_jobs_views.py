"""`jobs` and `failed_jobs` answer truly: what waits, what runs, what failed and why."""

import json
import time
from typing import Any

import psycopg


def one(connection: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    """The first column of the only row."""
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def test_a_job_is_seen_from_waiting_to_failed(serving: psycopg.Connection[Any]) -> None:
    job = one(
        serving,
        """
        SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW(
            'default', 'rankings.close', 0, NULL, NULL, '{"day": "2026-11-01"}', NULL
        )::procrastinate_job_to_defer_v1]))
        """,
    )
    waiting = serving.execute(
        "SELECT queue, payload, attempts, reserved_at, available_at, created_at FROM jobs"
        " WHERE id = %s",
        (job,),
    ).fetchone()
    assert waiting is not None
    queue, payload, attempts, reserved_at, available_at, created_at = waiting
    assert (queue, attempts, reserved_at) == ("default", 0, None)
    assert json.loads(payload)["task"] == "rankings.close"
    assert json.loads(payload)["args"] == {"day": "2026-11-01"}
    assert available_at == created_at
    assert abs(created_at - time.time()) < 60

    worker = one(serving, "SELECT worker_id FROM procrastinate_register_worker_v1()")
    assert one(serving, "SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", worker) == job
    assert one(serving, "SELECT reserved_at FROM jobs WHERE id = %s", job) >= created_at

    serving.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", (job,))
    assert one(serving, "SELECT count(*) FROM jobs WHERE id = %s", job) == 0
    failed = "SELECT exception FROM failed_jobs WHERE id = %s AND failed_at IS NOT NULL"
    assert "worker ended" in one(serving, failed, job)
    serving.execute(
        "INSERT INTO job_exceptions (job_id, exception) VALUES (%s, 'ValueError: no')", (job,)
    )
    assert one(serving, failed, job) == "ValueError: no"
    assert one(serving, "SELECT count(DISTINCT uuid) FROM failed_jobs") == 1
    serving.execute("DELETE FROM procrastinate_jobs WHERE id = %s", (job,))
    assert one(serving, "SELECT count(*) FROM job_exceptions") == 0


def test_a_job_for_later_is_available_then(serving: psycopg.Connection[Any]) -> None:
    job = one(
        serving,
        """
        INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at)
        VALUES ('default', 'later', '2099-01-01 00:00:00+00') RETURNING id
        """,
    )
    # Past 2038, where the seed's INTEGER ends.
    assert one(serving, "SELECT available_at FROM jobs WHERE id = %s", job) == 4_070_908_800
