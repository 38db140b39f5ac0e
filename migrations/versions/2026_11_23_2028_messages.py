"""Words and links that are not taken; gifts whose message is still to be written."""

from alembic import op

revision = "2028_messages"
down_revision: str | None = "2027_reports"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        """
        CREATE TABLE message_filters (
            id bigserial PRIMARY KEY,
            room_id bigint,
            words varchar(64)[] NOT NULL,
            allows_links boolean NOT NULL DEFAULT true,
            updated_by bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT uq_message_filters_room_id UNIQUE NULLS NOT DISTINCT (room_id),
            CONSTRAINT chk_message_filters_words CHECK (cardinality(words) <= 1000),
            CONSTRAINT fk_message_filters_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_message_filters_updated_by
                FOREIGN KEY (updated_by) REFERENCES users (id)
        );
        CREATE TABLE gift_notices (
            id bigserial PRIMARY KEY,
            sender_id bigint NOT NULL,
            recipient_id bigint NOT NULL,
            gift_id bigint NOT NULL,
            quantity bigint NOT NULL,
            CONSTRAINT chk_gift_notices_quantity CHECK (quantity >= 1),
            CONSTRAINT fk_gift_notices_sender_id FOREIGN KEY (sender_id) REFERENCES users (id),
            CONSTRAINT fk_gift_notices_recipient_id
                FOREIGN KEY (recipient_id) REFERENCES users (id),
            CONSTRAINT fk_gift_notices_gift_id FOREIGN KEY (gift_id) REFERENCES gifts (id)
        );
        """
    )
