"""Bans and requests for seats."""

from alembic import op

revision = "2013_moderation"
down_revision: str | None = "2012_identities"


def upgrade() -> None:
    """Bans and requests for seats."""
    op.execute("SELECT 1")
