"""What a block forbids. Pure."""

from enum import Enum


class Action(Enum):
    """What somebody may want to do to somebody else."""

    FOLLOW = "follow"
    MESSAGE = "message"
    INVITE = "invite"
    ENTER_ROOM = "enter_room"
    FOLLOW_ROOM = "follow_room"
    GIFT = "gift"
    """A gift of any kind, a proposal among them."""
    JOIN_AGENCY = "join_agency"
    """Asking the owner of an agency to be taken in, or being taken in."""
    TRADE = "trade"
    """Asking a reseller for coins, or being sent some."""


MAX_REASON = 255

_ONLY_BY_SUBJECT = frozenset({Action.ENTER_ROOM, Action.FOLLOW_ROOM})


def is_refused(action: Action, *, blocked_by_actor: bool, blocked_by_subject: bool) -> bool:
    """Whether blocks forbid it: whoever blocked an owner may still enter and follow his room,
    everything else is refused both ways.
    """
    return blocked_by_subject or (blocked_by_actor and action not in _ONLY_BY_SUBJECT)
