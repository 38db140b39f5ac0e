"""Reports of people, rooms, messages and agencies, with what they showed at that moment."""

from alembic import op

revision = "2027_reports"
down_revision: str | None = "2026_games"


def upgrade() -> None:
    """Make the table of reports."""
    op.execute(
        """
        CREATE TABLE reports (
            id bigserial PRIMARY KEY,
            reporter_id bigint NOT NULL,
            subject_type varchar(20) NOT NULL,
            subject_id bigint NOT NULL,
            subject_user_id bigint,
            reason varchar(20) NOT NULL,
            details text,
            evidence jsonb NOT NULL,
            status varchar(20) NOT NULL DEFAULT 'open',
            decision text,
            decided_by bigint,
            decided_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_reports_subject_type
                CHECK (subject_type IN ('user', 'room', 'message', 'agency')),
            CONSTRAINT chk_reports_reason CHECK (reason IN
                ('spam', 'harassment', 'hate', 'nudity', 'violence', 'fraud', 'underage', 'other')),
            CONSTRAINT chk_reports_details_length CHECK (char_length(details) <= 2000),
            CONSTRAINT chk_reports_status CHECK (status IN ('open', 'upheld', 'dismissed')),
            CONSTRAINT chk_reports_decided CHECK
                ((status = 'open') = (decided_at IS NULL)
                 AND (status = 'open') = (decided_by IS NULL)
                 AND (status = 'open') = (decision IS NULL)),
            CONSTRAINT fk_reports_reporter_id FOREIGN KEY (reporter_id) REFERENCES users (id),
            CONSTRAINT fk_reports_subject_user_id
                FOREIGN KEY (subject_user_id) REFERENCES users (id),
            CONSTRAINT fk_reports_decided_by FOREIGN KEY (decided_by) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_reports_open
            ON reports (reporter_id, subject_type, subject_id) WHERE status = 'open';
        CREATE INDEX idx_reports_status ON reports (status, id);
        CREATE INDEX idx_reports_subject_user_id ON reports (subject_user_id, id);
        CREATE INDEX idx_reports_subject ON reports (subject_type, subject_id);
        """
    )
