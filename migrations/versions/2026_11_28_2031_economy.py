"""The settings of the economy, changed while the platform runs."""

from alembic import op

revision = "2031_economy"
down_revision: str | None = "2029_adjustments"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE TABLE platform_settings (
            id bigserial PRIMARY KEY,
            overrides jsonb NOT NULL,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            reason text NOT NULL,
            changed_by bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT chk_platform_settings_overrides
                CHECK (jsonb_typeof(overrides) = 'object'),
            CONSTRAINT chk_platform_settings_states
                CHECK (jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object'),
            CONSTRAINT chk_platform_settings_reason CHECK (reason ~ '\\S'),
            CONSTRAINT fk_platform_settings_changed_by
                FOREIGN KEY (changed_by) REFERENCES users (id) ON DELETE RESTRICT
        );
        """
    )
