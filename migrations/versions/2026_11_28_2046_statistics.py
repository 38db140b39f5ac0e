"""Statistics by hour, day and month folded from the ledger; gauges of people and rooms."""

from alembic import op

revision = "2046_statistics"
down_revision: str | None = "2031_economy"


def upgrade() -> None:
    """Make the tables; the worker fills them from the ledger's beginning."""
    op.execute(
        """
        CREATE TABLE statistics_marks (
            generation integer PRIMARY KEY,
            last_id bigint NOT NULL DEFAULT 0,
            timezone varchar(64) NOT NULL,
            is_current boolean NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_statistics_marks_last_id CHECK (last_id >= 0)
        );
        CREATE UNIQUE INDEX uq_statistics_marks_current ON statistics_marks (is_current)
            WHERE is_current;
        CREATE TABLE ledger_statistics (
            generation integer NOT NULL,
            period varchar(5) NOT NULL,
            country varchar(3) NOT NULL,
            starts_at timestamptz NOT NULL,
            type varchar(50) NOT NULL,
            direction smallint NOT NULL,
            currency_type smallint NOT NULL,
            movements bigint NOT NULL,
            quantity bigint NOT NULL,
            amount bigint NOT NULL,
            PRIMARY KEY (generation, period, country, starts_at, type, direction, currency_type),
            CONSTRAINT chk_ledger_statistics_period CHECK (period IN ('hour', 'day', 'month')),
            CONSTRAINT chk_ledger_statistics_sums
                CHECK (movements >= 1 AND quantity >= 0 AND amount >= 0)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_ledger_statistics_starts_at
            ON ledger_statistics (generation, period, starts_at);
        CREATE TABLE statistics_gauges (
            name varchar(20) NOT NULL,
            period varchar(5) NOT NULL,
            country varchar(3) NOT NULL,
            starts_at timestamptz NOT NULL,
            value bigint NOT NULL,
            PRIMARY KEY (name, period, country, starts_at),
            CONSTRAINT chk_statistics_gauges_name
                CHECK (name IN ('new', 'active', 'in_rooms', 'rooms')),
            CONSTRAINT chk_statistics_gauges_period CHECK (period IN ('hour', 'day')),
            CONSTRAINT chk_statistics_gauges_value CHECK (value >= 0)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_users_created_at ON users (created_at);
        CREATE INDEX idx_users_debt ON users (id) WHERE coin_debt > 0;
        """
    )
