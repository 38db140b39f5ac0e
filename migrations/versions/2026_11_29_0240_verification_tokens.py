"""Every verification mail of a day may prove its address, not only the last one."""

from alembic import op

revision = "0240_verification_tokens"
down_revision: str | None = "0230_proposals"


def upgrade() -> None:
    """Let a user have several tokens."""
    op.execute(
        """
        ALTER TABLE email_verification_tokens
            DROP CONSTRAINT email_verification_tokens_pkey,
            DROP CONSTRAINT uq_email_verification_tokens_token,
            ADD CONSTRAINT email_verification_tokens_pkey PRIMARY KEY (token);
        CREATE INDEX idx_email_verification_tokens_user_id
            ON email_verification_tokens (user_id);
        """
    )
