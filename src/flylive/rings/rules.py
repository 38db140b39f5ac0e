"""What makes gifts look made, in points of a hundred. Pure.

Each sign alone has an honest reason (friends give each other, families share a phone, offices an
address, a new host's friends are new), so a finding needs several together. How often honest
people are found all the same is counted by tests/rings/test_honest.py.
"""

from datetime import timedelta
from typing import Literal, NamedTuple

Kind = Literal["circle", "pair", "burst", "shared", "reseller"]

DAYS = 14
"""How far back a nightly look goes."""
MOST_DAYS = 92
LEAST_COINS = 100_000
"""Hundredths: what goes from one to the other at least, or it is not looked at."""
LEAST_COINS_NEW = 2_000
"""Hundredths, where the giver is new."""
SHARE = 3
"""Of what somebody gave, at least one part in so many went to this one: at most three are kept."""
LONGEST = 5
NEW = timedelta(hours=72)
"""An account is new for so long."""
BURST = timedelta(hours=48)
BURST_GIVERS = 5
ON_A_DEVICE = 4
"""More accounts on one device, or behind one address, are an office, a school, a café."""
THRESHOLD = 50


class Signs(NamedTuple):
    """What is known of a suspicion; shares are 0–1.

    `least_share`: of the smallest link, what part it is of all that its giver gave and of all that
    its recipient got. `source_share`: what part of all that the recipient got comes from here.
    `balance`: smallest link over largest. `recycled`: coins exchanged from diamonds over coins
    given, of all members. `is_sharing`: two of them on one device, or behind one address with one
    User-Agent. `others`: people outside who give to the recipient. `returned`: coins that a buyer
    gave back to his seller, over what he bought.
    """

    kind: Kind
    members: int
    least_share: float = 0.0
    source_share: float = 0.0
    balance: float = 0.0
    recycled: float = 0.0
    is_sharing: bool = False
    is_couple: bool = False
    are_new: bool = False
    others: int = 0
    returned: float = 0.0


def points(signs: Signs) -> dict[str, int]:
    """What counts for and against, by sign."""
    found: dict[str, int] = {"base": 30}

    def add(name: str, value: int, holds: bool) -> None:
        if holds:
            found[name] = value

    match signs.kind:
        case "circle":
            add("exclusive", 20, signs.least_share >= 0.5)
            add("only_each_other", 10, signs.least_share >= 0.8)
            add("balanced", 10, signs.balance >= 0.5)
            add("recycled", 20, signs.recycled >= 0.3)
            add("shared", 15, signs.is_sharing)
            add("new", 10, signs.are_new)
        case "pair":
            add("only_each_other", 20, signs.least_share >= 0.9)
            add("balanced", 10, signs.balance >= 0.5)
            add("one_sided", -20, signs.balance < 0.2)
            add("recycled", 30, signs.recycled >= 0.3)
            add("shared", 15, signs.is_sharing)
            add("new", 10, signs.are_new)
            add("couple", -30, signs.is_couple)
        case "burst":
            add("many", 10, signs.members > 2 * BURST_GIVERS)
            add("main_source", 20, signs.source_share >= 0.5)
            add("shared", 25, signs.is_sharing)
            add("popular", -30, signs.others >= 20)
        case "shared":
            add("all_to_him", 15, signs.least_share >= 0.8)
            add("main_source", 10, signs.source_share >= 0.5)
            add("several", 20, signs.members > 2)
            add("recycled", 20, signs.recycled >= 0.3)
            add("couple", -20, signs.is_couple)
        case "reseller":
            add("returned", 30, signs.returned >= 0.5)
            add("shared", 30, signs.is_sharing)
    return found


def strength(signs: Signs) -> int:
    """All points together, 0–100."""
    return max(0, min(100, sum(points(signs).values())))


def is_finding(signs: Signs) -> bool:
    """Whether the staff should look at it."""
    return strength(signs) >= THRESHOLD
