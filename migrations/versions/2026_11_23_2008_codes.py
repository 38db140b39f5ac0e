"""One-time codes and verification tokens."""

from alembic import op

revision = "2008_codes"
down_revision: str | None = "2007_jobs"


def upgrade() -> None:
    """One-time codes and verification tokens."""
    op.execute("SELECT 1")
