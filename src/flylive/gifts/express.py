"""``POST /v1/gifts/send`` without the framework: the same answers for a third of its time.

A request that is as usual (a known token, JSON, a proper key, no query) goes straight to the
engine. Whatever is not as usual, every refusal of the request itself above all, goes on to the
framework's route untouched, so that there is one place that words it:
``gifts/endpoints.py:send_gift``. Middlewares around both see no difference, but that a gift sent
this way is a line of the log at the level of debug alone: it is a row of the ledger anyway.
"""

import re

import msgspec
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from flylive.accounts import Caller
from flylive.accounts.authentication import Authenticator
from flylive.errors import Problem
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import GiftRequest
from flylive.gifts.schemas import SendGift
from flylive.http import idempotency, problems
from flylive.http.idempotency import Answer
from flylive.http.middleware import be_quiet

PATH = "/v1/gifts/send"
MAX_BODY = 8 * 1024
"""Bytes; a gift to twenty is a tenth of that. What is longer the framework reads."""

_KEY = re.compile(rb"[!-~]{1,64}\Z")
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8"})
_BODY = msgspec.json.Decoder(SendGift)
_NUL = b"\\u0000"

Message = HTTPReceiveMessage | WebSocketReceiveMessage


class ExpressGifts:
    """Answers usual gifts by itself, and passes everything else on to `app`."""

    def __init__(self, app: ASGIApp, engine: GiftEngine, authenticator: Authenticator) -> None:
        self.app = app
        self.engine = engine
        self.authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        head = _head(scope)
        if head is None:
            await self.app(scope, receive, send)
            return
        bearer, key = head
        authenticator = self.authenticator
        try:
            caller = authenticator.recall(bearer) or await authenticator.authenticate(bearer)
        except Problem:
            await self.app(scope, receive, send)
            return
        messages, raw = await _read(receive)
        body = _decoded(raw)
        # A body may take its time: the token must still hold when its last piece is here.
        if body is None or authenticator.recall(bearer) != caller:
            await self.app(scope, _again(messages, receive), send)
            return
        scope["path_template"] = PATH
        be_quiet(scope)
        await self._give(caller, key, body, send)

    async def _give(self, caller: Caller, key: str, body: SendGift, send: Send) -> None:
        fingerprint = idempotency.fingerprint("POST", PATH, body)
        try:
            answer = await self.engine.send(GiftRequest(caller.user_id, key, fingerprint, body))
        except Exception as error:
            problem = problems.told(PATH, error)
            await _answer(send, Answer(problem.status, problems.encoded(problem)), problem)
        else:
            await _answer(send, answer)


def _head(scope: HTTPScope) -> tuple[str, str] | None:
    """The bearer token and the key of a usual request; None for any other."""
    if scope["method"] != "POST" or scope["query_string"]:
        return None
    authorization = key = media_type = None
    for name, value in scope["headers"]:
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
    if (
        authorization is None
        or key is None
        or media_type not in _JSON
        or authorization[:7].lower() != b"bearer "
        or _KEY.match(key) is None
    ):
        return None
    return authorization[7:].decode("latin-1").strip(), key.decode()


async def _read(receive: Receive) -> tuple[list[Message], bytes | None]:
    """What came, and the body that it brings; None where that is not whole, or too long."""
    messages: list[Message] = []
    raw = b""
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return messages, None
        raw += message["body"]
        if len(raw) > MAX_BODY:
            return messages, None
        if not message["more_body"]:
            return messages, raw


def _decoded(raw: bytes | None) -> SendGift | None:
    """A usual body; None for any other."""
    if raw is None or _NUL in raw:
        return None
    try:
        return _BODY.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Receives these messages once more, then what else comes."""
    waiting = iter(messages)

    async def received() -> Message:
        for message in waiting:
            return message
        return await receive()

    return received


async def _answer(send: Send, answer: Answer, problem: Problem | None = None) -> None:
    status, body, replayed = answer
    headers = (
        [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        if problem is not None and problem.headers
        else []
    )
    if replayed:
        headers.append((b"idempotent-replayed", b"true"))
    headers.append((b"content-type", _PROBLEM if status >= 400 else b"application/json"))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


_PROBLEM = problems.MEDIA_TYPE.encode()
