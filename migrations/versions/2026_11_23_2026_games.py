"""Games: providers, their games, sessions, and every call that moved coins."""

from alembic import op

revision = "2026_games"
down_revision: str | None = "2025_rankings"


def upgrade() -> None:
    """Make the tables of games."""
    op.execute(
        r"""
        CREATE TABLE game_providers (
            id bigserial PRIMARY KEY,
            name varchar(50) NOT NULL,
            secret_version integer NOT NULL DEFAULT 1,
            previous_until timestamptz,
            is_active boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_game_providers_name UNIQUE (name),
            CONSTRAINT chk_game_providers_name CHECK (name ~ '^[a-z][a-z0-9_]*$'),
            CONSTRAINT chk_game_providers_secret_version CHECK (secret_version >= 1)
        );
        CREATE TABLE games (
            id bigserial PRIMARY KEY,
            provider_id bigint NOT NULL,
            code varchar(50) NOT NULL,
            name varchar(100) NOT NULL,
            launch_url varchar(500) NOT NULL,
            thumbnail_url varchar(500),
            min_bet numeric(18, 2) NOT NULL,
            max_bet numeric(18, 2) NOT NULL,
            max_win numeric(18, 2) NOT NULL,
            is_active boolean NOT NULL DEFAULT true,
            country_restrictions text[],
            blocked_countries text[],
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_games_code UNIQUE (code),
            CONSTRAINT chk_games_code CHECK (code ~ '^[a-z][a-z0-9_]*$'),
            CONSTRAINT chk_games_name CHECK (name ~ '\S'),
            CONSTRAINT chk_games_launch_url CHECK (launch_url ~ '^https?://[^\s#]+$'),
            CONSTRAINT chk_games_bets
                CHECK (min_bet > 0 AND max_bet >= min_bet AND max_win >= max_bet),
            CONSTRAINT chk_games_countries
                CHECK (CAST(country_restrictions AS text) ~ '^\{[A-Z]{2}(,[A-Z]{2})*\}$'),
            CONSTRAINT chk_games_blocked_countries
                CHECK (CAST(blocked_countries AS text) ~ '^\{[A-Z]{2}(,[A-Z]{2})*\}$'),
            CONSTRAINT fk_games_provider_id FOREIGN KEY (provider_id) REFERENCES game_providers (id)
        );
        CREATE INDEX idx_games_provider_id ON games (provider_id);
        CREATE TABLE game_sessions (
            id bigserial PRIMARY KEY,
            game_id bigint NOT NULL,
            user_id bigint NOT NULL,
            token_hash char(64) NOT NULL,
            access_token_id bigint NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT uq_game_sessions_token_hash UNIQUE (token_hash),
            CONSTRAINT chk_game_sessions_token_hash CHECK (token_hash ~ '^[0-9a-f]{64}$'),
            CONSTRAINT chk_game_sessions_expires CHECK (expires_at > created_at),
            CONSTRAINT chk_game_sessions_ended CHECK (ended_at >= created_at),
            CONSTRAINT fk_game_sessions_game_id FOREIGN KEY (game_id) REFERENCES games (id),
            CONSTRAINT fk_game_sessions_user_id FOREIGN KEY (user_id) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_game_sessions_open
            ON game_sessions (user_id, game_id) WHERE ended_at IS NULL;
        CREATE INDEX idx_game_sessions_game_id ON game_sessions (game_id);
        CREATE TABLE game_transactions (
            id bigserial PRIMARY KEY,
            provider_id bigint NOT NULL,
            game_id bigint NOT NULL,
            session_id bigint NOT NULL,
            user_id bigint NOT NULL,
            type varchar(20) NOT NULL,
            provider_transaction_id varchar(64) NOT NULL,
            bet_transaction_id varchar(64),
            round_id varchar(64),
            requested numeric(18, 2),
            amount numeric(18, 2) NOT NULL,
            fingerprint bytea NOT NULL,
            status smallint NOT NULL,
            answer json NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT chk_game_transactions_type CHECK (type IN ('bet', 'win', 'rollback')),
            CONSTRAINT chk_game_transactions_names CHECK
                (provider_transaction_id ~ '^[!-~]+$' AND bet_transaction_id ~ '^[!-~]+$'
                 AND round_id ~ '^[!-~]+$'),
            CONSTRAINT chk_game_transactions_about CHECK
                ((type = 'rollback') = (bet_transaction_id IS NOT NULL)
                 AND (type = 'rollback') = (round_id IS NULL)
                 AND (type = 'rollback') = (requested IS NULL)),
            CONSTRAINT chk_game_transactions_amount CHECK
                (amount >= 0 AND requested >= 0
                 AND CASE WHEN status <> 200 THEN amount = 0
                     WHEN type = 'rollback' THEN true
                     ELSE amount = requested END
                 AND NOT (type = 'bet' AND status = 200 AND amount = 0)),
            CONSTRAINT chk_game_transactions_fingerprint CHECK (octet_length(fingerprint) = 32),
            CONSTRAINT chk_game_transactions_status
                CHECK (status = 200 OR status BETWEEN 400 AND 499),
            CONSTRAINT fk_game_transactions_provider_id
                FOREIGN KEY (provider_id) REFERENCES game_providers (id),
            CONSTRAINT fk_game_transactions_game_id FOREIGN KEY (game_id) REFERENCES games (id),
            CONSTRAINT fk_game_transactions_session_id
                FOREIGN KEY (session_id) REFERENCES game_sessions (id),
            CONSTRAINT fk_game_transactions_user_id FOREIGN KEY (user_id) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_game_transactions_once
            ON game_transactions (provider_id, provider_transaction_id);
        CREATE UNIQUE INDEX uq_game_transactions_rolled_back
            ON game_transactions (provider_id, bet_transaction_id)
            WHERE bet_transaction_id IS NOT NULL AND amount > 0;
        CREATE INDEX idx_game_transactions_rollbacks
            ON game_transactions (provider_id, bet_transaction_id)
            WHERE bet_transaction_id IS NOT NULL;
        CREATE INDEX idx_game_transactions_round
            ON game_transactions (user_id, round_id) WHERE round_id IS NOT NULL;
        CREATE INDEX idx_game_transactions_user_id ON game_transactions (user_id, created_at);
        CREATE INDEX idx_game_transactions_session_id ON game_transactions (session_id);
        CREATE TABLE game_signatures (
            signature bytea PRIMARY KEY,
            expires_at timestamptz NOT NULL,
            CONSTRAINT chk_game_signatures_signature CHECK (octet_length(signature) = 32)
        );
        CREATE INDEX idx_game_signatures_expires_at ON game_signatures (expires_at);
        """
    )
