"""The gift engine got faster without a change to the schema; a link of the chain."""

revision = "2020_engine"
down_revision: str | None = "2019_money"


def upgrade() -> None:
    """Nothing."""
