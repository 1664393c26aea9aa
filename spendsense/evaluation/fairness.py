"""Personas and offers by group, where the bank supplies groups. Pure.

Groups come in a file, are looked at here and nowhere else, and are never stored: what people are told is decided before
and without them.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from spendsense.errors import FieldError, InvalidInput
from spendsense.evaluation.shares import Interval, Share, newcombe, wilson

NO_PERSONA: Final = "none yet"
_KEYS: Final = ("email", "user_id")


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something is so in one group, beside everybody in the other groups."""

    group: str
    of: str  # a persona, or "any offer"
    share: Share
    interval: Interval | None  # of the share: Wilson, 95 %
    difference: Interval | None  # share less that of all other groups: Newcombe, 95 %; None: there is no other group

    @property
    def differs(self) -> bool:
        """Whether chance alone does not explain the difference: its interval does not hold 0."""
        return self.difference is not None and not self.difference[0] <= 0 <= self.difference[1]


@dataclass(frozen=True, slots=True)
class Fairness:
    """The rates by group, and how many people of the file, and how many without a group, there are."""

    personas: tuple[Rate, ...]
    offers: tuple[Rate, ...]  # of people under live consent to offers: the share who have an active one
    grouped: int
    ungrouped: int


@dataclass(slots=True)
class GroupCounts:
    """Counts people into their groups, one after the other."""

    people: Counter[str] = field(default_factory=Counter)
    personas: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    open_to_offers: Counter[str] = field(default_factory=Counter)
    with_offer: Counter[str] = field(default_factory=Counter)
    ungrouped: int = 0

    def add(self, group: str | None, persona: str | None, is_open_to_offers: bool, has_offer: bool) -> None:
        """Counts one person."""
        if group is None:
            self.ungrouped += 1
            return
        self.people[group] += 1
        self.personas[persona or NO_PERSONA][group] += 1
        if is_open_to_offers:
            self.open_to_offers[group] += 1
            self.with_offer[group] += has_offer

    def rates(self) -> Fairness:
        """What was counted, by persona or offer and then by group."""
        personas = [rate for name in sorted(self.personas) for rate in _rates(name, self.personas[name], self.people)]
        offers = _rates("any offer", self.with_offer, self.open_to_offers)
        return Fairness(tuple(personas), tuple(offers), self.people.total(), self.ungrouped)


def read_groups(content: bytes) -> dict[str, str]:
    """Email or id of a person, in lower case → group, out of a CSV with the heading `email,group` or `user_id,group`.

    Raises InvalidInput for what is no such file, and names the lines: a missing value, a person in two groups.
    """
    try:
        rows = csv.reader(content.decode("utf-8-sig").splitlines(), strict=True)
        heading = [name.strip().lower() for name in next(rows, [])]
        if len(heading) != 2 or heading[0] not in _KEYS or heading[1] != "group":
            raise InvalidInput("The first line of the groups must be `email,group` or `user_id,group`.")
        return _groups([(rows.line_num, [value.strip() for value in row]) for row in rows])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("The groups are not a CSV in UTF-8.") from error


def _groups(rows: Iterable[tuple[int, list[str]]]) -> dict[str, str]:
    groups: dict[str, str] = {}
    faults = []
    for line, values in rows:
        if not any(values):
            continue
        if len(values) != 2 or not all(values):
            faults.append(FieldError(f"line {line}", "must be a person and a group."))
        elif groups.setdefault(values[0].lower(), values[1]) != values[1]:
            faults.append(FieldError(f"line {line}", "this person stands in another group already."))
    if faults:
        raise InvalidInput("The groups can't be read.", faults)
    return groups


def group_of(user_id: str, email: str, groups: Mapping[str, str]) -> str | None:
    """The group of a person, whichever way the file names people."""
    return groups.get(email) or groups.get(user_id)


def _rates(name: str, parts: Mapping[str, int], wholes: Mapping[str, int]) -> list[Rate]:
    everybody = Share(sum(parts.values()), sum(wholes.values()))
    rates = []
    for group in sorted(wholes):
        share = Share(parts.get(group, 0), wholes[group])
        rest = everybody - share
        rates.append(Rate(group, name, share, wilson(share), newcombe(share, rest)))
    return rates
