"""One-time codes and verification tokens."""

from alembic import op

revision = "2008_codes"
down_revision: str | None = "2007_jobs"


def upgrade() -> None:
    """Verification of e-mails, pending changes of e-mail and phone, and who may recover what."""
    op.execute(
        r"""
        CREATE TABLE email_verification_tokens (
            user_id bigint PRIMARY KEY,
            email varchar(255) NOT NULL,
            token varchar(64) NOT NULL,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_email_verification_tokens_token CHECK (token ~ '^[0-9a-f]{64}$'),
            CONSTRAINT uq_email_verification_tokens_token UNIQUE (token),
            CONSTRAINT fk_email_verification_tokens_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_email_verification_tokens_expires_at
            ON email_verification_tokens (expires_at);
        """
    )
    op.execute(
        r"""
        CREATE TABLE contact_changes (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            kind varchar(10) NOT NULL,
            contact varchar(255) NOT NULL,
            code varchar(255),
            attempts smallint NOT NULL DEFAULT 0,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_contact_changes_kind CHECK (kind IN ('email', 'phone')),
            CONSTRAINT chk_contact_changes_code CHECK (code LIKE '$argon2id$%'),
            CONSTRAINT chk_contact_changes_attempts CHECK (attempts >= 0),
            CONSTRAINT uq_contact_changes_user_id_kind UNIQUE (user_id, kind),
            CONSTRAINT fk_contact_changes_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_contact_changes_expires_at ON contact_changes (expires_at);
        """
    )
    op.execute(
        """
        ALTER TABLE users ADD COLUMN phone_verified_at timestamptz;
        ALTER TABLE users ADD COLUMN recovery_barred varchar(10);
        ALTER TABLE users ADD CONSTRAINT chk_users_recovery_barred
            CHECK (recovery_barred IN ('email', 'phone'));
        """
    )
