"""Recharge at real providers: what they say, partial refunds, reversals, VIP by purchases."""

from alembic import op

revision = "2017_recharge"
down_revision: str | None = "2016_resellers"


def upgrade() -> None:
    """Widen orders and packages; keep providers' events; note what purchases changed."""
    op.execute(
        r"""
        ALTER TABLE recharge_packages
            ADD COLUMN google_product_id varchar(255),
            ADD COLUMN apple_product_id varchar(255),
            ADD CONSTRAINT chk_recharge_packages_product_ids
                CHECK (google_product_id ~ '^[a-z0-9][a-z0-9_.]*$'
                AND apple_product_id ~ '^[A-Za-z0-9_.-]+$');
        ALTER TABLE recharge_orders
            ALTER COLUMN provider_reference TYPE text,
            ADD COLUMN binding uuid NOT NULL DEFAULT gen_random_uuid(),
            ADD COLUMN product_id varchar(255),
            ADD COLUMN checkout_url text,
            ADD COLUMN refunded_coins bigint NOT NULL DEFAULT 0,
            ADD COLUMN revision integer NOT NULL DEFAULT 0,
            ADD COLUMN checks integer NOT NULL DEFAULT 0,
            ADD COLUMN check_at timestamptz,
            ADD COLUMN consumed_at timestamptz;
        UPDATE recharge_orders SET refunded_coins = CAST(coin_amount AS bigint) + bonus_coins
            WHERE status = 'refunded';
        ALTER TABLE recharge_orders
            ADD CONSTRAINT chk_recharge_orders_provider_reference
                CHECK (length(provider_reference) BETWEEN 1 AND 1024),
            ADD CONSTRAINT chk_recharge_orders_refunded_coins
                CHECK (CASE WHEN status = 'refunded'
                THEN refunded_coins = CAST(coin_amount AS bigint) + bonus_coins
                WHEN status = 'paid' THEN refunded_coins >= 0
                AND refunded_coins < CAST(coin_amount AS bigint) + bonus_coins
                ELSE refunded_coins = 0 END),
            ADD CONSTRAINT chk_recharge_orders_consumed
                CHECK (consumed_at IS NULL OR (provider = 'google_play' AND paid_at IS NOT NULL));
        CREATE UNIQUE INDEX uq_recharge_orders_binding ON recharge_orders (binding);
        CREATE INDEX idx_recharge_orders_check_at ON recharge_orders (check_at)
            WHERE check_at IS NOT NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE provider_events (
            id bigserial PRIMARY KEY,
            provider varchar(20) NOT NULL,
            event_id varchar(255) NOT NULL,
            kind varchar(100) NOT NULL,
            order_id bigint,
            reference varchar(255),
            payload jsonb NOT NULL,
            outcome varchar(20) NOT NULL DEFAULT 'received',
            detail text,
            deliveries integer NOT NULL DEFAULT 1,
            received_at timestamptz NOT NULL DEFAULT now(),
            handled_at timestamptz,
            CONSTRAINT uq_provider_events_provider_event_id UNIQUE (provider, event_id),
            CONSTRAINT chk_provider_events_provider
                CHECK (provider IN ('stripe', 'google_play', 'app_store')),
            CONSTRAINT chk_provider_events_outcome
                CHECK (outcome IN ('received', 'settled', 'unchanged', 'refused', 'unknown_order',
                'ignored')),
            CONSTRAINT chk_provider_events_handled
                CHECK ((outcome = 'received') = (handled_at IS NULL)),
            CONSTRAINT chk_provider_events_payload CHECK (jsonb_typeof(payload) = 'object'),
            CONSTRAINT chk_provider_events_deliveries CHECK (deliveries >= 1),
            CONSTRAINT fk_provider_events_order_id
                FOREIGN KEY (order_id) REFERENCES recharge_orders (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_provider_events_order_id ON provider_events (order_id);
        CREATE INDEX idx_provider_events_reference ON provider_events (provider, reference)
            WHERE reference IS NOT NULL;
        CREATE INDEX idx_provider_events_open ON provider_events (received_at)
            WHERE outcome IN ('received', 'refused', 'unknown_order');
        CREATE TABLE recharge_changes (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT fk_recharge_changes_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_recharge_changes_user_id ON recharge_changes (user_id);
        CREATE TABLE vip_standings (
            user_id bigint PRIMARY KEY,
            vip_level integer NOT NULL,
            vip_expires_at timestamptz,
            vip_xp bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT chk_vip_standings_vip_level CHECK (vip_level BETWEEN 0 AND 7),
            CONSTRAINT chk_vip_standings_vip_expires
                CHECK ((vip_level = 0) = (vip_expires_at IS NULL)),
            CONSTRAINT chk_vip_standings_positive_xp CHECK (vip_xp >= 0),
            CONSTRAINT fk_vip_standings_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        """
    )
    op.execute(
        r"""
        ALTER TABLE transactions
            DROP CONSTRAINT chk_transactions_type,
            ADD CONSTRAINT chk_transactions_type
                CHECK (is_adopted OR type
                IN ('recharge', 'recharge_bonus', 'recharge_refund', 'recharge_reinstated',
                'debt_repayment', 'gift',
                'agency_commission', 'lucky_win', 'transfer', 'coin_request', 'exchange',
                'level_reward', 'ranking_prize', 'frame_purchase', 'theme_purchase',
                'game_bet', 'game_win', 'game_rollback', 'adjustment', 'account_closure',
                'opening_balance'));
        """
    )
