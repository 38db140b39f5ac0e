"""Who was here is written without touching an index.

`last_active_at` moves for everybody who is here, every few minutes. While a B-tree held it, each
such update made a new entry in all indexes of `users`, the trigrams of names among them (23
records of the log instead of one, and half a millisecond), and gifts waited for the rows of a
hundred people at once. BRIN does not keep an update from being HOT (since PostgreSQL 16).
"""

from alembic import op

revision = "2047_activity"
down_revision: str | None = "2046_statistics"


def upgrade() -> None:
    """Change the two indexes; analyse tables of constant updates by whole turns of their rows."""
    op.execute(
        """
        DROP INDEX idx_users_last_active;
        CREATE INDEX idx_users_last_active ON users USING brin
            (last_active_at) WITH (autosummarize = true);
        DROP INDEX idx_users_agency_active;
        CREATE INDEX idx_users_agency_id ON users (agency_id) WHERE agency_id IS NOT NULL;
        ALTER TABLE users SET (autovacuum_analyze_scale_factor = 1);
        ALTER TABLE streams SET (autovacuum_analyze_scale_factor = 1);
        ALTER TABLE personal_access_tokens
            SET (fillfactor = 80, autovacuum_analyze_scale_factor = 1);
        """
    )
