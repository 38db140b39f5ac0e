"""Money: the ledger by month, coin requests, packages, orders."""

from alembic import op

revision = "2003_money"
down_revision: str | None = "2002_rooms"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE transactions (
            id bigserial NOT NULL,
            user_id bigint NOT NULL,
            beneficiary_id bigint,
            type varchar(50) NOT NULL,
            direction smallint NOT NULL,
            currency_type smallint NOT NULL,
            amount numeric(18,2) NOT NULL,
            quantity integer NOT NULL DEFAULT 1,
            user_balance_before numeric(18,2) NOT NULL,
            user_balance_after numeric(18,2) NOT NULL,
            beneficiary_currency_type smallint,
            beneficiary_amount numeric(18,2),
            beneficiary_balance_before numeric(18,2),
            beneficiary_balance_after numeric(18,2),
            transactionable_type varchar(255),
            transactionable_id bigint,
            description text,
            metadata jsonb,
            status varchar(20) NOT NULL DEFAULT 'completed',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            PRIMARY KEY (id, created_at),
            CONSTRAINT chk_transactions_type
                CHECK (type
                IN ('recharge', 'recharge_bonus', 'recharge_refund', 'debt_repayment', 'gift',
                'agency_commission', 'lucky_win', 'transfer', 'coin_request', 'exchange',
                'level_reward', 'ranking_prize', 'frame_purchase', 'theme_purchase',
                'game_bet', 'game_win', 'game_rollback', 'adjustment', 'account_closure')),
            CONSTRAINT chk_transactions_currency_type
                CHECK (currency_type IN (1, 2) AND beneficiary_currency_type IN (1, 2)),
            CONSTRAINT chk_transactions_direction CHECK (direction IN (1, 2)),
            CONSTRAINT chk_transactions_positive_amount CHECK (amount > 0),
            CONSTRAINT chk_transactions_quantity CHECK (quantity >= 1),
            CONSTRAINT chk_transactions_positive_balances
                CHECK (user_balance_before >= 0 AND user_balance_after >= 0
                AND beneficiary_balance_before >= 0 AND beneficiary_balance_after >= 0),
            CONSTRAINT chk_transactions_user_balance
                CHECK (user_balance_after = user_balance_before + CASE
                WHEN direction = 2 THEN amount ELSE - amount END),
            CONSTRAINT chk_transactions_beneficiary
                CHECK (num_nonnulls(beneficiary_id, beneficiary_currency_type,
                beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after)
                IN (0, 5)),
            CONSTRAINT chk_transactions_beneficiary_balance
                CHECK (beneficiary_amount > 0
                AND beneficiary_balance_after = beneficiary_balance_before +
                beneficiary_amount),
            CONSTRAINT chk_transactions_payer CHECK (beneficiary_id IS NULL OR direction = 1),
            CONSTRAINT chk_transactions_two_sides CHECK (user_id <> beneficiary_id),
            CONSTRAINT chk_transactions_transactionable
                CHECK ((transactionable_type IS NULL) = (transactionable_id IS NULL)),
            CONSTRAINT chk_transactions_status CHECK (status = 'completed'),
            CONSTRAINT chk_transactions_unchanged
                CHECK (updated_at = created_at AND deleted_at IS NULL),
            CONSTRAINT fk_transactions_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_transactions_beneficiary_id
                FOREIGN KEY (beneficiary_id) REFERENCES users (id) ON DELETE RESTRICT
        ) PARTITION BY RANGE (created_at);
        CREATE TABLE transactions_default PARTITION OF transactions DEFAULT;
        CREATE INDEX idx_transactions_beneficiary_id ON transactions
            (beneficiary_id, created_at DESC) WHERE beneficiary_id IS NOT NULL;
        CREATE INDEX idx_transactions_created_at ON transactions USING brin
            (created_at) WITH (autosummarize = true);
        CREATE INDEX idx_transactions_polymorphic ON transactions
            (transactionable_type, transactionable_id);
        CREATE INDEX idx_transactions_type ON transactions (type, created_at)
            WHERE type NOT IN ('gift', 'agency_commission', 'lucky_win', 'game_bet', 'game_win');
        CREATE INDEX idx_transactions_user_date ON transactions (user_id, created_at DESC);
        """
    )
    op.execute(
        r"""
        CREATE TABLE coin_requests (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            requested_from bigint NOT NULL,
            amount numeric(18,2) NOT NULL,
            type varchar(20) NOT NULL,
            message text,
            action_message text,
            credit_days integer,
            proof_1 text,
            proof_2 text,
            proof_3 text,
            status varchar(20) NOT NULL DEFAULT 'pending',
            updated_by bigint,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_coin_requests_positive_amount CHECK (amount > 0),
            CONSTRAINT chk_coin_requests_two_sides CHECK (user_id <> requested_from),
            CONSTRAINT chk_coin_requests_type CHECK (type IN ('purchase', 'credit')),
            CONSTRAINT chk_coin_requests_credit_days
                CHECK (CASE WHEN type = 'credit' THEN credit_days IS NOT NULL
                AND credit_days >= 1 ELSE credit_days IS NULL END),
            CONSTRAINT chk_coin_requests_status
                CHECK (status IN ('pending', 'approved', 'rejected', 'cancelled')),
            CONSTRAINT fk_coin_requests_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_coin_requests_requested_from
                FOREIGN KEY (requested_from) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_coin_requests_updated_by FOREIGN KEY (updated_by) REFERENCES users (id)
        );
        CREATE INDEX idx_coin_requests_created_at ON coin_requests (created_at);
        CREATE INDEX idx_coin_requests_pending ON coin_requests (created_at DESC)
            WHERE status = 'pending';
        CREATE INDEX idx_coin_requests_requested_from ON coin_requests (requested_from);
        CREATE INDEX idx_coin_requests_status ON coin_requests (status);
        CREATE INDEX idx_coin_requests_user_id ON coin_requests (user_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE recharge_packages (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            coin_amount integer NOT NULL,
            price numeric(18,2) NOT NULL,
            currency varchar(3) NOT NULL DEFAULT 'USD',
            bonus_coins integer NOT NULL DEFAULT 0,
            is_popular boolean NOT NULL DEFAULT false,
            is_active boolean NOT NULL DEFAULT true,
            country_restrictions text[],
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_recharge_packages_name CHECK (name ~ '\S'),
            CONSTRAINT chk_recharge_packages_positive_coins
                CHECK (coin_amount > 0 AND bonus_coins >= 0),
            CONSTRAINT chk_recharge_packages_positive_price CHECK (price > 0),
            CONSTRAINT chk_recharge_packages_currency CHECK (currency ~ '^[A-Z]{3}$'),
            CONSTRAINT chk_recharge_packages_countries
                CHECK (CAST(country_restrictions AS text) ~ '^\{[A-Z]{2}(,[A-Z]{2})*\}$')
        );
        CREATE INDEX idx_recharge_packages_active ON recharge_packages (is_active);
        CREATE INDEX idx_recharge_packages_popular ON recharge_packages (is_popular);
        """
    )
    op.execute(
        r"""
        CREATE TABLE recharge_orders (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            package_id bigint NOT NULL,
            provider varchar(20) NOT NULL,
            provider_reference varchar(255),
            status varchar(20) NOT NULL DEFAULT 'pending',
            coin_amount integer NOT NULL,
            bonus_coins integer NOT NULL DEFAULT 0,
            price numeric(18,2) NOT NULL,
            currency varchar(3) NOT NULL,
            ip_address varchar(45),
            user_agent text,
            paid_at timestamptz,
            refunded_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_recharge_orders_provider
                CHECK (provider IN ('stripe', 'google_play', 'app_store', 'sandbox')),
            CONSTRAINT chk_recharge_orders_status
                CHECK (status IN ('pending', 'paid', 'failed', 'refunded')),
            CONSTRAINT chk_recharge_orders_paid
                CHECK ((status IN ('paid', 'refunded')) = (paid_at IS NOT NULL)),
            CONSTRAINT chk_recharge_orders_refunded
                CHECK ((status = 'refunded') = (refunded_at IS NOT NULL)),
            CONSTRAINT chk_recharge_orders_positive_coins
                CHECK (coin_amount > 0 AND bonus_coins >= 0),
            CONSTRAINT chk_recharge_orders_positive_price CHECK (price > 0),
            CONSTRAINT chk_recharge_orders_currency CHECK (currency ~ '^[A-Z]{3}$'),
            CONSTRAINT fk_recharge_orders_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_recharge_orders_package_id
                FOREIGN KEY (package_id) REFERENCES recharge_packages (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_recharge_orders_package_id ON recharge_orders (package_id);
        CREATE INDEX idx_recharge_orders_user_id ON recharge_orders (user_id, created_at DESC);
        CREATE UNIQUE INDEX uq_recharge_orders_provider_reference ON recharge_orders
            (provider, provider_reference) WHERE provider_reference IS NOT NULL;
        """
    )
