"""One table of a rulebook file, read strictly: each fault names the file and the key, and none hides the next.

A fault is noted and reading goes on with a stand-in of the right type. Whoever reads asks for the faults in the end:
where there is one, nothing of what was read may be used.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any, Final

from spendsense.rulebook.types import Threshold

_MISSING: Any = object()
MOST_DAYS: Final = 3_650  # of anything that is counted in days: ten years, so that no sum of days leaves the calendar
_STRANGE: Final = re.compile(r"[^\t\n\r -~]")
_MOST_SHOWN: Final = 120  # characters of a wrong value


class Entry:
    """A TOML table with the place where it stands. `finish` refuses keys that nobody asked for."""

    def __init__(self, place: str, data: object, faults: list[str]) -> None:
        self.place = place
        self.faults = faults
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._asked: set[str] = set()
        if not isinstance(data, dict):
            faults.append(f"{place}: must be a table.")
            self.faults = []  # what follows from that is not worth saying

    def fault(self, key: str, problem: str) -> None:
        """Notes a fault: the file, the key and the problem."""
        self.faults.append(printable(f"{self.place}: {key}: {problem}"))

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.data

    def text(self, key: str, default: str = _MISSING) -> str:
        """A text that is not empty, with the ends trimmed."""
        value: str = self._value(key, str, "", default)
        if not value.strip() and self.has(key) and isinstance(self.data[key], str):
            self.fault(key, "must not be empty.")
        return value.strip()

    def choice(self, key: str, allowed: tuple[str, ...], default: str = _MISSING) -> str:
        """A text out of a fixed list."""
        value = self.text(key, default)
        if value and value not in allowed:
            self.fault(key, f"is '{value}'; it must be one of {', '.join(allowed)}.")
        return value if value in allowed else allowed[0]

    def number(self, key: str, most: int = MOST_DAYS) -> int:
        """A whole number, at least 1."""
        value: int = self._value(key, int, 1)
        if isinstance(value, bool) or not 1 <= value <= most:
            self.fault(key, f"must be a whole number, at least 1 and at most {most}.")
            return 1
        return value

    def day(self, key: str, default: date = _MISSING) -> date:
        """A calendar day, such as 2026-11-01."""
        value: date = self._value(key, date, date.min, default)
        if type(value) is not date:  # a point in time is a date too, in Python
            self.fault(key, f"is {shown(value)}; it must be a day without a time.")
            return date.min
        return value

    def texts(self, key: str, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        values = self._value(key, (list, tuple), (), default)
        if not all(isinstance(value, str) and value.strip() for value in values):
            self.fault(key, "must be a list of texts.")
            return ()
        return tuple(values)

    def threshold(self, key: str) -> Threshold | None:
        """A whole number, decimal, flag or text; None when there is none."""
        value: Threshold | None = self._value(key, (int, Decimal, bool, str), None)
        return value

    def entry(self, key: str) -> "Entry":
        """The table under the key."""
        table = self._value(key, dict, None)
        return Entry(f"{self.place}: {key}", table or {}, self.faults if table is not None else [])

    def entries(self, key: str) -> list["Entry"]:
        """The tables of the list under the key; each names itself by its `id` when it has one."""
        places = []
        for number, data in enumerate(self._value(key, list, ()), start=1):
            named = data.get("id") if isinstance(data, dict) else None
            label = named if isinstance(named, str) else number
            places.append(Entry(printable(f"{self.place}: {key} {label}"), data, self.faults))
        return places

    def finish(self) -> None:
        """Refuses what was not asked for: most often a misspelt key."""
        for key in self.data:
            if key not in self._asked:
                self.fault(key, "is not a key that is known here.")

    def _value(self, key: str, types: type | tuple[type, ...], stand_in: Any, default: Any = _MISSING) -> Any:
        self._asked.add(key)
        if key not in self.data:
            if default is _MISSING:
                self.fault(key, "is missing.")
                return stand_in
            return default
        value = self.data[key]
        if not isinstance(value, types):
            self.fault(key, f"is {shown(value)}, which is of the wrong type.")
            return stand_in
        for text in value if isinstance(value, list) else [value]:
            unseen = unseen_in(text) if isinstance(text, str) else ""
            if unseen:
                self.fault(key, f"holds a character that is not seen: U+{ord(unseen):04X}.")
        return value


def unseen_in(text: str) -> str:
    """The first control or format character but line breaks and tabs; no such character: an empty text."""
    strange = _STRANGE.findall(text)
    return next((one for one in strange if unicodedata.category(one) in ("Cc", "Cf", "Cs")), "")


def shown(value: object) -> str:
    """A wrong value as it is told in a fault."""
    try:
        told = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of very many digits"
    return told if len(told) <= _MOST_SHOWN else f"{told[:_MOST_SHOWN]}..."


def printable(text: str) -> str:
    """The text on one line, with a mark for what can't be printed."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
