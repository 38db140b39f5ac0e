"""Resellers: who may sell coins, and until when credit is to be paid."""

from alembic import op

revision = "2016_resellers"
down_revision: str | None = "2015_adoption"


def upgrade() -> None:
    """Make the table of resellers; give credit a day on which it is due."""
    op.execute(
        """
        CREATE TABLE resellers (
            user_id bigint PRIMARY KEY,
            max_credit_days integer NOT NULL DEFAULT 30,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_resellers_max_credit_days CHECK (max_credit_days BETWEEN 0 AND 365),
            CONSTRAINT fk_resellers_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        ALTER TABLE coin_requests ADD COLUMN due_at timestamptz;
        UPDATE coin_requests SET due_at = updated_at + credit_days * interval '1 day'
            WHERE type = 'credit' AND status = 'approved';
        ALTER TABLE coin_requests ADD CONSTRAINT chk_coin_requests_due
            CHECK (due_at IS NULL OR (type = 'credit' AND status = 'approved'));
        CREATE INDEX idx_coin_requests_open_credit
            ON coin_requests (requested_from, due_at)
            WHERE type = 'credit' AND status = 'approved' AND settled_at IS NULL;
        """
    )
