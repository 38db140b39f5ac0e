"""The platform: idempotency, cache, streams, presence."""

from alembic import op

revision = "2006_platform"
down_revision: str | None = "2005_progress"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE idempotency_keys (
            user_id bigint NOT NULL,
            key varchar(64) NOT NULL,
            fingerprint bytea NOT NULL,
            status smallint NOT NULL,
            answer json NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (user_id, key),
            CONSTRAINT chk_idempotency_keys_key CHECK (key ~ '^[!-~]+$'),
            CONSTRAINT chk_idempotency_keys_fingerprint CHECK (octet_length(fingerprint) = 32),
            CONSTRAINT chk_idempotency_keys_status CHECK (status BETWEEN 200 AND 499),
            CONSTRAINT fk_idempotency_keys_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys USING brin
            (created_at) WITH (autosummarize = true);
        """
    )
    op.execute(
        r"""
        CREATE TABLE cache (
            key varchar(255) PRIMARY KEY,
            value text NOT NULL,
            expiration bigint NOT NULL
        );
        CREATE INDEX idx_cache_expiration ON cache (expiration);
        """
    )
    op.execute(
        r"""
        CREATE TABLE streams (
            id bigserial PRIMARY KEY,
            name varchar(64) NOT NULL,
            epoch bigint NOT NULL,
            seq bigint NOT NULL DEFAULT 0,
            first_seq bigint NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_streams_seq
                CHECK (seq >= 0 AND first_seq >= 1 AND first_seq <= seq + 1),
            CONSTRAINT uq_streams_name UNIQUE (name)
        ) WITH (fillfactor = 70);
        """
    )
    op.execute(
        r"""
        CREATE TABLE stream_events (
            stream_id bigint NOT NULL,
            seq bigint NOT NULL,
            type varchar(40) NOT NULL,
            data json NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (stream_id, seq),
            CONSTRAINT chk_stream_events_seq CHECK (seq >= 1),
            CONSTRAINT fk_stream_events_stream_id
                FOREIGN KEY (stream_id) REFERENCES streams (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_stream_events_at ON stream_events USING brin
            (at) WITH (autosummarize = true);
        """
    )
    op.execute(
        r"""
        CREATE UNLOGGED TABLE realtime_tickets (
            token_hash bytea PRIMARY KEY,
            user_id bigint NOT NULL,
            token_id bigint NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT chk_realtime_tickets_token_hash CHECK (octet_length(token_hash) = 32),
            CONSTRAINT fk_realtime_tickets_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_realtime_tickets_token_id
                FOREIGN KEY (token_id) REFERENCES personal_access_tokens (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_realtime_tickets_expires_at ON realtime_tickets (expires_at);
        CREATE INDEX idx_realtime_tickets_token_id ON realtime_tickets (token_id);
        """
    )
    op.execute(
        r"""
        CREATE UNLOGGED TABLE presence (
            user_id bigint PRIMARY KEY,
            seen_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT fk_presence_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        ) WITH (fillfactor = 70);
        """
    )
