"""What a report is for, in the reporter's own words where none of the usual ones is right."""

from alembic import op

revision = "0210_report_reasons"
down_revision: str | None = "2131_people_console"


def upgrade() -> None:
    """Widen the reason to 1-255 characters."""
    op.execute(
        r"""
        ALTER TABLE reports DROP CONSTRAINT chk_reports_reason;
        ALTER TABLE reports ALTER COLUMN reason TYPE varchar(255);
        ALTER TABLE reports ADD CONSTRAINT chk_reports_reason CHECK (reason ~ '\S');
        """
    )
