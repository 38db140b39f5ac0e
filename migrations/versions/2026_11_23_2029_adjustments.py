"""What staff post to balances, and what waits for a second person."""

from alembic import op

revision = "2029_adjustments"
down_revision: str | None = "2028_messages"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE TABLE adjustments (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            currency_type smallint NOT NULL,
            amount numeric(18,2) NOT NULL,
            reason text NOT NULL,
            status varchar(20) NOT NULL,
            needs_second boolean NOT NULL,
            requested_by bigint NOT NULL,
            requested_at timestamptz NOT NULL,
            decided_by bigint,
            decided_at timestamptz,
            decision text,
            CONSTRAINT chk_adjustments_currency_type CHECK (currency_type IN (1, 2)),
            CONSTRAINT chk_adjustments_amount CHECK (amount <> 0),
            CONSTRAINT chk_adjustments_status CHECK (status IN ('pending', 'posted', 'rejected')),
            CONSTRAINT chk_adjustments_decided
                CHECK ((status = 'pending') = (decided_at IS NULL)
                       AND (decided_at IS NULL) = (decided_by IS NULL)),
            CONSTRAINT chk_adjustments_second
                CHECK (NOT (needs_second AND status = 'posted' AND decided_by = requested_by)),
            CONSTRAINT chk_adjustments_not_oneself
                CHECK (requested_by <> user_id AND decided_by <> user_id),
            CONSTRAINT fk_adjustments_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_adjustments_requested_by
                FOREIGN KEY (requested_by) REFERENCES users (id),
            CONSTRAINT fk_adjustments_decided_by FOREIGN KEY (decided_by) REFERENCES users (id)
        );
        CREATE INDEX idx_adjustments_user_id ON adjustments (user_id, id);
        CREATE INDEX idx_adjustments_requested_by ON adjustments (requested_by, requested_at);
        CREATE INDEX idx_adjustments_pending ON adjustments (id) WHERE status = 'pending';
        """
    )
