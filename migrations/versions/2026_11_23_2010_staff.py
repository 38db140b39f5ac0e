"""What staff did: the audit log. When credit between users was settled."""

from alembic import op

revision = "2010_staff"
down_revision: str | None = "2009_uploads"


def upgrade() -> None:
    """Make the audit log; let a coin request on credit say when it was settled."""
    op.execute(
        r"""
        CREATE TABLE audit_log (
            id bigserial PRIMARY KEY,
            actor_id bigint,
            actor_role varchar(20),
            action varchar(50) NOT NULL,
            subject_type varchar(20) NOT NULL,
            subject_id bigint NOT NULL,
            reason text,
            before jsonb NOT NULL DEFAULT '{}',
            after jsonb NOT NULL DEFAULT '{}',
            ip_address varchar(45),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_audit_log_actor CHECK ((actor_id IS NULL) = (actor_role IS NULL)),
            CONSTRAINT chk_audit_log_actor_role
                CHECK (actor_role IN ('admin', 'moderator', 'finance', 'catalogue', 'support',
                'read_only')),
            CONSTRAINT chk_audit_log_action CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
            CONSTRAINT chk_audit_log_subject_type CHECK (subject_type ~ '^[a-z_]+$'),
            CONSTRAINT chk_audit_log_reason
                CHECK (actor_id IS NULL OR (reason IS NOT NULL AND reason ~ '\S')),
            CONSTRAINT chk_audit_log_states
                CHECK (jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object'),
            CONSTRAINT fk_audit_log_actor_id
                FOREIGN KEY (actor_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_audit_log_actor_id ON audit_log (actor_id, id);
        CREATE INDEX idx_audit_log_subject ON audit_log (subject_type, subject_id, id);
        CREATE INDEX idx_audit_log_action ON audit_log (action, id);
        """
    )
    op.execute(
        r"""
        ALTER TABLE coin_requests ADD COLUMN settled_at timestamptz;
        ALTER TABLE coin_requests ADD CONSTRAINT chk_coin_requests_settled
            CHECK (settled_at IS NULL OR (type = 'credit' AND status = 'approved'));
        """
    )
