"""Codes from the staff's phones, and the codes for whoever lost his phone."""

from alembic import op

revision = "2100_staff_totp"
down_revision: str | None = "2051_reversals"


def upgrade() -> None:
    """Two tables beside staff_members; a secret is encrypted, a recovery code hashed."""
    op.execute(
        r"""
        CREATE TABLE staff_totp (
            user_id bigint PRIMARY KEY,
            secret varchar(255) NOT NULL,
            confirmed_at timestamptz,
            last_step bigint NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_staff_totp_last_step CHECK (last_step >= 0),
            CONSTRAINT fk_staff_totp_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE TABLE staff_recovery_codes (
            user_id bigint NOT NULL,
            code varchar(64) NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT staff_recovery_codes_pkey PRIMARY KEY (user_id, code),
            CONSTRAINT chk_staff_recovery_codes_code CHECK (code ~ '^[0-9a-f]{64}$'),
            CONSTRAINT fk_staff_recovery_codes_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        """
    )
