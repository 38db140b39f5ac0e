"""``POST /v1/gifts/send`` without the framework: the same answers for a fraction of its time.

A request that is as usual (a known token, JSON, a proper key, no query) goes straight from
uvicorn's parser to the engine, without a task or a middleware of its own. Whatever is not as
usual, every refusal of the request itself above all, goes to the framework's route untouched, so
that there is one place that words it: ``gifts/endpoints.py:send_gift``. Outside nobody sees a
difference, but that a gift sent this way is a line of the log at the level of debug alone: it is
a row of the ledger anyway.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from flylive.accounts import Caller
from flylive.accounts.authentication import Authenticator
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import GiftRequest
from flylive.gifts.schemas import SendGift
from flylive.http import idempotency, problems
from flylive.http.idempotency import Answer
from flylive.http.middleware import Observed, request_id
from flylive.http.protocol import respond

PATH = "/v1/gifts/send"

_KEY = re.compile(rb"[!-~]{1,64}\Z")
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8"})
_BODY = msgspec.json.Decoder(SendGift)
_NUL = b"\\u0000"
_TYPE_JSON = (b"content-type", b"application/json")
_TYPE_PROBLEM = (b"content-type", problems.MEDIA_TYPE.encode())
_REPLAYED = (b"idempotent-replayed", b"true")


class Head(NamedTuple):
    """What the headers of a usual request say."""

    bearer: str
    key: str
    request_id: bytes | None


class ExpressGifts:
    """Takes usual gifts from uvicorn to the engine and back."""

    path = PATH.encode()

    def __init__(self, engine: GiftEngine, authenticator: Authenticator) -> None:
        self.engine = engine
        self.authenticator = authenticator

    def take(self, cycle: RequestResponseCycle, pass_on: Callable[[], None]) -> bool:
        """Answer this request soon, if it is as usual; whether it is."""
        head = _head(cycle)
        if head is None:
            return False
        body = _decoded(bytes(cycle.body))
        if body is None:
            return False
        seen = Observed("POST", PATH, request_id(head.request_id))
        caller = self.authenticator.recall(head.bearer)
        if caller is not None:
            self._give(cycle, seen, caller, head.key, body, pass_on)
            return True
        asked = self.authenticator.ask(head.bearer)
        if asked is None:
            return False

        def told(asked: asyncio.Future[Any]) -> None:
            caller = None
            try:
                if asked.exception() is None:
                    caller = self.authenticator.recall(head.bearer)
                if caller is not None:
                    self._give(cycle, seen, caller, head.key, body, pass_on)
            except Exception:
                pass_on()
                raise
            if caller is None:
                pass_on()

        asked.add_done_callback(told)
        return True

    def _give(
        self,
        cycle: RequestResponseCycle,
        seen: Observed,
        caller: Caller,
        key: str,
        body: SendGift,
        pass_on: Callable[[], None],
    ) -> None:
        fingerprint = idempotency.fingerprint("POST", PATH, body)
        given = self.engine.submit(GiftRequest(caller.user_id, key, fingerprint, body))

        def done(given: asyncio.Future[Answer]) -> None:
            try:
                status = _answer(cycle, seen, given)
            except Exception:
                # The loop only logs what a callback raises, and the client would wait for ever.
                # The framework finds the gift by its key.
                if not cycle.response_complete:
                    pass_on()
                raise
            seen.answered(PATH, status, is_quiet=status < 400)

        given.add_done_callback(done)


def _head(cycle: RequestResponseCycle) -> Head | None:
    """What a usual request says; None for any other."""
    if cycle.scope["method"] != "POST" or cycle.scope["query_string"]:
        return None
    authorization = key = media_type = given = None
    for name, value in cycle.scope["headers"]:
        if name == b"authorization":
            if authorization is not None:
                return None
            authorization = value
        elif name == b"idempotency-key":
            if key is not None:
                return None
            key = value
        elif name == b"content-type":
            if media_type is not None:
                return None
            media_type = value
        elif name == b"x-request-id" and given is None:
            given = value
    if (
        authorization is None
        or key is None
        or media_type not in _JSON
        or authorization[:7].lower() != b"bearer "
        or _KEY.match(key) is None
    ):
        return None
    return Head(authorization[7:].decode("latin-1").strip(), key.decode(), given)


def _decoded(raw: bytes) -> SendGift | None:
    """A usual body; None for any other."""
    if _NUL in raw:
        return None
    try:
        return _BODY.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _answer(cycle: RequestResponseCycle, seen: Observed, given: asyncio.Future[Answer]) -> int:
    """Write the answer; its status."""
    # Not raised: its traceback would hold `given`, which holds it, for the collector to find.
    error = given.exception()
    if isinstance(error, Exception):
        with structlog.contextvars.bound_contextvars(request_id=seen.request_id.decode()):
            problem = problems.told(PATH, error)
        status, body = problem.status, problems.encoded(problem)
        extra = (problem.headers or {}).items()
        headers = [(name.lower().encode(), value.encode()) for name, value in extra]
    else:
        status, body, replayed = given.result()
        headers = [_REPLAYED] if replayed else []
    headers.append(_TYPE_PROBLEM if status >= 400 else _TYPE_JSON)
    headers.append((b"x-request-id", seen.request_id))
    respond(cycle, status, headers, body)
    return status
