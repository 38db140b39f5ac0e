"""What goes into and comes out of following and blocking."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from flylive.accounts.schemas import UserCard
from flylive.social.rules import MAX_REASON


class BlockUser(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /users/{id}/block: why, for the caller's own list (at most 255 characters)."""

    reason: Annotated[str, Meta(max_length=MAX_REASON)] | None = None


class FollowView(msgspec.Struct, kw_only=True):
    """`follower_id` follows `following_id`; `user` is the one of them that the list is about."""

    id: int
    follower_id: int
    following_id: int
    followed_at: datetime
    user: UserCard


class FriendView(msgspec.Struct, kw_only=True):
    """Somebody who follows the caller and whom the caller follows."""

    friends_since: datetime
    user: UserCard


class BlockView(msgspec.Struct, kw_only=True):
    """Somebody whom the caller blocked."""

    id: int
    blocker_id: int
    blocked_id: int
    reason: str | None
    blocked_at: datetime
    user: UserCard
