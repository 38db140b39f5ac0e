"""Live boards: scores by period, counts by band, closed periods, prizes."""

from alembic import op

revision = "2025_rankings"
down_revision: str | None = "2024_conversations"


def upgrade() -> None:
    """Make the tables; `flylive rankings rebuild` fills them from what was given before."""
    op.execute(
        """
        -- 64 bands for each doubling, so that one band of a million scores holds few of them;
        -- below 64 hundredths each score is a band of its own.
        CREATE FUNCTION ranking_band(score bigint) RETURNS integer
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT CASE WHEN score < 64 THEN score::integer ELSE (
                SELECT (bits - 6) * 64 + ((score >> (bits - 7)) & 63)::integer
                FROM (SELECT length(ltrim(score::bit(64)::text, '0')) AS bits) AS b) END
        $$;
        CREATE TABLE ranking_scores (
            category varchar(50) NOT NULL,
            subcategory varchar(50) NOT NULL DEFAULT '',
            period varchar(20) NOT NULL,
            period_start date NOT NULL,
            subject_id bigint NOT NULL,
            country varchar(2) NOT NULL DEFAULT '',
            score bigint NOT NULL,
            band integer NOT NULL,
            PRIMARY KEY (category, subcategory, period, period_start, subject_id),
            CONSTRAINT chk_ranking_scores_category
                CHECK (category IN ('wealth', 'charm', 'room', 'agency', 'game')),
            CONSTRAINT chk_ranking_scores_period
                CHECK (period IN ('daily', 'weekly', 'monthly', 'all_time')),
            CONSTRAINT chk_ranking_scores_positive_score CHECK (score >= 0)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_ranking_scores_board ON ranking_scores
            (category, subcategory, period, period_start, score DESC, subject_id);
        CREATE INDEX idx_ranking_scores_country ON ranking_scores
            (category, subcategory, period, period_start, country, score DESC, subject_id);
        CREATE TABLE ranking_bands (
            category varchar(50) NOT NULL,
            subcategory varchar(50) NOT NULL DEFAULT '',
            period varchar(20) NOT NULL,
            period_start date NOT NULL,
            country varchar(2) NOT NULL,
            band integer NOT NULL,
            subjects bigint NOT NULL,
            PRIMARY KEY (category, subcategory, period, period_start, country, band)
        ) WITH (fillfactor = 80);
        CREATE TABLE ranking_inputs (
            id bigserial PRIMARY KEY,
            category varchar(50) NOT NULL,
            subcategory varchar(50) NOT NULL DEFAULT '',
            subject_id bigint NOT NULL,
            amount bigint NOT NULL,
            at timestamptz NOT NULL
        );
        CREATE TABLE ranking_periods (
            category varchar(50) NOT NULL,
            subcategory varchar(50) NOT NULL DEFAULT '',
            period varchar(20) NOT NULL,
            period_start date NOT NULL,
            closed_at timestamptz NOT NULL,
            PRIMARY KEY (category, subcategory, period, period_start)
        );
        CREATE TABLE ranking_prizes (
            id bigserial PRIMARY KEY,
            category varchar(50) NOT NULL,
            subcategory varchar(50) NOT NULL DEFAULT '',
            period varchar(20) NOT NULL,
            rank_from integer NOT NULL,
            rank_to integer NOT NULL,
            coins numeric(18,2) NOT NULL DEFAULT 0,
            diamonds numeric(18,2) NOT NULL DEFAULT 0,
            frame_id bigint,
            badge_id bigint,
            CONSTRAINT chk_ranking_prizes_ranks CHECK (1 <= rank_from AND rank_from <= rank_to
                                                       AND rank_to <= 1000),
            CONSTRAINT chk_ranking_prizes_category
                CHECK (category IN ('wealth', 'charm', 'room', 'agency', 'game')),
            CONSTRAINT chk_ranking_prizes_period
                CHECK (period IN ('daily', 'weekly', 'monthly')),
            CONSTRAINT chk_ranking_prizes_positive CHECK (coins >= 0 AND diamonds >= 0),
            CONSTRAINT chk_ranking_prizes_something
                CHECK (coins > 0 OR diamonds > 0 OR frame_id IS NOT NULL
                       OR badge_id IS NOT NULL),
            CONSTRAINT fk_ranking_prizes_frame_id FOREIGN KEY (frame_id) REFERENCES frames (id),
            CONSTRAINT fk_ranking_prizes_badge_id FOREIGN KEY (badge_id) REFERENCES badges (id)
        );
        ALTER TABLE gift_groups ADD COLUMN is_ranked boolean NOT NULL DEFAULT false;
        """
    )
