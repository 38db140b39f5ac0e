"""Address and device of tokens and orders; names searched by trigram."""

from alembic import op
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

revision = "2011_addresses"
down_revision: str | None = "2010_staff"


def upgrade() -> None:
    """Keep where tokens and orders came from for a while; index names for the search."""
    make_pg_trgm()
    op.execute(
        r"""
        ALTER TABLE personal_access_tokens ADD COLUMN ip_address varchar(45);
        ALTER TABLE personal_access_tokens ADD COLUMN user_agent text;
        ALTER TABLE personal_access_tokens ADD CONSTRAINT chk_personal_access_tokens_user_agent
            CHECK (length(user_agent) <= 512);
        UPDATE recharge_orders SET user_agent = left(user_agent, 512)
            WHERE length(user_agent) > 512;
        ALTER TABLE recharge_orders ADD CONSTRAINT chk_recharge_orders_user_agent
            CHECK (length(user_agent) <= 512);
        CREATE INDEX idx_personal_access_tokens_origin ON personal_access_tokens (created_at)
            WHERE ip_address IS NOT NULL OR user_agent IS NOT NULL;
        CREATE INDEX idx_recharge_orders_origin ON recharge_orders (created_at)
            WHERE ip_address IS NOT NULL OR user_agent IS NOT NULL;
        """
    )
    op.execute(
        """
        CREATE INDEX idx_users_name ON users ((left(lower(name), 60) COLLATE "C"), id)
            WHERE deleted_at IS NULL AND NOT is_blocked;
        CREATE INDEX idx_users_name_trgm ON users USING gin (name gin_trgm_ops)
            WITH (fastupdate = off) WHERE deleted_at IS NULL AND NOT is_blocked;
        """
    )


def make_pg_trgm() -> None:
    """CommandError says what to do where the owner of the database may not, or has it not."""
    try:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        raise CommandError(
            f"The extension pg_trgm, by which names are searched, could not be made: {error.orig}\n"
            "It comes with PostgreSQL (on Debian in postgresql-contrib) and is trusted, so that"
            " whoever may CREATE in the database may make it. Otherwise let a superuser run"
            " CREATE EXTENSION pg_trgm; in this database, then migrate again."
        ) from error
