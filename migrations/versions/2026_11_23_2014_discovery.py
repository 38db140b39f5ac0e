"""Lists of rooms that stay fast."""

from alembic import op

revision = "2014_discovery"
down_revision: str | None = "2013_moderation"


def upgrade() -> None:
    """Lists of rooms that stay fast."""
    op.execute("SELECT 1")
