"""Gifts: the catalogue, what was sent by month, agency earnings, fair draws."""

from alembic import op

revision = "2004_gifts"
down_revision: str | None = "2003_money"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE gifts (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            description text,
            price numeric(18,2) NOT NULL,
            thumbnail_url text NOT NULL,
            animation_url text,
            sound_url text,
            category varchar(50) NOT NULL,
            subcategory varchar(50),
            rarity varchar(20) NOT NULL DEFAULT 'common',
            wealth_xp_multiplier numeric(6,2) NOT NULL DEFAULT 1.00,
            charm_xp_multiplier numeric(6,2) NOT NULL DEFAULT 1.00,
            lucky_odds jsonb,
            is_active boolean NOT NULL DEFAULT true,
            vip_level_required integer NOT NULL DEFAULT 0,
            country_specific varchar(3),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_gifts_name CHECK (name ~ '\S'),
            CONSTRAINT chk_gifts_positive_price CHECK (price > 0),
            CONSTRAINT chk_gifts_category
                CHECK (category IN ('normal', 'lucky', 'cp', 'vip', 'country')),
            CONSTRAINT chk_gifts_rarity CHECK (rarity IN ('common', 'rare', 'epic', 'legendary')),
            CONSTRAINT chk_gifts_positive_multipliers
                CHECK (wealth_xp_multiplier >= 0 AND charm_xp_multiplier >= 0),
            CONSTRAINT chk_gifts_vip_level_required CHECK (vip_level_required BETWEEN 0 AND 7),
            CONSTRAINT chk_gifts_vip_gift CHECK (category <> 'vip' OR vip_level_required >= 1),
            CONSTRAINT chk_gifts_country_specific CHECK (country_specific ~ '^[A-Z]{2}$'),
            CONSTRAINT chk_gifts_country_gift
                CHECK (category <> 'country' OR country_specific IS NOT NULL),
            CONSTRAINT chk_gifts_lucky_gift
                CHECK ((category = 'lucky') = (lucky_odds IS NOT NULL))
        );
        CREATE INDEX idx_gifts_active ON gifts (is_active);
        CREATE INDEX idx_gifts_category ON gifts (category);
        CREATE INDEX idx_gifts_price ON gifts (price);
        CREATE INDEX idx_gifts_rarity ON gifts (rarity);
        CREATE INDEX idx_gifts_vip_required ON gifts (vip_level_required);
        """
    )
    op.execute(
        r"""
        CREATE TABLE gift_transactions (
            id bigserial NOT NULL,
            batch_id bigint NOT NULL,
            sender_id bigint NOT NULL,
            recipient_id bigint NOT NULL,
            gift_id bigint NOT NULL,
            room_id bigint,
            agency_id bigint,
            quantity integer NOT NULL DEFAULT 1,
            price numeric(18,2) NOT NULL,
            total_cost numeric(18,2) NOT NULL,
            recipient_earnings numeric(18,2) NOT NULL,
            agency_commission numeric(18,2) NOT NULL DEFAULT 0,
            platform_fee numeric(18,2) NOT NULL DEFAULT 0,
            commission_rate numeric(5,2) NOT NULL DEFAULT 0,
            wealth_xp_awarded bigint NOT NULL DEFAULT 0,
            charm_xp_awarded bigint NOT NULL DEFAULT 0,
            combo integer NOT NULL DEFAULT 1,
            sent_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (id, sent_at),
            CONSTRAINT chk_gift_transactions_two_sides CHECK (sender_id <> recipient_id),
            CONSTRAINT chk_gift_transactions_quantity CHECK (quantity BETWEEN 1 AND 9999),
            CONSTRAINT chk_gift_transactions_total_cost
                CHECK (price > 0 AND total_cost = price * quantity),
            CONSTRAINT chk_gift_transactions_split
                CHECK (recipient_earnings + agency_commission + platform_fee = total_cost),
            CONSTRAINT chk_gift_transactions_positive_parts
                CHECK (recipient_earnings >= 0 AND agency_commission >= 0
                AND platform_fee >= 0),
            CONSTRAINT chk_gift_transactions_commission_rate
                CHECK (commission_rate BETWEEN 0 AND 100),
            CONSTRAINT chk_gift_transactions_commission
                CHECK (agency_id IS NOT NULL OR agency_commission = 0),
            CONSTRAINT chk_gift_transactions_positive_xp
                CHECK (wealth_xp_awarded >= 0 AND charm_xp_awarded >= 0),
            CONSTRAINT chk_gift_transactions_combo CHECK (combo >= 1),
            CONSTRAINT fk_gift_transactions_sender_id
                FOREIGN KEY (sender_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_transactions_recipient_id
                FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_transactions_gift_id
                FOREIGN KEY (gift_id) REFERENCES gifts (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_transactions_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_transactions_agency_id
                FOREIGN KEY (agency_id) REFERENCES agencies (id) ON DELETE RESTRICT
        ) PARTITION BY RANGE (sent_at);
        CREATE TABLE gift_transactions_default PARTITION OF gift_transactions DEFAULT;
        CREATE INDEX idx_gift_transactions_recipient_id ON gift_transactions
            (recipient_id, sent_at DESC);
        CREATE INDEX idx_gift_transactions_room_date ON gift_transactions (room_id, sent_at DESC);
        CREATE INDEX idx_gift_transactions_sender_id ON gift_transactions
            (sender_id, sent_at DESC);
        CREATE INDEX idx_gift_transactions_sent_at ON gift_transactions USING brin
            (sent_at) WITH (autosummarize = true);
        """
    )
    op.execute(
        r"""
        CREATE TABLE gift_groups (
            id bigserial PRIMARY KEY,
            folds json NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        """
    )
    op.execute(
        r"""
        CREATE TABLE agency_earnings (
            id bigserial PRIMARY KEY,
            agency_id bigint NOT NULL,
            user_id bigint NOT NULL,
            amount numeric(18,2) NOT NULL,
            commission_amount numeric(18,2) NOT NULL,
            commission_rate numeric(5,2) NOT NULL,
            source_type varchar(50) NOT NULL,
            source_id bigint,
            source_date timestamptz,
            earned_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_agency_earnings_positive_amounts
                CHECK (amount >= 0 AND commission_amount BETWEEN 0 AND amount),
            CONSTRAINT chk_agency_earnings_commission_rate
                CHECK (commission_rate BETWEEN 0 AND 100),
            CONSTRAINT chk_agency_earnings_source_type
                CHECK (source_type IN ('gift', 'purchase')),
            CONSTRAINT chk_agency_earnings_source
                CHECK (CASE WHEN source_type = 'gift' THEN source_id IS NOT NULL
                AND source_date IS NOT NULL ELSE source_date IS NULL END),
            CONSTRAINT fk_agency_earnings_source
                FOREIGN KEY (source_id, source_date)
                REFERENCES gift_transactions (id, sent_at) ON DELETE RESTRICT,
            CONSTRAINT fk_agency_earnings_agency_id
                FOREIGN KEY (agency_id) REFERENCES agencies (id) ON DELETE RESTRICT,
            CONSTRAINT fk_agency_earnings_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_agency_earnings_agency_id ON agency_earnings (agency_id, earned_at DESC);
        CREATE INDEX idx_agency_earnings_earned_at ON agency_earnings USING brin
            (earned_at) WITH (autosummarize = true);
        CREATE INDEX idx_agency_earnings_user_id ON agency_earnings (user_id, earned_at DESC);
        CREATE UNIQUE INDEX uq_agency_earnings_source ON agency_earnings (source_id, source_date)
            WHERE source_date IS NOT NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE agency_member_requests (
            id bigserial PRIMARY KEY,
            agency_id bigint NOT NULL,
            user_id bigint NOT NULL,
            type varchar(20) NOT NULL,
            message text,
            status varchar(20) NOT NULL DEFAULT 'pending',
            processed_by bigint,
            processed_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_agency_member_requests_type
                CHECK (type IN ('application', 'invitation')),
            CONSTRAINT chk_agency_member_requests_status
                CHECK (status IN ('pending', 'approved', 'rejected', 'cancelled')),
            CONSTRAINT chk_agency_member_requests_processed
                CHECK ((status = 'pending') = (processed_at IS NULL)),
            CONSTRAINT fk_agency_member_requests_agency_id
                FOREIGN KEY (agency_id) REFERENCES agencies (id) ON DELETE CASCADE,
            CONSTRAINT fk_agency_member_requests_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_agency_member_requests_processed_by
                FOREIGN KEY (processed_by) REFERENCES users (id)
        );
        CREATE INDEX idx_agency_requests_agency_id ON agency_member_requests (agency_id);
        CREATE INDEX idx_agency_requests_status ON agency_member_requests (status);
        CREATE INDEX idx_agency_requests_user_id ON agency_member_requests (user_id);
        CREATE UNIQUE INDEX uq_agency_requests_pending ON agency_member_requests
            (agency_id, user_id) WHERE status = 'pending';
        """
    )
    op.execute(
        r"""
        CREATE TABLE fairness_seeds (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            server_seed bytea NOT NULL,
            server_seed_hash varchar(64) NOT NULL,
            client_seed varchar(64) NOT NULL,
            nonce bigint NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            revealed_at timestamptz,
            CONSTRAINT chk_fairness_seeds_server_seed_hash
                CHECK (server_seed_hash = encode(sha256(server_seed), 'hex')),
            CONSTRAINT chk_fairness_seeds_server_seed CHECK (octet_length(server_seed) >= 16),
            CONSTRAINT chk_fairness_seeds_nonce CHECK (nonce >= 0),
            CONSTRAINT fk_fairness_seeds_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_fairness_seeds_user_id ON fairness_seeds (user_id);
        CREATE UNIQUE INDEX uq_fairness_seeds_current ON fairness_seeds (user_id)
            WHERE revealed_at IS NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE lucky_draws (
            gift_transaction_id bigint NOT NULL,
            sent_at timestamptz NOT NULL,
            seed_id bigint NOT NULL,
            nonce bigint NOT NULL,
            outcome varchar(64) NOT NULL,
            multiplier numeric(12,4) NOT NULL,
            payout numeric(18,2) NOT NULL,
            PRIMARY KEY (gift_transaction_id, sent_at),
            CONSTRAINT chk_lucky_draws_nonce CHECK (nonce >= 0),
            CONSTRAINT chk_lucky_draws_outcome CHECK (outcome ~ '^[0-9a-f]{64}$'),
            CONSTRAINT chk_lucky_draws_positive_payout CHECK (multiplier >= 0 AND payout >= 0),
            CONSTRAINT uq_lucky_draws_seed_id_nonce UNIQUE (seed_id, nonce),
            CONSTRAINT fk_lucky_draws_gift_transaction
                FOREIGN KEY (gift_transaction_id, sent_at)
                REFERENCES gift_transactions (id, sent_at) ON DELETE RESTRICT,
            CONSTRAINT fk_lucky_draws_seed_id
                FOREIGN KEY (seed_id) REFERENCES fairness_seeds (id) ON DELETE RESTRICT
        );
        """
    )
