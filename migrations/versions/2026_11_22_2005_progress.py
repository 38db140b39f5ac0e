"""Progress: frames, level history, badges, rankings."""

from alembic import op

revision = "2005_progress"
down_revision: str | None = "2004_gifts"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        r"""
        CREATE TABLE frames (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            description text,
            price numeric(18,2) NOT NULL,
            static_src text NOT NULL,
            animated_src text,
            thumbnail_url text,
            category varchar(50) NOT NULL DEFAULT 'standard',
            rarity varchar(20) NOT NULL DEFAULT 'common',
            duration_days integer DEFAULT 30,
            is_active boolean NOT NULL DEFAULT true,
            vip_level_required integer NOT NULL DEFAULT 0,
            level_required integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_frames_name CHECK (name ~ '\S'),
            CONSTRAINT chk_frames_positive_price CHECK (price > 0),
            CONSTRAINT chk_frames_rarity
                CHECK (rarity IN ('common', 'rare', 'epic', 'legendary')),
            CONSTRAINT chk_frames_duration_days CHECK (duration_days >= 1),
            CONSTRAINT chk_frames_vip_level_required CHECK (vip_level_required BETWEEN 0 AND 7),
            CONSTRAINT chk_frames_level_required CHECK (level_required >= 1)
        );
        CREATE INDEX idx_frames_active ON frames (is_active);
        CREATE INDEX idx_frames_category ON frames (category);
        CREATE INDEX idx_frames_price ON frames (price);
        CREATE INDEX idx_frames_rarity ON frames (rarity);
        """
    )
    op.execute(
        r"""
        CREATE TABLE frame_user (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            frame_id bigint NOT NULL,
            quantity integer NOT NULL DEFAULT 1,
            expires_at timestamptz,
            is_active boolean NOT NULL DEFAULT false,
            purchased_at timestamptz NOT NULL DEFAULT now(),
            activated_at timestamptz,
            CONSTRAINT chk_frame_user_quantity CHECK (quantity >= 1),
            CONSTRAINT uq_frame_user_user_id_frame_id UNIQUE (user_id, frame_id),
            CONSTRAINT fk_frame_user_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_frame_user_frame_id
                FOREIGN KEY (frame_id) REFERENCES frames (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_frame_user_active ON frame_user (user_id, is_active);
        CREATE INDEX idx_frame_user_expires_at ON frame_user (expires_at);
        CREATE INDEX idx_frame_user_frame_id ON frame_user (frame_id);
        CREATE UNIQUE INDEX uq_frame_user_active ON frame_user (user_id) WHERE is_active;
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_levels (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            level_id bigint NOT NULL,
            type varchar(20) NOT NULL,
            current_xp bigint NOT NULL DEFAULT 0,
            achieved_at timestamptz NOT NULL DEFAULT now(),
            is_active boolean NOT NULL DEFAULT true,
            CONSTRAINT chk_user_levels_type CHECK (type IN ('wealth', 'charm', 'room', 'vip')),
            CONSTRAINT chk_user_levels_positive_xp CHECK (current_xp >= 0),
            CONSTRAINT fk_user_levels_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_user_levels_level_id FOREIGN KEY (level_id) REFERENCES levels (id)
        );
        CREATE INDEX idx_user_levels_active ON user_levels (user_id, type, is_active);
        CREATE INDEX idx_user_levels_level_id ON user_levels (level_id);
        CREATE INDEX idx_user_levels_type ON user_levels (type);
        CREATE UNIQUE INDEX uq_user_levels_active ON user_levels (user_id, type) WHERE is_active;
        CREATE UNIQUE INDEX uq_user_levels_once ON user_levels (user_id, level_id)
            WHERE type <> 'vip';
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_levels (
            id bigserial PRIMARY KEY,
            room_id bigint NOT NULL,
            level_id bigint NOT NULL,
            current_xp bigint NOT NULL DEFAULT 0,
            achieved_at timestamptz NOT NULL DEFAULT now(),
            is_active boolean NOT NULL DEFAULT true,
            CONSTRAINT chk_room_levels_positive_xp CHECK (current_xp >= 0),
            CONSTRAINT uq_room_levels_room_id_level_id UNIQUE (room_id, level_id),
            CONSTRAINT fk_room_levels_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_levels_level_id FOREIGN KEY (level_id) REFERENCES levels (id)
        );
        CREATE INDEX idx_room_levels_level_id ON room_levels (level_id);
        CREATE UNIQUE INDEX uq_room_levels_active ON room_levels (room_id) WHERE is_active;
        """
    )
    op.execute(
        r"""
        CREATE TABLE badges (
            id bigserial PRIMARY KEY,
            name varchar(100) NOT NULL,
            description text,
            category varchar(50) NOT NULL,
            requirements jsonb NOT NULL,
            icon_url text NOT NULL,
            rarity varchar(20) NOT NULL DEFAULT 'common',
            is_active boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_badges_name CHECK (name ~ '\S'),
            CONSTRAINT chk_badges_category
                CHECK (category IN ('achievement', 'activity', 'personal', 'room')),
            CONSTRAINT chk_badges_requirements CHECK (jsonb_typeof(requirements) = 'object'),
            CONSTRAINT chk_badges_rarity CHECK (rarity IN ('common', 'rare', 'epic', 'legendary'))
        );
        CREATE INDEX idx_badges_active ON badges (is_active);
        CREATE INDEX idx_badges_category ON badges (category);
        CREATE INDEX idx_badges_rarity ON badges (rarity);
        """
    )
    op.execute(
        r"""
        CREATE TABLE user_badges (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            badge_id bigint NOT NULL,
            earned_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_user_badges_user_id_badge_id UNIQUE (user_id, badge_id),
            CONSTRAINT fk_user_badges_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT fk_user_badges_badge_id FOREIGN KEY (badge_id) REFERENCES badges (id)
        );
        CREATE INDEX idx_user_badges_badge_id ON user_badges (badge_id);
        CREATE INDEX idx_user_badges_earned_at ON user_badges (earned_at);
        """
    )
    op.execute(
        r"""
        CREATE TABLE room_badges (
            id bigserial PRIMARY KEY,
            room_id bigint NOT NULL,
            badge_id bigint NOT NULL,
            earned_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_room_badges_room_id_badge_id UNIQUE (room_id, badge_id),
            CONSTRAINT fk_room_badges_room_id
                FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
            CONSTRAINT fk_room_badges_badge_id FOREIGN KEY (badge_id) REFERENCES badges (id)
        );
        CREATE INDEX idx_room_badges_badge_id ON room_badges (badge_id);
        """
    )
    op.execute(
        r"""
        CREATE TABLE rankings (
            id bigserial PRIMARY KEY,
            category varchar(50) NOT NULL,
            subcategory varchar(50),
            period varchar(20) NOT NULL,
            period_start date NOT NULL,
            period_end date NOT NULL,
            user_id bigint,
            room_id bigint,
            agency_id bigint,
            subject bigint GENERATED ALWAYS AS (COALESCE(user_id, room_id, agency_id)) STORED,
            rank_position integer NOT NULL,
            score numeric(18,2) NOT NULL,
            metadata jsonb,
            calculated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_rankings_category
                CHECK (category IN ('wealth', 'charm', 'room', 'agency', 'game')),
            CONSTRAINT chk_rankings_subcategory CHECK (category = 'game' OR subcategory IS NULL),
            CONSTRAINT chk_rankings_period
                CHECK (period IN ('daily', 'weekly', 'monthly', 'all_time')),
            CONSTRAINT chk_rankings_period_end CHECK (period_end >= period_start),
            CONSTRAINT chk_rankings_one_subject
                CHECK (num_nonnulls(user_id, room_id, agency_id) = 1),
            CONSTRAINT chk_rankings_subject_kind
                CHECK (CASE category WHEN 'room' THEN room_id IS NOT NULL
                WHEN 'agency' THEN agency_id IS NOT NULL ELSE user_id IS NOT NULL END),
            CONSTRAINT chk_rankings_rank_position CHECK (rank_position >= 1),
            CONSTRAINT chk_rankings_positive_score CHECK (score >= 0),
            CONSTRAINT uq_rankings_subject
                UNIQUE NULLS NOT DISTINCT (category, subcategory, period, period_start,
                subject),
            CONSTRAINT fk_rankings_user_id FOREIGN KEY (user_id) REFERENCES users (id),
            CONSTRAINT fk_rankings_room_id FOREIGN KEY (room_id) REFERENCES rooms (id),
            CONSTRAINT fk_rankings_agency_id FOREIGN KEY (agency_id) REFERENCES agencies (id)
        );
        CREATE INDEX idx_rankings_agency_id ON rankings (agency_id);
        CREATE INDEX idx_rankings_period ON rankings (period_start, period_end);
        CREATE INDEX idx_rankings_room_id ON rankings (room_id);
        CREATE INDEX idx_rankings_score ON rankings (category, period, score DESC);
        CREATE INDEX idx_rankings_user_id ON rankings (user_id);
        """
    )
