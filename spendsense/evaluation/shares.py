"""Shares of people or figures, and how sure they are. Pure.

Intervals are at 95 %. Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
(1927) for one share; R. G. Newcombe, "Interval estimation for the difference between independent proportions" (1998),
method 10 (Wilson's score without continuity correction), for the difference of two.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

_Z: Final = NormalDist().inv_cdf(0.975)

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.part + other.part, self.whole + other.whole)

    def __sub__(self, other: "Share") -> "Share":
        """What is left without the other: both are counted out of one lot."""
        return Share(self.part - other.part, self.whole - other.whole)

    @property
    def ratio(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing: 100 %, of nothing too."""
        return self.part == self.whole


def wilson(share: Share) -> Interval | None:
    """Where the true share lies; None of nothing. Never outside 0 to 1, and open at neither end by chance alone."""
    if not share.whole:
        return None
    n, p = share.whole, share.part / share.whole
    middle = p + _Z**2 / (2 * n)
    spread = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    low, high = (middle - spread) / scale, (middle + spread) / scale
    # At the two ends rounding alone would leave 0 or 1.
    return (0.0 if share.part == 0 else low, 1.0 if share.part == n else high)


def newcombe(one: Share, other: Share) -> Interval | None:
    """Where the true difference `one` − `other` lies; None when either is of nothing."""
    first, second = wilson(one), wilson(other)
    if first is None or second is None:
        return None
    p, q = one.part / one.whole, other.part / other.whole
    below = math.hypot(p - first[0], second[1] - q)
    above = math.hypot(first[1] - p, q - second[0])
    return (p - q - below, p - q + above)
