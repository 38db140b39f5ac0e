"""Jobs: procrastinate's tables as its release ships them, and the seed's views over them."""

from typing import cast

import psycopg
from alembic import op
from procrastinate.schema import SchemaManager

revision = "2007_jobs"
down_revision: str | None = "2006_platform"


def upgrade() -> None:
    """Make the engine's tables, ours beside them, and the views.

    The engine's SQL is that of the locked release. Whoever raises the lock adds a version
    that runs the release's own migration where its objects are not there yet.
    """
    # Sent as it is: procrastinate's SQL has percent signs and colons of its own.
    connection = cast("psycopg.Connection[object]", op.get_bind().connection.driver_connection)
    connection.execute(SchemaManager.get_schema().encode())
    op.execute(
        """
        CREATE TABLE job_exceptions (
            job_id bigint PRIMARY KEY,
            exception text NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT fk_job_exceptions_job_id
                FOREIGN KEY (job_id) REFERENCES procrastinate_jobs (id) ON DELETE CASCADE
        );
        """
    )
    op.execute(
        """
        CREATE VIEW jobs AS
        SELECT job.id,
               CAST(job.queue_name AS varchar(255)) AS queue,
               CAST(jsonb_build_object(
                   'task', job.task_name, 'args', job.args, 'lock', job.lock,
                   'queueing_lock', job.queueing_lock, 'priority', job.priority
               ) AS text) AS payload,
               CAST(least(job.attempts, 32767) AS smallint) AS attempts,
               CAST(extract(epoch FROM CASE WHEN job.status = 'doing' THEN event.started_at END)
                    AS bigint) AS reserved_at,
               CAST(extract(epoch FROM COALESCE(job.scheduled_at, event.deferred_at, now()))
                    AS bigint) AS available_at,
               CAST(extract(epoch FROM COALESCE(event.deferred_at, job.scheduled_at, now()))
                    AS bigint) AS created_at
        FROM procrastinate_jobs AS job
        CROSS JOIN LATERAL (
            SELECT min(at) FILTER (WHERE type = 'deferred') AS deferred_at,
                   max(at) FILTER (WHERE type = 'started') AS started_at
            FROM procrastinate_events WHERE job_id = job.id
        ) AS event
        WHERE job.status IN ('todo', 'doing')
        """
    )
    op.execute(
        """
        CREATE VIEW failed_jobs AS
        SELECT job.id,
               CAST(CAST(md5(concat('procrastinate/', job.id)) AS uuid) AS varchar(255)) AS uuid,
               'procrastinate' AS connection,
               CAST(job.queue_name AS text) AS queue,
               CAST(jsonb_build_object(
                   'task', job.task_name, 'args', job.args, 'lock', job.lock,
                   'queueing_lock', job.queueing_lock, 'priority', job.priority
               ) AS text) AS payload,
               COALESCE(failure.exception, 'The worker ended before it could say why.')
                   AS exception,
               COALESCE(event.failed_at, failure.at) AS failed_at
        FROM procrastinate_jobs AS job
        LEFT JOIN job_exceptions AS failure ON failure.job_id = job.id
        CROSS JOIN LATERAL (
            SELECT max(at) AS failed_at
            FROM procrastinate_events WHERE job_id = job.id AND type = 'failed'
        ) AS event
        WHERE job.status = 'failed'
        """
    )
