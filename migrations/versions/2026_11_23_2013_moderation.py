"""Moderators, bans, mutes and requests for seats."""

from alembic import op

revision = "2013_moderation"
down_revision: str | None = "2011_addresses"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE room_moderators (
            room_id bigint NOT NULL,
            user_id bigint NOT NULL,
            appointed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, user_id),
            CONSTRAINT fk_room_moderators_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_moderators_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_room_moderators_user_id ON room_moderators (user_id);

        CREATE TABLE room_mutes (
            room_id bigint NOT NULL,
            user_id bigint NOT NULL,
            muted_by bigint NOT NULL,
            muted_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, user_id),
            CONSTRAINT chk_room_mutes_two_users CHECK (user_id <> muted_by),
            CONSTRAINT fk_room_mutes_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_mutes_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_mutes_muted_by FOREIGN KEY (muted_by) REFERENCES users (id)
        );

        CREATE TABLE room_bans (
            id bigserial PRIMARY KEY,
            room_id bigint NOT NULL,
            user_id bigint NOT NULL,
            banned_by bigint NOT NULL,
            reason varchar(255),
            banned_at timestamptz NOT NULL DEFAULT now(),
            until timestamptz NOT NULL,
            CONSTRAINT chk_room_bans_two_users CHECK (user_id <> banned_by),
            CONSTRAINT chk_room_bans_until CHECK (until > banned_at),
            CONSTRAINT uq_room_bans_room_id_user_id UNIQUE (room_id, user_id),
            CONSTRAINT fk_room_bans_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_bans_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_bans_banned_by FOREIGN KEY (banned_by) REFERENCES users (id)
        );
        CREATE INDEX idx_room_bans_until ON room_bans (until);

        CREATE TABLE seat_requests (
            id bigserial PRIMARY KEY,
            room_id bigint NOT NULL,
            user_id bigint NOT NULL,
            requested_by bigint NOT NULL,
            kind varchar(20) NOT NULL,
            seat_number integer,
            status varchar(20) NOT NULL DEFAULT 'pending',
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            decided_at timestamptz,
            decided_by bigint,
            CONSTRAINT chk_seat_requests_kind CHECK (kind IN ('application', 'invitation')),
            CONSTRAINT chk_seat_requests_requested_by
                CHECK ((kind = 'application') = (requested_by = user_id)),
            CONSTRAINT chk_seat_requests_seat_number CHECK (seat_number BETWEEN 1 AND 30),
            CONSTRAINT chk_seat_requests_status
                CHECK (status IN ('pending', 'accepted', 'declined', 'withdrawn', 'expired')),
            CONSTRAINT chk_seat_requests_expires_at CHECK (expires_at > created_at),
            CONSTRAINT chk_seat_requests_decided
                CHECK ((status = 'pending') = (decided_at IS NULL)),
            CONSTRAINT fk_seat_requests_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_seat_requests_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_seat_requests_requested_by
                FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_seat_requests_decided_by
                FOREIGN KEY (decided_by) REFERENCES users (id) ON DELETE SET NULL
        );
        CREATE UNIQUE INDEX uq_seat_requests_pending ON seat_requests (room_id, user_id, kind)
            WHERE status = 'pending';
        CREATE INDEX idx_seat_requests_queue ON seat_requests (room_id, id)
            WHERE status = 'pending';
        CREATE INDEX idx_seat_requests_expires_at ON seat_requests (expires_at)
            WHERE status = 'pending';
        CREATE INDEX idx_seat_requests_decided_at ON seat_requests (decided_at)
            WHERE status <> 'pending';
        """
    )
