"""Badges that follows, agencies and frames earn are looked at when those change."""

from alembic import op

revision = "0220_badge_ties"
down_revision: str | None = "0210_report_reasons"


def upgrade() -> None:
    """Let a check say that somebody's ties changed."""
    op.execute(
        """
        ALTER TABLE badge_checks DROP CONSTRAINT chk_badge_checks_kind;
        ALTER TABLE badge_checks ADD CONSTRAINT chk_badge_checks_kind
            CHECK (kind IN ('user', 'room', 'ties'));
        """
    )
