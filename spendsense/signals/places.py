"""Places, the positions of charges in their group, by day and by amount. Pure."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from spendsense.signals.amounts import Group


def distinct_days(days: Sequence[int], places: Sequence[int]) -> tuple[int, ...]:
    """The distinct days at these places."""
    return tuple(dict.fromkeys(map(days.__getitem__, places)))


def by_day(days: Sequence[int], places: Sequence[int]) -> list[list[int]]:
    """The places of each distinct day."""
    return [list(of_day) for _, of_day in groupby(places, key=days.__getitem__)]


def levels(group: Group, places: Sequence[int], least: int = 2) -> list[list[int]]:
    """The places of each exact amount that comes so often, the most frequent first."""
    amounts = list(map(group.cents.__getitem__, places))
    if len(set(amounts)) == len(amounts):
        return []
    counts = Counter(amounts)
    ordered = sorted([(-count, cents) for cents, count in counts.items() if count >= least])
    found: dict[int, list[int]] = {cents: [] for _, cents in ordered}
    for place, cents in zip(places, amounts, strict=True):
        if cents in found:
            found[cents].append(place)
    return list(found.values())
