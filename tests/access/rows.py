"""Who may call what: one row for each address, against each kind of caller.

A row says how the thing it needs is made (`make`, for `stage.owner`; what is the caller's own, for
`stage.caller`), and how its owner (`user`) and anybody else (`other`) fare: None succeeds, else
the refusal's status and code. Everywhere, by rule:

- nobody, a blocked user and an expired token are 401, unless `nobody` says that no token is
  needed (one that is sent and does not hold is no hindrance there: so one logs in again);
- staff of each role are like any other user, but for ``/v1/admin``, where `staff` says who may,
  the other roles lack the right, and everybody else is no staff.

A slice adds its rows in its module here; tests/test_access.py walks them.
"""

import io
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from flylive.accounts.staff import Role
from tests.accounts.provider import PlayedProvider
from tests.stage import Stage

Refusal = tuple[int, str]

ROLES = {role.value: role for role in Role}
STRANGERS = ("nobody", "blocked", "expired")
KINDS = (*STRANGERS, "user", "other", *ROLES)

UNAUTHENTICATED: Refusal = (401, "auth.unauthenticated")
NO_STAFF: Refusal = (403, "staff.required")
NO_RIGHT: Refusal = (403, "staff.right_missing")
NOT_IN_ROOM: Refusal = (403, "room.not_in_room")
OWNER_ONLY: Refusal = (403, "room.owner_only")
ONESELF: Refusal = (422, "user.not_oneself")
INVALID: Refusal = (422, "request.invalid")

REASON = {"reason": "as the access table says"}

google = PlayedProvider("google", "https://accounts.google.com", "our-app")
"""Played; tests/test_access.py starts it."""


@dataclass(frozen=True)
class Thing:
    """What a call is about: the parts of its path, and what it sends (`json`, `files`, `data`)."""

    params: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def thing(json: Any = None, **params: Any) -> Thing:
    """A thing by the names in the path, with the body that fits it."""
    return Thing(params, {} if json is None else {"json": json})


Make = Callable[[Stage], Awaitable[Thing]]


async def nothing(stage: Stage) -> Thing:
    """The call needs no thing."""
    return Thing()


@dataclass(frozen=True)
class Row:
    """One address. `is_for_caller`: a GET whose thing must be made for each caller anew."""

    address: str
    make: Make = nothing
    json: Any = None
    query: str = ""
    user: Refusal | None = None
    other: Refusal | None = None
    nobody: bool = False
    staff: frozenset[Role] | None = None
    is_for_caller: bool = False

    @property
    def method(self) -> str:
        """Such as GET."""
        return self.address.partition(" ")[0]

    @property
    def path(self) -> str:
        """Such as /v1/rooms/{room_id}."""
        return self.address.partition(" ")[2]

    def refusal(self, kind: str) -> Refusal | None:
        """How a caller of this kind is refused; None if he is not."""
        if kind in STRANGERS:
            return None if self.nobody else UNAUTHENTICATED
        if self.staff is not None:
            if kind not in ROLES:
                return NO_STAFF
            return None if ROLES[kind] in self.staff else NO_RIGHT
        return self.user if kind == "user" else self.other


def anybody(**body: Callable[[Stage], Any]) -> Make:
    """A body whose fields are looked up on the stage."""

    async def make(stage: Stage) -> Thing:
        return thing({name: find(stage) for name, find in body.items()})

    return make


def a_picture(**fields: str) -> Make:
    """A small PNG, as a form's file."""

    async def make(stage: Stage) -> Thing:
        png = io.BytesIO()
        Image.new("RGB", (8, 8), "teal").save(png, "PNG")
        files = {"file": ("me.png", png.getvalue(), "image/png")}
        return Thing({}, {"files": files, "data": fields})

    return make


async def a_device(stage: Stage) -> Thing:
    return thing({"token": uuid.uuid4().hex, "platform": "ios"})


def unique(word: str) -> str:
    return f"{word} {uuid.uuid4().hex[:10]}"
