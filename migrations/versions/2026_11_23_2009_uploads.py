"""Uploads, push tokens and preferences."""

from alembic import op

revision = "2009_uploads"
down_revision: str | None = "2008_codes"


def upgrade() -> None:
    """Uploads, push tokens and preferences."""
    op.execute("SELECT 1")
