"""Whether two kinds of answer take the same time: a rank test, its effect, what it could see."""

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

_NORMAL = NormalDist()
RESAMPLES = 400
LEVEL, POWER = 0.05, 0.80


@dataclass(frozen=True)
class Comparison:
    """Two samples of milliseconds. `p` is two-sided, `p_adjusted` after Holm over all of a run.

    `superiority`: how often an answer of the first kind takes longer than one of the second; 0.5
    tells nothing. `detectable_ms`: the least difference of the medians that samples like these
    show in four of five runs.
    """

    question: str
    first: str
    second: str
    count: int
    first_ms: float
    second_ms: float
    p: float
    superiority: float
    detectable_ms: float
    p_adjusted: float = 1.0

    @property
    def difference_ms(self) -> float:
        """Of the medians."""
        return self.first_ms - self.second_ms

    @property
    def is_alike(self) -> bool:
        """Whether the test sees no difference."""
        return self.p_adjusted >= LEVEL


def compare(
    question: str, first: tuple[str, Sequence[float]], second: tuple[str, Sequence[float]]
) -> Comparison:
    """The comparison of two named samples."""
    ours, theirs = first[1], second[1]
    p, superiority = mann_whitney(ours, theirs)
    return Comparison(
        question=question,
        first=first[0],
        second=second[0],
        count=min(len(ours), len(theirs)),
        first_ms=statistics.median(ours),
        second_ms=statistics.median(theirs),
        p=p,
        superiority=superiority,
        detectable_ms=detectable(ours, theirs),
    )


def mann_whitney(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """The two-sided p of Mann and Whitney's U (normal approximation, ties averaged), and U / nm."""
    n, m = len(ours), len(theirs)
    pooled = sorted([(value, True) for value in ours] + [(value, False) for value in theirs])
    ranks_of_ours = ties = 0.0
    start = 0
    while start < len(pooled):
        end = start
        while end < len(pooled) and pooled[end][0] == pooled[start][0]:
            end += 1
        mine = sum(is_ours for _, is_ours in pooled[start:end])
        ranks_of_ours += mine * (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    u = ranks_of_ours - n * (n + 1) / 2
    total = n + m
    deviation = math.sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))))
    if deviation == 0:
        return 1.0, 0.5
    z = max(abs(u - n * m / 2) - 0.5, 0) / deviation
    return 2 * (1 - _NORMAL.cdf(z)), u / (n * m)


def detectable(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The least difference of medians that would show: from the bootstrap's standard error."""
    dice = random.Random(1)
    differences = [
        statistics.median(dice.choices(ours, k=len(ours)))
        - statistics.median(dice.choices(theirs, k=len(theirs)))
        for _ in range(RESAMPLES)
    ]
    error = statistics.stdev(differences)
    return (_NORMAL.inv_cdf(1 - LEVEL / 2) + _NORMAL.inv_cdf(POWER)) * error


def holm(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with `p_adjusted`: of many questions some seem answered by chance alone."""
    adjusted: dict[int, float] = {}
    highest = 0.0
    order = sorted(range(len(comparisons)), key=lambda index: comparisons[index].p)
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, comparisons[index].p * (len(comparisons) - place)))
        adjusted[index] = highest
    return [replace(one, p_adjusted=adjusted[index]) for index, one in enumerate(comparisons)]
