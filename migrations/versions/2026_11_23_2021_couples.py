"""Couples, gift walls, odds tables frozen for their draws, and a seed for everybody."""

from alembic import op

revision = "2021_couples"
down_revision: str | None = "2020_engine"


def upgrade() -> None:
    """Make the tables; walls, odds and seeds are filled from what is there."""
    op.execute(
        """
        CREATE TABLE gift_odds (
            id bigserial PRIMARY KEY,
            sha256 varchar(64) NOT NULL,
            odds jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_gift_odds_sha256 UNIQUE (sha256),
            CONSTRAINT chk_gift_odds_sha256
                CHECK (sha256 = encode(sha256(convert_to(odds::text, 'UTF8')), 'hex'))
        );
        INSERT INTO gift_odds (sha256, odds)
        SELECT DISTINCT ON (1) encode(sha256(convert_to(lucky_odds::text, 'UTF8')), 'hex'),
               lucky_odds
        FROM gifts WHERE lucky_odds IS NOT NULL;
        ALTER TABLE lucky_draws ADD COLUMN odds_id bigint;
        UPDATE lucky_draws d SET odds_id = o.id
        FROM gift_transactions t
        JOIN gifts g ON g.id = t.gift_id
        JOIN gift_odds o ON o.odds = g.lucky_odds
        WHERE t.id = d.gift_transaction_id AND t.sent_at = d.sent_at;
        ALTER TABLE lucky_draws
            ALTER COLUMN odds_id SET NOT NULL,
            ADD CONSTRAINT fk_lucky_draws_odds_id
                FOREIGN KEY (odds_id) REFERENCES gift_odds (id) ON DELETE RESTRICT;

        DROP INDEX idx_fairness_seeds_user_id;
        CREATE INDEX idx_fairness_seeds_user_id ON fairness_seeds (user_id, id DESC);
        INSERT INTO fairness_seeds (user_id, server_seed, server_seed_hash, client_seed)
        SELECT id, seed, encode(sha256(seed), 'hex'), replace(gen_random_uuid()::text, '-', '')
        FROM (SELECT u.id, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                                  || uuid_send(gen_random_uuid())) AS seed
              FROM users u
              WHERE u.deleted_at IS NULL
                AND NOT EXISTS (SELECT FROM fairness_seeds s
                                WHERE s.user_id = u.id AND s.revealed_at IS NULL)) AS made;
        """
    )
    op.execute(
        """
        CREATE TABLE gift_walls (
            user_id bigint NOT NULL,
            gift_id bigint NOT NULL,
            quantity bigint NOT NULL,
            last_received_at timestamptz NOT NULL,
            PRIMARY KEY (user_id, gift_id),
            CONSTRAINT chk_gift_walls_quantity CHECK (quantity >= 1),
            CONSTRAINT fk_gift_walls_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_walls_gift_id
                FOREIGN KEY (gift_id) REFERENCES gifts (id) ON DELETE RESTRICT
        ) WITH (fillfactor = 80);
        INSERT INTO gift_walls (user_id, gift_id, quantity, last_received_at)
        SELECT recipient_id, gift_id, sum(quantity), max(sent_at)
        FROM gift_transactions WHERE quantity >= 1 GROUP BY recipient_id, gift_id;
        """
    )
    op.execute(
        """
        CREATE TABLE couples (
            id bigserial PRIMARY KEY,
            proposed_by bigint NOT NULL,
            accepted_by bigint NOT NULL,
            formed_at timestamptz NOT NULL,
            ended_at timestamptz,
            ended_by bigint,
            end_reason varchar(20),
            cooldown_until timestamptz,
            CONSTRAINT chk_couples_two_people CHECK (proposed_by <> accepted_by),
            CONSTRAINT chk_couples_end_reason
                CHECK (end_reason IN ('parted', 'blocked', 'deleted')),
            CONSTRAINT chk_couples_ended
                CHECK ((ended_at IS NULL) = (end_reason IS NULL)
                       AND (ended_at IS NULL) = (ended_by IS NULL)
                       AND (ended_at IS NOT NULL OR cooldown_until IS NULL)),
            CONSTRAINT fk_couples_proposed_by
                FOREIGN KEY (proposed_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couples_accepted_by
                FOREIGN KEY (accepted_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couples_ended_by
                FOREIGN KEY (ended_by) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE TABLE couple_members (
            couple_id bigint NOT NULL,
            user_id bigint NOT NULL,
            partner_id bigint NOT NULL,
            coins_given numeric(18,2) NOT NULL DEFAULT 0,
            is_active boolean NOT NULL DEFAULT true,
            PRIMARY KEY (couple_id, user_id),
            CONSTRAINT chk_couple_members_two_people CHECK (user_id <> partner_id),
            CONSTRAINT chk_couple_members_positive_coins CHECK (coins_given >= 0),
            CONSTRAINT fk_couple_members_couple_id
                FOREIGN KEY (couple_id) REFERENCES couples (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couple_members_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couple_members_partner_id
                FOREIGN KEY (partner_id) REFERENCES users (id) ON DELETE RESTRICT
        ) WITH (fillfactor = 80);
        CREATE UNIQUE INDEX uq_couple_members_active ON couple_members (user_id) WHERE is_active;
        CREATE INDEX idx_couple_members_pair ON couple_members (user_id, partner_id);
        CREATE TABLE couple_requests (
            id bigserial PRIMARY KEY,
            sender_id bigint NOT NULL,
            recipient_id bigint NOT NULL,
            gift_transaction_id bigint NOT NULL,
            sent_at timestamptz NOT NULL,
            status varchar(20) NOT NULL DEFAULT 'pending',
            couple_id bigint,
            expires_at timestamptz NOT NULL,
            decided_at timestamptz,
            CONSTRAINT chk_couple_requests_two_people CHECK (sender_id <> recipient_id),
            CONSTRAINT chk_couple_requests_status
                CHECK (status IN ('pending', 'accepted', 'declined', 'expired', 'cancelled')),
            CONSTRAINT chk_couple_requests_decided
                CHECK ((status = 'pending') = (decided_at IS NULL)
                       AND (status = 'accepted') = (couple_id IS NOT NULL)),
            CONSTRAINT fk_couple_requests_sender_id
                FOREIGN KEY (sender_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couple_requests_recipient_id
                FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couple_requests_couple_id
                FOREIGN KEY (couple_id) REFERENCES couples (id) ON DELETE RESTRICT,
            CONSTRAINT fk_couple_requests_gift_transaction
                FOREIGN KEY (gift_transaction_id, sent_at)
                REFERENCES gift_transactions (id, sent_at) ON DELETE RESTRICT
        );
        CREATE UNIQUE INDEX uq_couple_requests_pending ON couple_requests
            (LEAST(sender_id, recipient_id), GREATEST(sender_id, recipient_id))
            WHERE status = 'pending';
        CREATE INDEX idx_couple_requests_sender_id ON couple_requests (sender_id, id)
            WHERE status = 'pending';
        CREATE INDEX idx_couple_requests_recipient_id ON couple_requests (recipient_id, id)
            WHERE status = 'pending';
        CREATE INDEX idx_couple_requests_overdue ON couple_requests (expires_at)
            WHERE status = 'pending';
        CREATE UNIQUE INDEX uq_couple_requests_gift_transaction
            ON couple_requests (gift_transaction_id, sent_at);
        """
    )
