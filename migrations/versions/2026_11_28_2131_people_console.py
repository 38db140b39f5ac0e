"""Notes and announcements of the staff; what a person did and met, found by person and time."""

from alembic import op

revision = "2131_people_console"
down_revision: str | None = "2111_rings"

_RARE = "type NOT IN ('gift', 'agency_commission', 'lucky_win', 'game_bet', 'game_win')"
_UNLISTED = "deleted_at IS NOT NULL OR status <> 'active' OR is_hidden"


def upgrade() -> None:
    """Make two tables, and the indexes that each source of a timeline is read by."""
    op.execute(
        r"""
        CREATE TABLE staff_notes (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            author_id bigint NOT NULL,
            author_role varchar(20) NOT NULL,
            content text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_staff_notes_content
                CHECK (content ~ '\S' AND char_length(content) <= 2000),
            CONSTRAINT fk_staff_notes_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_staff_notes_author_id
                FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_staff_notes_user_id ON staff_notes (user_id, created_at, id);

        CREATE TABLE announcements (
            id bigserial PRIMARY KEY,
            title varchar(100) NOT NULL,
            content text NOT NULL,
            audience varchar(20) NOT NULL,
            country varchar(3),
            min_vip_level integer,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz,
            is_pushed boolean NOT NULL DEFAULT false,
            created_by bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            cancelled_by bigint,
            cancelled_at timestamptz,
            last_user_id bigint,
            told_upto bigint NOT NULL DEFAULT 0,
            told_count bigint NOT NULL DEFAULT 0,
            devices_count bigint NOT NULL DEFAULT 0,
            told_at timestamptz,
            CONSTRAINT chk_announcements_title CHECK (title ~ '\S'),
            CONSTRAINT chk_announcements_content
                CHECK (content ~ '\S' AND char_length(content) <= 2000),
            CONSTRAINT chk_announcements_audience
                CHECK (audience IN ('everybody', 'country', 'hosts', 'vip')),
            CONSTRAINT chk_announcements_country CHECK ((audience = 'country') =
                (country IS NOT NULL) AND (country IS NULL OR country ~ '^[A-Z]{2}$')),
            CONSTRAINT chk_announcements_min_vip_level CHECK ((audience = 'vip') =
                (min_vip_level IS NOT NULL)
                AND (min_vip_level IS NULL OR min_vip_level BETWEEN 1 AND 7)),
            CONSTRAINT chk_announcements_ends_at CHECK (ends_at > starts_at),
            CONSTRAINT chk_announcements_cancelled
                CHECK ((cancelled_by IS NULL) = (cancelled_at IS NULL)),
            CONSTRAINT chk_announcements_counts
                CHECK (told_upto >= 0 AND told_count >= 0 AND devices_count >= 0),
            CONSTRAINT fk_announcements_created_by
                FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_announcements_cancelled_by
                FOREIGN KEY (cancelled_by) REFERENCES users (id)
        );
        CREATE INDEX idx_announcements_current ON announcements (starts_at, id)
            WHERE cancelled_at IS NULL;
        CREATE INDEX idx_announcements_untold ON announcements (starts_at, id)
            WHERE cancelled_at IS NULL AND told_at IS NULL;

        ALTER TABLE user_preferences ADD COLUMN push_announcements boolean NOT NULL DEFAULT true;
        ALTER TABLE room_bans ADD COLUMN is_by_staff boolean NOT NULL DEFAULT false;
        """
    )
    op.execute(
        f"""
        CREATE INDEX idx_transactions_user_rare ON transactions (user_id, created_at DESC)
            WHERE {_RARE};
        CREATE INDEX idx_transactions_beneficiary_rare ON transactions
            (beneficiary_id, created_at DESC) WHERE beneficiary_id IS NOT NULL AND {_RARE};
        DROP INDEX idx_room_participants_user_id;
        CREATE INDEX idx_room_participants_user_id ON room_participants (user_id, joined_at, id);
        DROP INDEX idx_personal_access_tokens_tokenable;
        CREATE INDEX idx_personal_access_tokens_tokenable ON personal_access_tokens
            (tokenable_type, tokenable_id, created_at, id);
        CREATE INDEX idx_reports_about ON reports (subject_user_id, created_at, id);
        CREATE INDEX idx_reports_reporter_id ON reports (reporter_id, created_at, id);
        CREATE INDEX idx_room_bans_user_id ON room_bans (user_id, banned_at, id);
        CREATE INDEX idx_room_mutes_user_id ON room_mutes (user_id, muted_at, room_id);
        CREATE INDEX idx_audit_log_subject_time ON audit_log
            (subject_type, subject_id, created_at, id);
        CREATE INDEX idx_audit_log_created_at ON audit_log (created_at, id);
        CREATE INDEX idx_rooms_unlisted_name ON rooms USING gin (name gin_trgm_ops)
            WHERE {_UNLISTED};
        CREATE INDEX idx_rooms_hidden ON rooms (participant_count DESC, id DESC)
            WHERE is_hidden AND deleted_at IS NULL AND status = 'active';
        """
    )
