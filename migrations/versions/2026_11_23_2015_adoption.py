"""What an adopted database brings along."""

from alembic import op

revision = "2015_adoption"
down_revision: str | None = "2014_discovery"


def upgrade() -> None:
    """What an adopted database brings along."""
    op.execute("SELECT 1")
