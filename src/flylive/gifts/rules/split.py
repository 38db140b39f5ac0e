"""Who gets what of a gift. All amounts in hundredths; the parts always add up to the cost."""

from typing import NamedTuple


class Split(NamedTuple):
    """One recipient's line: `earnings + commission + fee == cost`."""

    cost: int
    earnings: int
    commission: int
    fee: int


def split(cost: int, share_percent_hundredths: int, commission_rate_hundredths: int) -> Split:
    """Split one recipient's cost.

    Gross is the recipients' share, rounded down to 0.01 with the remainder to the platform;
    commission is the agency's rate of the gross, rounded down with the remainder to the
    recipient. Rates are percent in hundredths (10.00 % is 1000; 0 where there is no agency).
    """
    gross = cost * share_percent_hundredths // 10_000
    commission = gross * commission_rate_hundredths // 10_000
    return Split(cost, gross - commission, commission, cost - gross)


def xp(cost: int, multiplier_hundredths: int) -> int:
    """XP of a cost: floor(cost × multiplier), in whole points."""
    return cost * multiplier_hundredths // 10_000


def xp_by_line(line_costs: list[int], multiplier_hundredths: int) -> list[int]:
    """XP of each line so that the lines add up to the XP of the whole send."""
    awarded: list[int] = []
    total = given = 0
    for cost in line_costs:
        total += cost
        reached = xp(total, multiplier_hundredths)
        awarded.append(reached - given)
        given = reached
    return awarded
