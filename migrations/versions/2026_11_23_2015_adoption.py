"""Rows of an adopted ledger, which need not add up, and what each account had on that day."""

from alembic import op

revision = "2015_adoption"
down_revision: str | None = "2014_discovery"


def upgrade() -> None:
    """Tell adopted rows from ours; keep what was found, so that ours can be proved from there."""
    op.execute(
        r"""
        CREATE TABLE adopted_tables (
            table_name varchar(63) PRIMARY KEY,
            rows bigint NOT NULL,
            adopted_at timestamptz NOT NULL,
            CONSTRAINT chk_adopted_tables_rows CHECK (rows >= 0)
        );
        CREATE TABLE adopted_accounts (
            user_id bigint PRIMARY KEY,
            coin_balance numeric(18,2) NOT NULL,
            diamond_balance numeric(18,2) NOT NULL,
            total_spent numeric(18,2) NOT NULL,
            total_received numeric(18,2) NOT NULL,
            ledger_coins numeric(18,2) NOT NULL,
            ledger_diamonds numeric(18,2) NOT NULL,
            adopted_at timestamptz NOT NULL,
            CONSTRAINT fk_adopted_accounts_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        """
    )
    op.execute(
        r"""
        ALTER TABLE transactions
            ADD COLUMN is_adopted boolean NOT NULL DEFAULT false,
            DROP CONSTRAINT chk_transactions_type,
            ADD CONSTRAINT chk_transactions_type
                CHECK (is_adopted OR type
                IN ('recharge', 'recharge_bonus', 'recharge_refund', 'debt_repayment', 'gift',
                'agency_commission', 'lucky_win', 'transfer', 'coin_request', 'exchange',
                'level_reward', 'ranking_prize', 'frame_purchase', 'theme_purchase',
                'game_bet', 'game_win', 'game_rollback', 'adjustment', 'account_closure',
                'opening_balance')),
            DROP CONSTRAINT chk_transactions_currency_type,
            ADD CONSTRAINT chk_transactions_currency_type
                CHECK (is_adopted
                OR (currency_type IN (1, 2) AND beneficiary_currency_type IN (1, 2))),
            DROP CONSTRAINT chk_transactions_quantity,
            ADD CONSTRAINT chk_transactions_quantity CHECK (is_adopted OR quantity >= 1),
            DROP CONSTRAINT chk_transactions_positive_balances,
            ADD CONSTRAINT chk_transactions_positive_balances
                CHECK (is_adopted OR (user_balance_before >= 0 AND user_balance_after >= 0
                AND beneficiary_balance_before >= 0 AND beneficiary_balance_after >= 0)),
            DROP CONSTRAINT chk_transactions_user_balance,
            ADD CONSTRAINT chk_transactions_user_balance
                CHECK (is_adopted OR user_balance_after = user_balance_before + CASE
                WHEN direction = 2 THEN amount ELSE - amount END),
            DROP CONSTRAINT chk_transactions_beneficiary,
            ADD CONSTRAINT chk_transactions_beneficiary
                CHECK (is_adopted OR num_nonnulls(beneficiary_id, beneficiary_currency_type,
                beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after)
                IN (0, 5)),
            DROP CONSTRAINT chk_transactions_beneficiary_balance,
            ADD CONSTRAINT chk_transactions_beneficiary_balance
                CHECK (is_adopted OR (beneficiary_amount > 0
                AND beneficiary_balance_after = beneficiary_balance_before +
                beneficiary_amount)),
            DROP CONSTRAINT chk_transactions_payer,
            ADD CONSTRAINT chk_transactions_payer
                CHECK (is_adopted OR beneficiary_id IS NULL OR direction = 1),
            DROP CONSTRAINT chk_transactions_two_sides,
            ADD CONSTRAINT chk_transactions_two_sides
                CHECK (is_adopted OR user_id <> beneficiary_id),
            DROP CONSTRAINT chk_transactions_transactionable,
            ADD CONSTRAINT chk_transactions_transactionable
                CHECK (is_adopted
                OR (transactionable_type IS NULL) = (transactionable_id IS NULL)),
            DROP CONSTRAINT chk_transactions_status,
            ADD CONSTRAINT chk_transactions_status CHECK (is_adopted OR status = 'completed'),
            DROP CONSTRAINT chk_transactions_unchanged,
            ADD CONSTRAINT chk_transactions_unchanged
                CHECK (is_adopted OR (updated_at = created_at AND deleted_at IS NULL));
        """
    )
    op.execute(
        r"""
        ALTER TABLE gift_transactions
            ADD COLUMN is_adopted boolean NOT NULL DEFAULT false,
            DROP CONSTRAINT chk_gift_transactions_two_sides,
            ADD CONSTRAINT chk_gift_transactions_two_sides
                CHECK (is_adopted OR sender_id <> recipient_id),
            DROP CONSTRAINT chk_gift_transactions_quantity,
            ADD CONSTRAINT chk_gift_transactions_quantity
                CHECK (is_adopted OR quantity BETWEEN 1 AND 9999),
            DROP CONSTRAINT chk_gift_transactions_total_cost,
            ADD CONSTRAINT chk_gift_transactions_total_cost
                CHECK (is_adopted OR (price > 0 AND total_cost = price * quantity)),
            DROP CONSTRAINT chk_gift_transactions_split,
            ADD CONSTRAINT chk_gift_transactions_split
                CHECK (is_adopted
                OR recipient_earnings + agency_commission + platform_fee = total_cost),
            DROP CONSTRAINT chk_gift_transactions_positive_parts,
            ADD CONSTRAINT chk_gift_transactions_positive_parts
                CHECK (is_adopted OR (recipient_earnings >= 0 AND agency_commission >= 0
                AND platform_fee >= 0)),
            DROP CONSTRAINT chk_gift_transactions_commission,
            ADD CONSTRAINT chk_gift_transactions_commission
                CHECK (is_adopted OR agency_id IS NOT NULL OR agency_commission = 0),
            DROP CONSTRAINT chk_gift_transactions_positive_xp,
            ADD CONSTRAINT chk_gift_transactions_positive_xp
                CHECK (is_adopted OR (wealth_xp_awarded >= 0 AND charm_xp_awarded >= 0));
        ALTER TABLE agency_earnings
            ADD COLUMN is_adopted boolean NOT NULL DEFAULT false,
            DROP CONSTRAINT chk_agency_earnings_positive_amounts,
            ADD CONSTRAINT chk_agency_earnings_positive_amounts
                CHECK (is_adopted OR (amount >= 0 AND commission_amount BETWEEN 0 AND amount)),
            DROP CONSTRAINT chk_agency_earnings_commission_rate,
            ADD CONSTRAINT chk_agency_earnings_commission_rate
                CHECK (is_adopted OR commission_rate BETWEEN 0 AND 100),
            DROP CONSTRAINT chk_agency_earnings_source_type,
            ADD CONSTRAINT chk_agency_earnings_source_type
                CHECK (is_adopted OR source_type IN ('gift', 'purchase')),
            DROP CONSTRAINT chk_agency_earnings_source,
            ADD CONSTRAINT chk_agency_earnings_source
                CHECK (is_adopted OR CASE WHEN source_type = 'gift' THEN source_id IS NOT NULL
                AND source_date IS NOT NULL ELSE source_date IS NULL END);
        """
    )
