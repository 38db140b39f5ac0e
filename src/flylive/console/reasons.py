"""Why staff act: what every act of theirs is told."""

from flylive.console import rules
from flylive.http.fields import FieldChecks


def read(given: str) -> str:
    """The reason as it is kept. Raises InvalidRequest."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, given)
    checks.done()
    assert reason is not None
    return reason
