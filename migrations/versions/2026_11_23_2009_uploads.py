"""Uploads, push tokens and preferences."""

from alembic import op

revision = "2009_uploads"
down_revision: str | None = "2008_codes"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE uploads (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            purpose varchar(20) NOT NULL,
            url text NOT NULL,
            content_type varchar(50) NOT NULL,
            bytes bigint NOT NULL,
            width integer,
            height integer,
            sha256 varchar(64) NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            discarded_at timestamptz,
            CONSTRAINT chk_uploads_purpose
                CHECK (purpose IN ('avatar', 'room_logo', 'room_music', 'message', 'proof',
                'agency_logo')),
            CONSTRAINT chk_uploads_url
                CHECK (url ~ '^/uploads/(private/)?[0-9a-f]{32}\.[a-z0-9]{3,4}$'),
            CONSTRAINT chk_uploads_private
                CHECK ((url ~ '^/uploads/private/') = (purpose IN ('message', 'proof'))),
            CONSTRAINT chk_uploads_content_type CHECK (content_type ~ '^[a-z]+/[a-z0-9.-]+$'),
            CONSTRAINT chk_uploads_bytes CHECK (bytes > 0),
            CONSTRAINT chk_uploads_size
                CHECK (CASE WHEN content_type ~ '^image/'
                    THEN width IS NOT NULL AND height IS NOT NULL AND width > 0 AND height > 0
                    ELSE width IS NULL AND height IS NULL END),
            CONSTRAINT chk_uploads_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            CONSTRAINT uq_uploads_url UNIQUE (url),
            CONSTRAINT fk_uploads_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_uploads_user_id ON uploads (user_id, id);
        CREATE INDEX idx_uploads_discarded_at ON uploads (discarded_at)
            WHERE discarded_at IS NOT NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE push_tokens (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            token_id bigint NOT NULL,
            token text NOT NULL,
            platform varchar(10) NOT NULL,
            device_name varchar(255),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_push_tokens_token
                CHECK (token ~ '^[!-~]+$' AND length(token) <= 1024),
            CONSTRAINT chk_push_tokens_platform CHECK (platform IN ('android', 'ios', 'web')),
            CONSTRAINT uq_push_tokens_token UNIQUE (token),
            CONSTRAINT fk_push_tokens_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_push_tokens_token_id
                FOREIGN KEY (token_id) REFERENCES personal_access_tokens (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_push_tokens_user_id ON push_tokens (user_id, updated_at);
        CREATE INDEX idx_push_tokens_token_id ON push_tokens (token_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_preferences (
            user_id bigint PRIMARY KEY,
            language varchar(35),
            push_messages boolean NOT NULL DEFAULT true,
            push_followed_rooms boolean NOT NULL DEFAULT true,
            push_friends_rooms boolean NOT NULL DEFAULT true,
            push_gifts boolean NOT NULL DEFAULT true,
            quiet_from time,
            quiet_to time,
            quiet_timezone varchar(64),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_user_preferences_language
                CHECK (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$'),
            CONSTRAINT chk_user_preferences_quiet
                CHECK (num_nonnulls(quiet_from, quiet_to, quiet_timezone) IN (0, 3)),
            CONSTRAINT chk_user_preferences_quiet_span CHECK (quiet_from <> quiet_to),
            CONSTRAINT fk_user_preferences_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        """
    )
