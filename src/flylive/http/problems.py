"""Every exception of a request becomes RFC 9457 problem+json here, and nowhere else."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.params import ParameterKwarg
from litestar.types import ExceptionHandlersMap

from flylive.errors import (
    FieldError,
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unreadable,
    UnsupportedMediaType,
)

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

_BY_STATUS: dict[int, type[Problem]] = {
    400: Unreadable,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
}

_MSGSPEC_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_LITESTAR_MISSING = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")
_MSGSPEC_FIELD = re.compile(r"`(?P<field>[^`]+)`")


def from_msgspec(error: msgspec.ValidationError, *, root: str = "") -> InvalidRequest:
    """The field that msgspec refused, by its name in the request, which stands under `root`."""
    text = str(error)
    path = ""
    if match := _MSGSPEC_PATH.search(text):
        path, text = match["path"], text[: match.start()]
    # A missing or unknown field is named in the words, not in the path.
    if "required field" in text or "unknown field" in text:
        name = _MSGSPEC_FIELD.search(text)
        path = ".".join(part for part in (path, name["field"] if name else "") if part)
    if root and path == root and "required field" in text:
        return InvalidRequest.field("body", "is needed")
    path = path.removeprefix(root).removeprefix(".")
    return InvalidRequest.field(path or "body", text)


def _from_validation(error: ValidationException, names: Mapping[str, str]) -> Problem:
    """Litestar's own refusal of a query, path or header parameter, or of the body.

    `names` are the parameters' in the request, by those of the arguments.
    """
    cause = error.__cause__
    entries = error.extra if isinstance(error.extra, list) else []
    if any(entry.get("source") == "path" for entry in entries if isinstance(entry, dict)):
        return NotFound()
    if isinstance(cause, msgspec.ValidationError):
        # Litestar decodes a body as its handler's argument `data`.
        is_body = any(
            isinstance(entry, dict) and entry.get("source") == "body" for entry in entries
        )
        if is_body:
            return from_msgspec(cause, root="data")
        [fault] = from_msgspec(cause).errors
        return InvalidRequest.field(names.get(fault.field, fault.field), fault.message)
    if missing := _LITESTAR_MISSING.match(error.detail):
        return InvalidRequest.field(missing["name"], "is needed")
    fields = [
        FieldError(names.get(key, key), str(entry.get("message", error.detail)))
        for entry in entries
        if isinstance(entry, dict)
        for key in [str(entry.get("key") or "body")]
    ]
    detail = "; ".join(f"{field.field}: {field.message}" for field in fields) or error.detail
    return InvalidRequest(detail, errors=fields)


def to_problem(error: Exception, names: Mapping[str, str]) -> Problem:
    """The refusal that a client sees for any exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        return _from_validation(error, names)
    if isinstance(error, NotFoundException):
        return NotFound()
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed(headers=error.headers)
    if isinstance(error, HTTPException):
        if isinstance(error, ClientException) and error.status_code == 400:
            return Unreadable("The body is not valid JSON in UTF-8")
        if known := _BY_STATUS.get(error.status_code):
            return known(headers=error.headers)
    return Problem()


def encoded(problem: Problem) -> bytes:
    """A refusal's body."""
    return msgspec.json.encode(problem.body())


def response(problem: Problem) -> Response[bytes]:
    """The answer for a refusal."""
    return Response(
        content=encoded(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's hook: render the problem, log what is our own fault."""
    return response(told(request.url.path, error, _names(request)))


def _names(request: Request[Any, Any, Any]) -> dict[str, str]:
    """What the request calls the parameters whose arguments are called otherwise."""
    handler = request.scope.get("route_handler")
    parameters = handler.parsed_fn_signature.parameters if handler is not None else {}
    return {
        argument: definition.name
        for argument, field in parameters.items()
        if isinstance(definition := field.kwarg_definition, ParameterKwarg) and definition.name
    }


def told(path: str, error: Exception, names: Mapping[str, str] = {}) -> Problem:
    """The refusal that a client of `path` sees; what is our own fault is logged."""
    problem = to_problem(error, names)
    if problem.status >= 500 and problem.status != 503:
        log.error("request.failed", path=path, exc_info=error)
    return problem


HANDLERS: ExceptionHandlersMap = {Exception: handle}
