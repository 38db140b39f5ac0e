"""Lists of rooms that stay fast: keyset indexes over the listed ones, names by trigram."""

from alembic import op

revision = "2014_discovery"
down_revision: str | None = "2013_moderation"


def upgrade() -> None:
    """Order the lists' indexes to the end, by id, and keep the coins of the last hour by minute."""
    op.execute(
        """
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        DROP INDEX idx_rooms_popularity;
        DROP INDEX idx_rooms_coins_spent;
        DROP INDEX idx_rooms_participant_count;
        DROP INDEX idx_rooms_featured;
        CREATE INDEX idx_rooms_popularity ON rooms (popularity_index DESC, id DESC)
            WHERE deleted_at IS NULL AND status = 'active' AND NOT is_hidden;
        CREATE INDEX idx_rooms_coins_spent ON rooms (total_coins_spent DESC, id DESC)
            WHERE deleted_at IS NULL AND status = 'active' AND NOT is_hidden;
        CREATE INDEX idx_rooms_participant_count ON rooms (participant_count DESC, id DESC)
            WHERE deleted_at IS NULL AND status = 'active' AND NOT is_hidden;
        CREATE INDEX idx_rooms_featured ON rooms (popularity_index DESC, id DESC)
            WHERE is_featured AND deleted_at IS NULL AND status = 'active' AND NOT is_hidden;
        CREATE INDEX idx_rooms_name_trgm ON rooms USING gin (name gin_trgm_ops)
            WHERE deleted_at IS NULL AND status = 'active' AND NOT is_hidden;

        CREATE TABLE room_coin_minutes (
            room_id bigint NOT NULL,
            minute timestamptz NOT NULL,
            coins numeric(18,2) NOT NULL,
            PRIMARY KEY (room_id, minute),
            CONSTRAINT fk_room_coin_minutes_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT chk_room_coin_minutes_coins CHECK (coins >= 0),
            CONSTRAINT chk_room_coin_minutes_minute
                CHECK (EXTRACT(second FROM minute) = 0)
        );
        CREATE INDEX idx_room_coin_minutes_minute ON room_coin_minutes (minute);
        """
    )
