"""Structured logs: one line an event, JSON in production, readable in development."""

import logging
import sys

import structlog

from flylive.config import Settings

_SECRET_WORDS = ("password", "token", "secret", "ticket", "authorization", "dsn")


def _mask(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Whatever is named like a secret is not written; ids of tokens may be."""
    for name in event:
        if any(word in name for word in _SECRET_WORDS) and not name.endswith("_id"):
            event[name] = "***"
    return event


def configure(settings: Settings) -> None:
    """Set up structlog for this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    is_console = settings.log_format == "console"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            # Plain: the pretty one prints local variables, secrets among them.
            colors=False,
            exception_formatter=structlog.dev.plain_traceback,
        )
        if is_console
        else structlog.processors.JSONRenderer()
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _mask,
    ]
    if not is_console:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
