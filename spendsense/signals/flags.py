"""The simple flag of a merchant: three charges or more within 90 days, all a week ± 1 or a month ± 3 apart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from spendsense.signals.cadence import Cadence

WINDOW_DAYS = 90
LEAST_CHARGES = 3
GAPS = {Cadence.WEEKLY: (6, 8), Cadence.MONTHLY: (27, 33)}  # days from one charge to the next, bounds included


@dataclass(frozen=True, slots=True)
class Flag:
    """The days on which the simple flag holds: from the first, until the day before the second."""

    cadence: Cadence
    flag_from: int
    flag_until: int


def find_flag(days: Sequence[int]) -> Flag | None:
    """When the flag holds for these distinct, ascending day numbers, as long as no charge follows.

    It begins once the charge before the run has left the 90 days, and ends when only two charges are left in them.
    """
    for cadence, (least, most) in GAPS.items():
        start = len(days) - 1
        while start > 0 and least <= days[start] - days[start - 1] <= most:
            start -= 1
        if len(days) - start < LEAST_CHARGES:
            continue
        flag_from = days[-1] if start == 0 else max(days[start - 1] + WINDOW_DAYS, days[-1])
        flag_until = days[-LEAST_CHARGES] + WINDOW_DAYS
        if flag_from < flag_until:
            return Flag(cadence, flag_from, flag_until)
    return None
