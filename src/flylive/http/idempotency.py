"""``Idempotency-Key``: the same key and body get the first answer again, also after a crash.

The answer is stored in the transaction that makes the effect, so there is never one
without the other. A refusal that was decided is an answer too and is kept; what could not
be decided (401, 429, 5xx) is not. Keys belong to their user.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.errors import Problem, Unreadable
from flylive.http import problems

MAX_LENGTH = 64
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="1–64 visible characters; the same key and body get the first answer again.",
    ),
]
"""The header as an endpoint's parameter: ``key: idempotency.Key = None``."""
_UNDECIDED = frozenset({401, 429})


class IdempotencyKeyRequired(Problem):
    """The address moves money and needs a key."""

    status, code = 400, "idempotency.key_required"
    title = "Send an Idempotency-Key header of 1–64 visible characters"


class IdempotencyKeyReused(Problem):
    """The key was used with another body or at another address."""

    status, code = 422, "idempotency.key_reused"
    title = "This Idempotency-Key was used for another request; choose a new one"


class Answer(NamedTuple):
    """A finished answer: its status, its JSON, and whether it is the first one again."""

    status: int
    body: bytes
    replayed: bool = False

    def response(self) -> Response[bytes]:
        """As it goes to the client."""
        return Response(
            content=self.body,
            status_code=self.status,
            media_type=problems.MEDIA_TYPE if self.status >= 400 else "application/json",
            headers={"Idempotent-Replayed": "true"} if self.replayed else None,
        )


def check_key(key: str | None) -> str:
    """The key if it is 1–64 visible ASCII characters; else a 400."""
    if not key:
        raise IdempotencyKeyRequired
    if len(key) > MAX_LENGTH or not all("!" <= character <= "~" for character in key):
        raise Unreadable("Idempotency-Key must be 1–64 visible ASCII characters")
    return key


def fingerprint(method: str, path: str, body: Any) -> bytes:
    """What makes two requests the same: SHA-256 over method, path and the decoded body.

    Decoded, so that the order of fields and blanks in the JSON do not matter.
    """
    canonical = msgspec.json.encode(body, order="sorted")
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), canonical))).digest()


def is_kept(problem: Problem) -> bool:
    """Whether a refusal is an answer (decided) or may be tried again (not decided)."""
    return problem.status < 500 and problem.status not in _UNDECIDED


_FIND = text(
    "SELECT fingerprint, status, answer::text FROM idempotency_keys"
    " WHERE user_id = :user_id AND key = :key"
)
_KEEP = text(
    "INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)"
    " VALUES (:user_id, :key, :fingerprint, :status, CAST(:answer AS json), :at)"
)


async def once(
    database: Database,
    request: Request[Any, Any, Any],
    user_id: int,
    key: str | None,
    body: Any,
    work: Callable[[Transaction], Awaitable[Any]],
    *,
    status: int = 201,
) -> Answer:
    """Run `work` for this key at most once, and answer as the first time ever after.

    `work` returns what is encoded as the answer's JSON. Two at once wait for each other.
    Raises IdempotencyKeyRequired, IdempotencyKeyReused.
    """
    key = check_key(key)
    requested = fingerprint(request.method, request.url.path, body)

    async def attempt(tx: Transaction) -> Answer:
        await tx.lock(f"idempotency:{user_id}:{key}")
        kept = await tx.row(_FIND, {"user_id": user_id, "key": key})
        if kept is not None:
            if kept.fingerprint != requested:
                raise IdempotencyKeyReused
            return Answer(kept.status, kept.answer.encode(), replayed=True)
        try:
            async with tx.connection.begin_nested():
                answer = Answer(status, msgspec.json.encode(await work(tx)))
        except Problem as problem:
            if not is_kept(problem):
                raise
            tx.forget()
            answer = Answer(problem.status, msgspec.json.encode(problem.body()))
        await tx.execute(
            _KEEP,
            {
                "user_id": user_id,
                "key": key,
                "fingerprint": requested,
                "status": answer.status,
                "at": now(),
                "answer": answer.body.decode(),
            },
        )
        return answer

    return await database.run(attempt)


_PRUNE = text(
    """
    DELETE FROM idempotency_keys WHERE (user_id, key) IN
        (SELECT user_id, key FROM idempotency_keys WHERE created_at < :before LIMIT :limit)
    """
)
PRUNED_AT_ONCE = 5_000


async def prune(database: Database, keep_days: int) -> int:
    """Forget answers older than `keep_days`, in small transactions; how many they were."""
    total = 0

    async def work(tx: Transaction) -> int:
        before = now() - timedelta(days=keep_days)
        return (await tx.execute(_PRUNE, {"before": before, "limit": PRUNED_AT_ONCE})).rowcount

    while gone := await database.run(work):
        total += gone
    return total
