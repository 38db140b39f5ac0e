"""Identities at providers."""

from alembic import op

revision = "2012_identities"
down_revision: str | None = "2011_addresses"


def upgrade() -> None:
    """Identities at providers."""
    op.execute("SELECT 1")
