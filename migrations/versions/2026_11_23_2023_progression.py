"""Themes that are owned, worn frames with their end, counters for badges, runs, levels paid."""

from alembic import op

revision = "2023_progression"
down_revision: str | None = "2022_agencies"


def upgrade() -> None:
    """Make the tables and columns; what is worn now knows its end."""
    op.execute(
        """
        ALTER TABLE users
            ADD COLUMN frame_expires_at timestamptz,
            ADD COLUMN wealth_level_paid integer NOT NULL DEFAULT 0,
            ADD COLUMN charm_level_paid integer NOT NULL DEFAULT 0,
            ADD CONSTRAINT chk_users_levels_paid
                CHECK (wealth_level_paid >= 0 AND charm_level_paid >= 0);
        UPDATE users u SET frame_expires_at = f.expires_at FROM frame_user f
            WHERE f.user_id = u.id AND f.is_active AND f.expires_at IS NOT NULL;
        ALTER TABLE rooms
            ADD COLUMN room_level_paid integer NOT NULL DEFAULT 0,
            ADD CONSTRAINT chk_rooms_level_paid CHECK (room_level_paid >= 0);
        ALTER TABLE user_levels ADD COLUMN ended_at timestamptz;
        ALTER TABLE room_levels ADD COLUMN ended_at timestamptz;
        ALTER TABLE frame_user ADD COLUMN is_end_told boolean NOT NULL DEFAULT false;
        UPDATE frame_user SET is_end_told = true WHERE expires_at <= now() AND NOT is_active;
        CREATE INDEX idx_frame_user_ending ON frame_user (expires_at)
            WHERE NOT is_end_told AND expires_at IS NOT NULL;

        ALTER TABLE uploads DROP CONSTRAINT chk_uploads_purpose;
        ALTER TABLE uploads ADD CONSTRAINT chk_uploads_purpose
            CHECK (purpose IN ('avatar', 'room_logo', 'room_music', 'message', 'proof',
                               'agency_logo', 'catalogue'));

        CREATE TABLE theme_user (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            theme_id bigint NOT NULL,
            price numeric(18,2) NOT NULL,
            purchased_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_theme_user_positive_price CHECK (price > 0),
            CONSTRAINT uq_theme_user_user_id_theme_id UNIQUE (user_id, theme_id),
            CONSTRAINT fk_theme_user_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_theme_user_theme_id FOREIGN KEY (theme_id) REFERENCES themes (id)
        );
        CREATE INDEX idx_theme_user_theme_id ON theme_user (theme_id);

        CREATE TABLE user_counters (
            user_id bigint PRIMARY KEY,
            gifts_sent bigint NOT NULL DEFAULT 0,
            gifts_received bigint NOT NULL DEFAULT 0,
            coins_given numeric(18,2) NOT NULL DEFAULT 0,
            coins_received numeric(18,2) NOT NULL DEFAULT 0,
            counted_at timestamptz,
            CONSTRAINT fk_user_counters_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        ) WITH (fillfactor = 80);

        CREATE TABLE badge_checks (
            kind varchar(4) NOT NULL,
            subject_id bigint NOT NULL,
            PRIMARY KEY (kind, subject_id),
            CONSTRAINT chk_badge_checks_kind CHECK (kind IN ('user', 'room'))
        );

        CREATE TABLE catalogue_runs (
            id bigserial PRIMARY KEY,
            kind varchar(20) NOT NULL,
            subject varchar(20),
            subject_id bigint,
            day date,
            last_id bigint NOT NULL DEFAULT 0,
            end_id bigint NOT NULL,
            done bigint NOT NULL DEFAULT 0,
            changed bigint NOT NULL DEFAULT 0,
            failed bigint NOT NULL DEFAULT 0,
            starts_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            is_superseded boolean NOT NULL DEFAULT false,
            CONSTRAINT chk_catalogue_runs_kind
                CHECK (kind IN ('levels', 'badge', 'badges', 'room_badges', 'frame')),
            CONSTRAINT chk_catalogue_runs_subject
                CHECK ((kind = 'levels') = (subject IS NOT NULL)
                       AND (kind IN ('badge', 'frame')) = (subject_id IS NOT NULL)
                       AND (kind IN ('badges', 'room_badges')) = (day IS NOT NULL)),
            CONSTRAINT chk_catalogue_runs_progress
                CHECK (last_id >= 0 AND end_id >= 0 AND done >= 0 AND changed >= 0
                       AND failed >= 0)
        );
        CREATE UNIQUE INDEX uq_catalogue_runs_day ON catalogue_runs (kind, day)
            WHERE day IS NOT NULL;
        CREATE INDEX idx_catalogue_runs_unfinished ON catalogue_runs (updated_at)
            WHERE finished_at IS NULL;

        CREATE TABLE vip_notices (
            user_id bigint PRIMARY KEY,
            vip_expires_at timestamptz NOT NULL,
            CONSTRAINT fk_vip_notices_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        """
    )
