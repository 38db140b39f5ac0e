"""The queue before the engine: whoever waits gets his turn, however much others bring.

Senders take turns; a turn is worth so many lines (recipients), so that many small gifts and few
large ones come forward alike. A sender's own gifts keep their order. Groups that are under way at
the same time share nobody: who is in one waits for its end in the queue, not for its locks in the
database, where all of his group would wait with him. The queue has an end: where it is full, the
newest gift of whoever has the most in it makes room, and if nobody has more than the newcomer, the
newcomer is refused.
"""

from collections import deque
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

TURN_LINES = 20
"""Lines a sender may bring forward in one turn: one gift to the most recipients it can have."""


class Waiting(Protocol):
    """What waits: who sent it, how many lines it makes, and what it locks."""

    @property
    def sender_id(self) -> int:
        """Whose turn it needs."""

    @property
    def lines(self) -> int:
        """What it takes of a turn and of a group."""

    @property
    def keys(self) -> frozenset[int]:
        """What no two groups may hold at the same time."""


W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """Up to `size` waiting gifts of `lines` lines together, taken in turns by sender."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lines = 0
        self._waiting: dict[int, deque[W]] = {}
        self._turns: deque[int] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, gift: W) -> W | None:
        """Let `gift` wait. Who has no place for it: itself, or the one it took the place of."""
        queue = self._waiting.get(gift.sender_id)
        if self._count >= self.size:
            loser = self._longest(1 + len(queue) if queue else 1)
            if loser is None:
                return gift
            out = self._waiting[loser].pop()
            self.lines -= out.lines
            self._append(gift)
            return out
        self._append(gift)
        self._count += 1
        return None

    def take(self, lines: int, held: AbstractSet[int] = frozenset()) -> list[W]:
        """The next gifts, of `lines` lines together at the most; at least one if any may go.

        A gift with a key in `held` goes on waiting, and whatever shares a key with it waits
        behind it: it waits for the groups that were under way when its turn came, for no later one.
        """
        taken: list[W] = []
        passed: list[int] = []
        closed = set(held)
        while self._turns and lines > 0:
            sender_id = self._turns.popleft()
            queue, left = self._waiting[sender_id], TURN_LINES
            if closed and not closed.isdisjoint(queue[0].keys):
                closed |= queue[0].keys
                passed.append(sender_id)
                continue
            while queue and queue[0].lines <= left and (queue[0].lines <= lines or not taken):
                if closed and not closed.isdisjoint(queue[0].keys):
                    closed |= queue[0].keys
                    break
                gift = queue.popleft()
                self.lines -= gift.lines
                taken.append(gift)
                left -= gift.lines
                lines -= gift.lines
            if not queue:
                del self._waiting[sender_id]
            elif left == TURN_LINES:
                # The group is full for him: it is still his turn in the next.
                self._turns.appendleft(sender_id)
                break
            else:
                self._turns.append(sender_id)
        self._turns.extendleft(reversed(passed))
        self._count -= len(taken)
        return taken

    def _append(self, gift: W) -> None:
        self.lines += gift.lines
        queue = self._waiting.get(gift.sender_id)
        if queue is None:
            self._waiting[gift.sender_id] = deque((gift,))
            self._turns.append(gift.sender_id)
        else:
            queue.append(gift)

    def _longest(self, than: int) -> int | None:
        """Who has more than `than` waiting, and the most of all."""
        if self._count == len(self._waiting):
            return None
        sender_id = max(self._waiting, key=lambda one: len(self._waiting[one]))
        return sender_id if len(self._waiting[sender_id]) > than else None
