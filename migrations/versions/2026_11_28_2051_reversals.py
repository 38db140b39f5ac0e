"""Gifts that staff take back."""

from alembic import op

revision = "2051_reversals"
down_revision: str | None = "2050_operations"


def upgrade() -> None:
    """Make the tables; let the ledger and the earnings hold corrections of gifts."""
    op.execute(
        """
        CREATE TABLE gift_reversals (
            gift_transaction_id bigint NOT NULL,
            sent_at timestamptz NOT NULL,
            recipient_id bigint NOT NULL,
            owner_id bigint,
            total_cost numeric(18,2) NOT NULL,
            coins_returned numeric(18,2) NOT NULL DEFAULT 0,
            recipient_diamonds numeric(18,2) NOT NULL DEFAULT 0,
            recipient_coins numeric(18,2) NOT NULL DEFAULT 0,
            recipient_owed numeric(18,2) NOT NULL DEFAULT 0,
            owner_diamonds numeric(18,2) NOT NULL DEFAULT 0,
            owner_coins numeric(18,2) NOT NULL DEFAULT 0,
            owner_owed numeric(18,2) NOT NULL DEFAULT 0,
            frozen varchar(40)[] NOT NULL DEFAULT '{}',
            reason text NOT NULL,
            requested_by bigint NOT NULL,
            requested_at timestamptz NOT NULL,
            reversed_by bigint NOT NULL,
            reversed_at timestamptz NOT NULL,
            PRIMARY KEY (gift_transaction_id, sent_at),
            CONSTRAINT chk_gift_reversals_positive
                CHECK (coins_returned >= 0 AND recipient_diamonds >= 0 AND recipient_coins >= 0
                       AND recipient_owed >= 0 AND owner_diamonds >= 0 AND owner_coins >= 0
                       AND owner_owed >= 0),
            CONSTRAINT chk_gift_reversals_owner
                CHECK (owner_id IS NOT NULL
                       OR (owner_diamonds, owner_coins, owner_owed) = (0, 0, 0)),
            CONSTRAINT fk_gift_reversals_gift_transaction
                FOREIGN KEY (gift_transaction_id, sent_at)
                REFERENCES gift_transactions (id, sent_at) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_reversals_recipient_id
                FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_reversals_owner_id
                FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_reversals_requested_by
                FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_reversals_reversed_by
                FOREIGN KEY (reversed_by) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_gift_reversals_requested_by
            ON gift_reversals (requested_by, reversed_at);
        CREATE TABLE gift_reversal_requests (
            gift_transaction_id bigint NOT NULL,
            sent_at timestamptz NOT NULL,
            reason text NOT NULL,
            requested_by bigint NOT NULL,
            requested_at timestamptz NOT NULL,
            PRIMARY KEY (gift_transaction_id, sent_at),
            CONSTRAINT fk_gift_reversal_requests_gift_transaction
                FOREIGN KEY (gift_transaction_id, sent_at)
                REFERENCES gift_transactions (id, sent_at) ON DELETE RESTRICT,
            CONSTRAINT fk_gift_reversal_requests_requested_by
                FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT
        );
        ALTER TABLE transactions
            DROP CONSTRAINT chk_transactions_type,
            ADD CONSTRAINT chk_transactions_type
                CHECK (is_adopted OR type
                IN ('recharge', 'recharge_bonus', 'recharge_refund', 'recharge_reinstated',
                'debt_repayment', 'gift', 'gift_reversal',
                'agency_commission', 'lucky_win', 'transfer', 'coin_request', 'exchange',
                'level_reward', 'ranking_prize', 'frame_purchase', 'theme_purchase',
                'game_bet', 'game_win', 'game_rollback', 'adjustment', 'account_closure',
                'opening_balance'));
        ALTER TABLE agency_earnings
            DROP CONSTRAINT chk_agency_earnings_positive_amounts,
            ADD CONSTRAINT chk_agency_earnings_positive_amounts
                CHECK (is_adopted OR CASE WHEN source_type = 'gift_reversal'
                       THEN amount <= 0 AND commission_amount BETWEEN amount AND 0
                       ELSE amount >= 0 AND commission_amount BETWEEN 0 AND amount END),
            DROP CONSTRAINT chk_agency_earnings_source_type,
            ADD CONSTRAINT chk_agency_earnings_source_type
                CHECK (is_adopted OR source_type IN ('gift', 'gift_reversal', 'purchase')),
            DROP CONSTRAINT chk_agency_earnings_source,
            ADD CONSTRAINT chk_agency_earnings_source
                CHECK (is_adopted OR CASE WHEN source_type IN ('gift', 'gift_reversal')
                       THEN source_id IS NOT NULL AND source_date IS NOT NULL
                       ELSE source_date IS NULL END);
        DROP INDEX uq_agency_earnings_source;
        CREATE UNIQUE INDEX uq_agency_earnings_source ON agency_earnings (source_id, source_date)
            WHERE source_date IS NOT NULL AND source_type <> 'gift_reversal';
        CREATE UNIQUE INDEX uq_agency_earnings_reversal
            ON agency_earnings (source_id, source_date) WHERE source_type = 'gift_reversal';
        """
    )
