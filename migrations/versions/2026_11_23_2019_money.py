"""Approved credit always has a due day."""

from alembic import op

revision = "2019_money"
down_revision: str | None = "2018_seals"


def upgrade() -> None:
    """Approved credit has its day, and nothing else has one."""
    op.execute("ALTER TABLE coin_requests DROP CONSTRAINT chk_coin_requests_due")
    op.execute(
        """
        UPDATE coin_requests SET due_at = updated_at + credit_days * interval '1 day'
        WHERE type = 'credit' AND status = 'approved' AND due_at IS NULL
        """
    )
    op.execute(
        """
        ALTER TABLE coin_requests ADD CONSTRAINT chk_coin_requests_due
            CHECK ((due_at IS NOT NULL) = (type = 'credit' AND status = 'approved'))
        """
    )
