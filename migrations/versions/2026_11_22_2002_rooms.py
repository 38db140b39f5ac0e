"""Rooms: themes, rooms, seats, participants, followers, messages."""

from alembic import op

revision = "2002_rooms"
down_revision: str | None = "2001_people"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE themes (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            description text,
            price numeric(18,2) NOT NULL DEFAULT 0,
            background_image text,
            css_styles jsonb,
            is_active boolean NOT NULL DEFAULT true,
            is_default boolean NOT NULL DEFAULT false,
            vip_level_required integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_themes_name CHECK (name ~ '\S'),
            CONSTRAINT chk_themes_positive_price CHECK (price >= 0),
            CONSTRAINT chk_themes_css_styles CHECK (jsonb_typeof(css_styles) = 'object'),
            CONSTRAINT chk_themes_vip_level_required CHECK (vip_level_required BETWEEN 0 AND 7),
            CONSTRAINT chk_themes_default_for_all
                CHECK (NOT is_default OR (is_active AND price = 0))
        );
        CREATE INDEX idx_themes_active ON themes (is_active);
        CREATE INDEX idx_themes_default ON themes (is_default);
        CREATE INDEX idx_themes_price ON themes (price);
        CREATE UNIQUE INDEX uq_themes_default ON themes (is_default) WHERE is_default;
        """
    )
    op.execute(
        r"""
        CREATE TABLE rooms (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            name varchar(40) NOT NULL,
            logo text NOT NULL,
            type varchar(10) NOT NULL DEFAULT 'public',
            password varchar(255),
            country varchar(3) NOT NULL,
            greetings text,
            theme_id bigint,
            mic_seat_quantity integer NOT NULL DEFAULT 5,
            max_participants integer NOT NULL DEFAULT 1000,
            seat_mode varchar(10) NOT NULL DEFAULT 'free',
            can_tourists_speak boolean NOT NULL DEFAULT false,
            can_tourists_send_text boolean NOT NULL DEFAULT true,
            can_tourists_send_files boolean NOT NULL DEFAULT false,
            participant_count integer NOT NULL DEFAULT 0,
            total_coins_spent numeric(18,2) NOT NULL DEFAULT 0,
            daily_coins_spent numeric(18,2) NOT NULL DEFAULT 0,
            weekly_coins_spent numeric(18,2) NOT NULL DEFAULT 0,
            monthly_coins_spent numeric(18,2) NOT NULL DEFAULT 0,
            metrics_day date,
            room_level integer NOT NULL DEFAULT 1,
            room_xp bigint NOT NULL DEFAULT 0,
            popularity_index numeric(18,2) NOT NULL DEFAULT 0,
            background_music_url text,
            is_hidden boolean NOT NULL DEFAULT false,
            is_featured boolean NOT NULL DEFAULT false,
            status varchar(20) NOT NULL DEFAULT 'active',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            CONSTRAINT chk_rooms_name CHECK (name ~ '\S'),
            CONSTRAINT chk_rooms_type CHECK (type IN ('public', 'private')),
            CONSTRAINT chk_rooms_private_password
                CHECK (type <> 'private' OR password IS NOT NULL),
            CONSTRAINT chk_rooms_country CHECK (country ~ '^[A-Z]{2}$'),
            CONSTRAINT chk_rooms_seats CHECK (mic_seat_quantity BETWEEN 1 AND 30),
            CONSTRAINT chk_rooms_max_participants CHECK (max_participants BETWEEN 2 AND 10000),
            CONSTRAINT chk_rooms_capacity
                CHECK (participant_count >= 0 AND participant_count <= max_participants),
            CONSTRAINT chk_rooms_positive_metrics
                CHECK (total_coins_spent >= 0 AND daily_coins_spent >= 0
                AND weekly_coins_spent >= 0 AND monthly_coins_spent >= 0
                AND popularity_index >= 0),
            CONSTRAINT chk_rooms_progression CHECK (room_level >= 1 AND room_xp >= 0),
            CONSTRAINT chk_rooms_seat_mode CHECK (seat_mode IN ('free', 'apply')),
            CONSTRAINT chk_rooms_status CHECK (status IN ('active', 'inactive', 'suspended')),
            CONSTRAINT fk_rooms_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_rooms_theme_id FOREIGN KEY (theme_id) REFERENCES themes (id)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_rooms_coins_spent ON rooms (total_coins_spent DESC);
        CREATE INDEX idx_rooms_country ON rooms (country);
        CREATE INDEX idx_rooms_country_active ON rooms (country, status) WHERE status = 'active';
        CREATE INDEX idx_rooms_featured ON rooms (popularity_index DESC) WHERE is_featured = true;
        CREATE INDEX idx_rooms_participant_count ON rooms (participant_count DESC);
        CREATE INDEX idx_rooms_popularity ON rooms (popularity_index DESC);
        CREATE INDEX idx_rooms_status ON rooms (status);
        CREATE INDEX idx_rooms_type ON rooms (type);
        CREATE INDEX idx_rooms_user_id ON rooms (user_id);
        CREATE UNIQUE INDEX uq_rooms_name ON rooms (lower(name)) WHERE deleted_at IS NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_participants (
            id bigserial PRIMARY KEY,
            room_id bigint NOT NULL,
            user_id bigint NOT NULL,
            role varchar(20) NOT NULL DEFAULT 'listener',
            seat_number integer,
            seat_taken_at timestamptz,
            joined_at timestamptz NOT NULL DEFAULT now(),
            left_at timestamptz,
            is_active boolean NOT NULL DEFAULT true,
            is_muted boolean NOT NULL DEFAULT false,
            CONSTRAINT chk_room_participants_role
                CHECK (role IN ('owner', 'moderator', 'speaker', 'listener')),
            CONSTRAINT chk_room_participants_seat_number CHECK (seat_number BETWEEN 1 AND 30),
            CONSTRAINT chk_room_participants_seat_taken
                CHECK ((seat_number IS NULL) = (seat_taken_at IS NULL)),
            CONSTRAINT chk_room_participants_active CHECK (is_active = (left_at IS NULL)),
            CONSTRAINT fk_room_participants_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_participants_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_room_participants_active ON room_participants (room_id, is_active);
        CREATE INDEX idx_room_participants_speakers ON room_participants (room_id, role)
            WHERE role = 'speaker';
        CREATE INDEX idx_room_participants_user_id ON room_participants (user_id);
        CREATE UNIQUE INDEX uq_room_participants_seat ON room_participants (room_id, seat_number)
            WHERE is_active AND seat_number IS NOT NULL;
        CREATE UNIQUE INDEX uq_room_participants_user ON room_participants (user_id)
            WHERE is_active;
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_seats (
            room_id bigint NOT NULL,
            seat_number integer NOT NULL,
            is_locked boolean NOT NULL DEFAULT false,
            is_muted boolean NOT NULL DEFAULT false,
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, seat_number),
            CONSTRAINT chk_room_seats_seat_number CHECK (seat_number BETWEEN 1 AND 30),
            CONSTRAINT fk_room_seats_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
        );
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_followers (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            room_id bigint NOT NULL,
            followed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_room_followers_user_id_room_id UNIQUE (user_id, room_id),
            CONSTRAINT fk_room_followers_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_followers_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_room_followers_room_id ON room_followers (room_id, id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE messages (
            id bigserial PRIMARY KEY,
            sender_id bigint NOT NULL,
            recipient_id bigint,
            room_id bigint,
            client_id varchar(64),
            seq bigint NOT NULL,
            content text NOT NULL,
            message_type varchar(20) NOT NULL DEFAULT 'text',
            attachment_url text,
            attachment_type varchar(50),
            is_read boolean NOT NULL DEFAULT false,
            is_deleted boolean NOT NULL DEFAULT false,
            sent_at timestamptz NOT NULL DEFAULT now(),
            read_at timestamptz,
            CONSTRAINT chk_messages_one_target CHECK (num_nonnulls(room_id, recipient_id) = 1),
            CONSTRAINT chk_messages_two_users CHECK (sender_id <> recipient_id),
            CONSTRAINT chk_messages_content_length CHECK (char_length(content) <= 2000),
            CONSTRAINT chk_messages_message_type
                CHECK (message_type
                IN ('text', 'image', 'audio', 'file', 'system', 'gift_notification')),
            CONSTRAINT chk_messages_attachment_type
                CHECK (attachment_type IN ('image', 'audio', 'file')),
            CONSTRAINT chk_messages_attachment
                CHECK ((attachment_url IS NULL) = (attachment_type IS NULL)),
            CONSTRAINT chk_messages_read CHECK (is_read = (read_at IS NOT NULL)),
            CONSTRAINT chk_messages_seq CHECK (seq >= 1),
            CONSTRAINT fk_messages_sender_id FOREIGN KEY (sender_id) REFERENCES users (id),
            CONSTRAINT fk_messages_recipient_id FOREIGN KEY (recipient_id) REFERENCES users (id),
            CONSTRAINT fk_messages_room_id FOREIGN KEY (room_id) REFERENCES rooms (id)
        );
        CREATE INDEX idx_messages_conversation ON messages (sender_id, recipient_id, sent_at);
        CREATE INDEX idx_messages_recipient_id ON messages (recipient_id)
            WHERE recipient_id IS NOT NULL;
        CREATE INDEX idx_messages_sent_at ON messages USING brin
            (sent_at) WITH (autosummarize = true);
        CREATE UNIQUE INDEX uq_messages_client_id ON messages (sender_id, client_id)
            WHERE client_id IS NOT NULL;
        CREATE UNIQUE INDEX uq_messages_conversation_seq ON messages
            (LEAST(sender_id, recipient_id), GREATEST(sender_id, recipient_id), seq) WHERE
            recipient_id IS NOT NULL;
        CREATE UNIQUE INDEX uq_messages_room_seq ON messages (room_id, seq)
            WHERE room_id IS NOT NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_message_counters (
            room_id bigint PRIMARY KEY,
            seq bigint NOT NULL DEFAULT 0,
            CONSTRAINT chk_room_message_counters_seq CHECK (seq >= 0),
            CONSTRAINT fk_room_message_counters_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
        ) WITH (fillfactor = 50);
        """
    )
