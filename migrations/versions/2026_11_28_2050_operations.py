"""What the staff's console needs of jobs, boards, the proof and partitions."""

from alembic import op

revision = "2050_operations"
down_revision: str | None = "2047_activity"


def upgrade() -> None:
    """Make the table of rebuilds, the columns and indexes, and the count of strays."""
    op.execute(
        """
        ALTER TABLE job_exceptions ADD COLUMN is_poison boolean NOT NULL DEFAULT false;
        CREATE INDEX idx_procrastinate_jobs_status ON procrastinate_jobs (status, id);
        """
    )
    op.execute(
        """
        CREATE TABLE ranking_rebuilds (
            id bigserial PRIMARY KEY,
            started_by varchar(20) NOT NULL,
            asked_by bigint,
            job_id bigint,
            asked_at timestamptz NOT NULL,
            started_at timestamptz,
            finished_at timestamptz,
            step integer NOT NULL DEFAULT 0,
            steps integer NOT NULL DEFAULT 0,
            progress text,
            failure text,
            CONSTRAINT chk_ranking_rebuilds_started_by CHECK (started_by IN ('command', 'staff')),
            CONSTRAINT chk_ranking_rebuilds_asked_by
                CHECK ((started_by = 'staff') = (asked_by IS NOT NULL)),
            CONSTRAINT chk_ranking_rebuilds_steps CHECK (step >= 0 AND step <= steps),
            CONSTRAINT chk_ranking_rebuilds_finished CHECK (finished_at >= started_at),
            CONSTRAINT fk_ranking_rebuilds_asked_by FOREIGN KEY (asked_by) REFERENCES users (id)
        );
        CREATE INDEX idx_ranking_periods_closed_at ON ranking_periods (closed_at);
        """
    )
    op.execute(
        """
        ALTER TABLE proof_runs
            ADD COLUMN asked_by bigint,
            ADD COLUMN job_id bigint,
            ADD COLUMN progress text,
            ADD CONSTRAINT fk_proof_runs_asked_by FOREIGN KEY (asked_by) REFERENCES users (id);
        """
    )
    # The serving role has no right on partitions, DEFAULT's either; what lies there it may count.
    # Not LANGUAGE sql: the trial of an adoption makes our tables beside public, where none are.
    op.execute(
        """
        CREATE FUNCTION partition_strays()
        RETURNS TABLE (table_name text, month date, row_count bigint)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            RETURN QUERY
            SELECT 'gift_transactions', date_trunc('month', sent_at AT TIME ZONE 'UTC')::date,
                   count(*)
            FROM public.gift_transactions_default GROUP BY 2
            UNION ALL
            SELECT 'transactions', date_trunc('month', created_at AT TIME ZONE 'UTC')::date,
                   count(*)
            FROM public.transactions_default GROUP BY 2
            ORDER BY 1, 2;
        END
        $$;
        """
    )
