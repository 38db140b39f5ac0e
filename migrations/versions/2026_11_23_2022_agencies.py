"""Finding agencies by a part of their name."""

from alembic import op

revision = "2022_agencies"
down_revision: str | None = "2021_couples"


def upgrade() -> None:
    """Make the index; members are listed by one that is there already."""
    op.execute(
        """
        CREATE INDEX idx_agencies_name_trgm ON agencies USING gin (name gin_trgm_ops)
            WHERE status = 'active';
        """
    )
