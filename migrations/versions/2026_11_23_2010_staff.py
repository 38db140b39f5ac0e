"""What staff did: the audit log."""

from alembic import op

revision = "2010_staff"
down_revision: str | None = "2009_uploads"


def upgrade() -> None:
    """What staff did: the audit log."""
    op.execute("SELECT 1")
