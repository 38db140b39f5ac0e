"""Structured logs: one line an event, JSON in production, readable in development."""

import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog

from flylive.config import Settings

REQUESTS = "flylive.requests"
"""The logger of requests."""
MAX_FILE_BYTES = 64 << 20
_SECRET_WORDS = ("password", "token", "secret", "ticket", "authorization", "dsn")


def _mask(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Whatever is named like a secret is not written; ids of tokens may be."""
    for name in event:
        if any(word in name for word in _SECRET_WORDS) and not name.endswith("_id"):
            event[name] = "***"
    return event


class RequestFile:
    """The file of the requests' lines; a full one is put beside, in place of the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def write(self, text: str) -> None:
        """Add whole lines to the file."""
        if self._file is not None and self._file.tell() > MAX_FILE_BYTES:
            self._file.close()
            self._file = None
            self.path.rename(self.path.with_suffix(f"{self.path.suffix}.1"))
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        self._file.write(text)

    def flush(self) -> None:
        """Leave nothing in this process."""
        if self._file is not None:
            self._file.flush()


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
    requests = None if settings.request_log is None else RequestFile(settings.request_log)

    def logger_factory(*names: str) -> structlog.WriteLogger | structlog.PrintLogger:
        if requests is not None and REQUESTS in names:
            return structlog.WriteLogger(requests)  # type: ignore[arg-type]
        return structlog.PrintLogger()

    structlog.configure(
        processors=[*processors, renderer],
        logger_factory=logger_factory,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
