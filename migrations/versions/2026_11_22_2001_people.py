"""People: accounts, tokens, staff, levels and agencies, who follows and blocks whom."""

from alembic import op

revision = "2001_people"
down_revision: str | None = None


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE levels (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            type varchar(20) NOT NULL,
            level_number integer NOT NULL,
            required_xp bigint NOT NULL,
            coin_reward integer NOT NULL DEFAULT 0,
            diamond_reward integer NOT NULL DEFAULT 0,
            frame_rewards bigint[],
            privileges jsonb,
            icon_url text,
            badge_url text,
            is_active boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_levels_name CHECK (name ~ '\S'),
            CONSTRAINT chk_levels_type CHECK (type IN ('wealth', 'charm', 'room', 'vip')),
            CONSTRAINT chk_levels_level_number CHECK (level_number >= 1),
            CONSTRAINT chk_levels_vip_level CHECK (type <> 'vip' OR level_number <= 7),
            CONSTRAINT chk_levels_required_xp CHECK (required_xp >= 0),
            CONSTRAINT chk_levels_positive_rewards
                CHECK (coin_reward >= 0 AND diamond_reward >= 0),
            CONSTRAINT chk_levels_first_level
                CHECK (type = 'vip' OR level_number > 1 OR (required_xp = 0
                AND coin_reward = 0 AND diamond_reward = 0
                AND COALESCE(cardinality(frame_rewards), 0) = 0)),
            CONSTRAINT chk_levels_frame_rewards
                CHECK (array_position(frame_rewards, NULL) IS NULL),
            CONSTRAINT chk_levels_privileges CHECK (jsonb_typeof(privileges) = 'object'),
            CONSTRAINT uq_levels_type_level_number UNIQUE (type, level_number)
        );
        CREATE INDEX idx_levels_required_xp ON levels (type, required_xp);
        """
    )
    op.execute(
        r"""
        CREATE TABLE users (
            id bigserial PRIMARY KEY,
            name varchar(255) NOT NULL,
            email varchar(255),
            phone varchar(20),
            signature varchar(100) NOT NULL,
            password varchar(255) NOT NULL,
            dob date NOT NULL,
            gender smallint NOT NULL,
            country varchar(3) NOT NULL,
            avatar_image text,
            animated_src text,
            static_src text,
            coin_balance numeric(18,2) NOT NULL DEFAULT 0,
            diamond_balance numeric(18,2) NOT NULL DEFAULT 0,
            total_spent numeric(18,2) NOT NULL DEFAULT 0,
            total_received numeric(18,2) NOT NULL DEFAULT 0,
            coin_debt numeric(18,2) NOT NULL DEFAULT 0,
            wealth_level_id bigint,
            charm_level_id bigint,
            wealth_xp bigint NOT NULL DEFAULT 0,
            charm_xp bigint NOT NULL DEFAULT 0,
            agency_id bigint,
            agency_role varchar(20) NOT NULL DEFAULT 'member',
            agency_joined_at timestamptz,
            vip_level integer NOT NULL DEFAULT 0,
            vip_expires_at timestamptz,
            social_provider varchar(50),
            social_provider_id varchar(255),
            is_blocked boolean NOT NULL DEFAULT false,
            blocked_at timestamptz,
            block_reason text,
            last_active_at timestamptz,
            email_verified_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            CONSTRAINT chk_users_name CHECK (name ~ '\S'),
            CONSTRAINT chk_users_email CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
            CONSTRAINT chk_users_phone
                CHECK (phone ~ '^\+[1-9][0-9]+$' AND length(phone) BETWEEN 8 AND 16),
            CONSTRAINT chk_users_signature CHECK (signature ~ '^[0-9]+$'),
            CONSTRAINT chk_users_dob CHECK (dob >= DATE '1900-01-01'),
            CONSTRAINT chk_users_gender CHECK (gender BETWEEN 1 AND 3),
            CONSTRAINT chk_users_country CHECK (country ~ '^[A-Z]{2}$'),
            CONSTRAINT chk_users_positive_balances
                CHECK (coin_balance >= 0 AND diamond_balance >= 0),
            CONSTRAINT chk_users_positive_totals
                CHECK (total_spent >= 0 AND total_received >= 0 AND coin_debt >= 0),
            CONSTRAINT chk_users_positive_xp CHECK (wealth_xp >= 0 AND charm_xp >= 0),
            CONSTRAINT chk_users_agency_role
                CHECK (agency_role IN ('member', 'moderator', 'admin')),
            CONSTRAINT chk_users_agency_membership
                CHECK (CASE WHEN agency_id IS NULL THEN agency_joined_at IS NULL
                AND agency_role = 'member' ELSE agency_joined_at IS NOT NULL END),
            CONSTRAINT chk_users_vip_level CHECK (vip_level >= 0 AND vip_level <= 7),
            CONSTRAINT chk_users_vip_expires CHECK (vip_level = 0 OR vip_expires_at IS NOT NULL),
            CONSTRAINT chk_users_social_provider
                CHECK (social_provider IN ('google', 'facebook')),
            CONSTRAINT chk_users_social_pair
                CHECK ((social_provider IS NULL) = (social_provider_id IS NULL)),
            CONSTRAINT chk_users_blocked CHECK (is_blocked = (blocked_at IS NOT NULL)),
            CONSTRAINT uq_users_signature UNIQUE (signature),
            CONSTRAINT fk_users_wealth_level_id
                FOREIGN KEY (wealth_level_id) REFERENCES levels (id),
            CONSTRAINT fk_users_charm_level_id FOREIGN KEY (charm_level_id) REFERENCES levels (id)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_users_agency_active ON users (agency_id, last_active_at)
            WHERE agency_id IS NOT NULL;
        CREATE INDEX idx_users_charm_level ON users (charm_level_id);
        CREATE INDEX idx_users_last_active ON users (last_active_at);
        CREATE INDEX idx_users_social_provider ON users (social_provider, social_provider_id);
        CREATE INDEX idx_users_vip_active ON users (vip_level, vip_expires_at)
            WHERE vip_level > 0;
        CREATE INDEX idx_users_wealth_level ON users (wealth_level_id);
        CREATE UNIQUE INDEX uq_users_email ON users (lower(email)) WHERE deleted_at IS NULL;
        CREATE UNIQUE INDEX uq_users_phone ON users (phone) WHERE deleted_at IS NULL;
        """
    )
    op.execute(
        r"""
        CREATE TABLE agencies (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            description text,
            logo text,
            owner_id bigint NOT NULL,
            commission_rate numeric(5,2) NOT NULL DEFAULT 10.00,
            member_limit integer NOT NULL DEFAULT 50,
            is_recruiting boolean NOT NULL DEFAULT true,
            total_earnings numeric(18,2) NOT NULL DEFAULT 0,
            member_count integer NOT NULL DEFAULT 0,
            status varchar(20) NOT NULL DEFAULT 'active',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_agencies_name CHECK (name ~ '\S'),
            CONSTRAINT chk_agencies_commission_rate CHECK (commission_rate BETWEEN 0 AND 100),
            CONSTRAINT chk_agencies_positive_earnings CHECK (total_earnings >= 0),
            CONSTRAINT chk_agencies_members
                CHECK (member_limit >= 1 AND member_count BETWEEN 0 AND member_limit),
            CONSTRAINT chk_agencies_status CHECK (status IN ('active', 'inactive', 'suspended')),
            CONSTRAINT fk_agencies_owner_id FOREIGN KEY (owner_id) REFERENCES users (id)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_agencies_earnings ON agencies (total_earnings DESC);
        CREATE INDEX idx_agencies_owner_id ON agencies (owner_id);
        CREATE INDEX idx_agencies_status ON agencies (status);
        CREATE UNIQUE INDEX uq_agencies_name ON agencies (lower(name));
        CREATE UNIQUE INDEX uq_agencies_owner_id ON agencies (owner_id)
            WHERE status <> 'inactive';
        """
    )
    op.execute(
        r"""
        CREATE TABLE personal_access_tokens (
            id bigserial PRIMARY KEY,
            tokenable_type varchar(255) NOT NULL,
            tokenable_id bigint NOT NULL,
            name varchar(255) NOT NULL,
            token varchar(64) NOT NULL,
            abilities text,
            last_used_at timestamptz,
            expires_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_personal_access_tokens_token CHECK (token ~ '^[0-9a-f]{64}$'),
            CONSTRAINT uq_personal_access_tokens_token UNIQUE (token)
        );
        CREATE INDEX idx_personal_access_tokens_expires_at ON personal_access_tokens (expires_at)
            WHERE expires_at IS NOT NULL;
        CREATE INDEX idx_personal_access_tokens_tokenable ON personal_access_tokens
            (tokenable_type, tokenable_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE password_reset_tokens (
            email varchar(255) PRIMARY KEY,
            token varchar(255) NOT NULL,
            attempts smallint NOT NULL DEFAULT 0,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_password_reset_tokens_email CHECK (email = lower(email)),
            CONSTRAINT chk_password_reset_tokens_token CHECK (token ~ '^[0-9a-f]{64}$'),
            CONSTRAINT chk_password_reset_tokens_attempts CHECK (attempts >= 0)
        );
        CREATE INDEX idx_password_reset_tokens_expires_at ON password_reset_tokens (expires_at);
        """
    )
    op.execute(
        r"""
        CREATE TABLE phone_reset_tokens (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            token varchar(255) NOT NULL,
            attempts smallint NOT NULL DEFAULT 0,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_phone_reset_tokens_attempts CHECK (attempts >= 0),
            CONSTRAINT fk_phone_reset_tokens_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_phone_reset_tokens_expires_at ON phone_reset_tokens (expires_at);
        CREATE INDEX idx_phone_reset_tokens_user_id ON phone_reset_tokens (user_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_identities (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            provider varchar(50) NOT NULL,
            provider_id varchar(255) NOT NULL,
            email varchar(255),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_user_identities_provider CHECK (provider IN ('google', 'facebook')),
            CONSTRAINT uq_user_identities_provider_provider_id UNIQUE (provider, provider_id),
            CONSTRAINT uq_user_identities_user_id_provider UNIQUE (user_id, provider),
            CONSTRAINT fk_user_identities_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        """
    )
    op.execute(
        r"""
        CREATE TABLE staff_members (
            user_id bigint PRIMARY KEY,
            role varchar(20) NOT NULL,
            granted_by bigint,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_staff_members_role
                CHECK (role
                IN ('admin', 'moderator', 'finance', 'catalogue', 'support', 'read_only')),
            CONSTRAINT fk_staff_members_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_staff_members_granted_by FOREIGN KEY (granted_by) REFERENCES users (id)
        );
        """
    )
    op.execute(
        r"""
        CREATE TABLE sessions (
            id varchar(255) PRIMARY KEY,
            user_id bigint,
            ip_address varchar(45),
            user_agent text,
            payload text NOT NULL,
            last_activity bigint NOT NULL,
            CONSTRAINT fk_sessions_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_sessions_last_activity ON sessions (last_activity);
        CREATE INDEX idx_sessions_user_id ON sessions (user_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_followers (
            id bigserial PRIMARY KEY,
            follower_id bigint NOT NULL,
            following_id bigint NOT NULL,
            followed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_user_followers_two_users CHECK (follower_id <> following_id),
            CONSTRAINT uq_user_followers_follower_id_following_id
                UNIQUE (follower_id, following_id),
            CONSTRAINT fk_user_followers_follower_id
                FOREIGN KEY (follower_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_user_followers_following_id
                FOREIGN KEY (following_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_user_followers_followed_at ON user_followers (followed_at);
        CREATE INDEX idx_user_followers_following_id ON user_followers (following_id, id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_blocks (
            id bigserial PRIMARY KEY,
            blocker_id bigint NOT NULL,
            blocked_id bigint NOT NULL,
            reason varchar(255),
            blocked_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_user_blocks_two_users CHECK (blocker_id <> blocked_id),
            CONSTRAINT uq_user_blocks_blocker_id_blocked_id UNIQUE (blocker_id, blocked_id),
            CONSTRAINT fk_user_blocks_blocker_id
                FOREIGN KEY (blocker_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_user_blocks_blocked_id
                FOREIGN KEY (blocked_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_user_blocks_blocked_id ON user_blocks (blocked_id);
        """
    )
    # users and agencies refer to each other, so one of the two keys comes last.
    op.execute(
        """
        ALTER TABLE users ADD CONSTRAINT fk_users_agency_id
            FOREIGN KEY (agency_id) REFERENCES agencies (id);
        """
    )
