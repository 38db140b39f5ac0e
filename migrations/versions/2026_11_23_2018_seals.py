"""Seals over closed spans of the ledger, runs of the proof, partitions that were detached."""

from alembic import op

revision = "2018_seals"
down_revision: str | None = "2017_recharge"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE ledger_seals (
            number bigint PRIMARY KEY,
            from_id bigint NOT NULL,
            to_id bigint NOT NULL,
            row_count bigint NOT NULL,
            content_sha256 varchar(64) NOT NULL,
            previous_seal varchar(64) NOT NULL,
            seal varchar(64) NOT NULL,
            row_ids bigint[] NOT NULL,
            row_marks bigint[] NOT NULL,
            sealed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_ledger_seals_from_id UNIQUE (from_id),
            CONSTRAINT uq_ledger_seals_to_id UNIQUE (to_id),
            CONSTRAINT uq_ledger_seals_previous_seal UNIQUE (previous_seal),
            CONSTRAINT chk_ledger_seals_number CHECK (number >= 1),
            CONSTRAINT chk_ledger_seals_span CHECK (from_id >= 1 AND to_id >= from_id),
            CONSTRAINT chk_ledger_seals_row_count CHECK (row_count >= 1),
            CONSTRAINT chk_ledger_seals_hashes
                CHECK (content_sha256 ~ '^[0-9a-f]{64}$' AND previous_seal ~ '^[0-9a-f]{64}$'
                AND seal ~ '^[0-9a-f]{64}$'),
            CONSTRAINT chk_ledger_seals_marks
                CHECK (cardinality(row_ids) = row_count AND cardinality(row_marks) = row_count)
        );
        CREATE INDEX idx_ledger_seals_sealed_at ON ledger_seals (sealed_at);
        CREATE TABLE proof_runs (
            id bigserial PRIMARY KEY,
            kind varchar(20) NOT NULL,
            started_by varchar(50) NOT NULL,
            since timestamptz,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            rows_read bigint NOT NULL DEFAULT 0,
            rows_unfit bigint NOT NULL DEFAULT 0,
            findings jsonb NOT NULL DEFAULT '[]',
            failure text,
            CONSTRAINT chk_proof_runs_kind CHECK (kind IN ('full', 'since')),
            CONSTRAINT chk_proof_runs_since CHECK ((kind = 'since') = (since IS NOT NULL)),
            CONSTRAINT chk_proof_runs_finished CHECK (finished_at >= started_at),
            CONSTRAINT chk_proof_runs_counts CHECK (rows_read >= 0 AND rows_unfit >= 0),
            CONSTRAINT chk_proof_runs_findings CHECK (jsonb_typeof(findings) = 'array')
        );
        CREATE INDEX idx_proof_runs_started_at ON proof_runs (started_at DESC);
        CREATE TABLE detached_partitions (
            name varchar(63) PRIMARY KEY,
            table_name varchar(63) NOT NULL,
            month date NOT NULL,
            detached_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_detached_partitions_month UNIQUE (table_name, month),
            CONSTRAINT chk_detached_partitions_table_name
                CHECK (table_name IN ('transactions', 'gift_transactions')),
            CONSTRAINT chk_detached_partitions_month CHECK (extract(day FROM month) = 1)
        );
        CREATE INDEX idx_transactions_adopted ON transactions (id) WHERE is_adopted;
        CREATE INDEX idx_gift_transactions_adopted ON gift_transactions (id) WHERE is_adopted;
        CREATE INDEX idx_agency_earnings_adopted ON agency_earnings (id) WHERE is_adopted;
        """
    )
