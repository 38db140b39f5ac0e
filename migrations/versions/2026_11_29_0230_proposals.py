"""Proposals: what takes two of the staff, until the second one does the same."""

from alembic import op

revision = "0230_proposals"
down_revision: str | None = "0220_badge_ties"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        r"""
        CREATE TABLE staff_proposals (
            id bigserial PRIMARY KEY,
            verb varchar(50) NOT NULL,
            subject_type varchar(50) NOT NULL,
            subject_id bigint,
            body jsonb NOT NULL,
            fingerprint varchar(64) NOT NULL,
            reason text NOT NULL,
            status varchar(20) NOT NULL DEFAULT 'pending',
            proposed_by bigint NOT NULL,
            proposed_at timestamptz NOT NULL DEFAULT now(),
            decided_by bigint,
            decided_at timestamptz,
            decision text,
            CONSTRAINT chk_staff_proposals_status
                CHECK (status IN ('pending', 'carried_out', 'declined')),
            CONSTRAINT chk_staff_proposals_reason CHECK (reason ~ '\S'),
            CONSTRAINT chk_staff_proposals_fingerprint CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
            CONSTRAINT chk_staff_proposals_decided
                CHECK ((status = 'pending') = (decided_by IS NULL)
                       AND (decided_by IS NULL) = (decided_at IS NULL)
                       AND (decided_by IS NULL) = (decision IS NULL)),
            CONSTRAINT chk_staff_proposals_second
                CHECK (status <> 'carried_out' OR decided_by <> proposed_by),
            CONSTRAINT fk_staff_proposals_proposed_by
                FOREIGN KEY (proposed_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_staff_proposals_decided_by
                FOREIGN KEY (decided_by) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_staff_proposals_pending ON staff_proposals (fingerprint)
            WHERE status = 'pending';
        CREATE INDEX idx_staff_proposals_status ON staff_proposals (status, id);
        """
    )
