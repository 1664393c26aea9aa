"""One table of a rulebook file, read strictly: each fault names the file and the key."""

from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from spendsense.errors import ConfigurationError

_MISSING: Any = object()


class Entry:
    """A TOML table with the place where it stands. `finish` refuses keys that nobody asked for."""

    def __init__(self, place: str, data: object) -> None:
        self.place = place
        if not isinstance(data, dict):
            raise ConfigurationError(f"{place}: must be a table.")
        self.data: dict[str, Any] = data
        self._asked: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raises ConfigurationError that names the file, the key and the problem."""
        raise ConfigurationError(f"{self.place}: {key}: {problem}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.data

    def text(self, key: str, default: str = _MISSING) -> str:
        """A text that is not empty, with the ends trimmed."""
        value = self._value(key, str, default)
        if not value.strip() and value is not default:
            self.fail(key, "must not be empty.")
        return str(value.strip())

    def choice(self, key: str, allowed: tuple[str, ...], default: str = _MISSING) -> str:
        """A text out of a fixed list."""
        value = self.text(key, default)
        if value not in allowed:
            self.fail(key, f"is '{value}'; it must be one of {', '.join(allowed)}.")
        return value

    def number(self, key: str) -> int:
        """A whole number, at least 1."""
        value = self._value(key, int)
        if isinstance(value, bool) or value < 1:
            self.fail(key, "must be a whole number, at least 1.")
        return int(value)

    def day(self, key: str, default: date = _MISSING) -> date:
        """A calendar day, such as 2026-11-01."""
        value: date = self._value(key, date, default)
        return value

    def texts(self, key: str, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        values = self._value(key, (list, tuple), default)
        if not all(isinstance(value, str) and value.strip() for value in values):
            self.fail(key, "must be a list of texts.")
        return tuple(values)

    def threshold(self, key: str) -> int | Decimal | bool | str:
        """A whole number, decimal, flag or text."""
        value: int | Decimal | bool | str = self._value(key, (int, Decimal, bool, str))
        return value

    def entry(self, key: str) -> "Entry":
        """The table under the key."""
        return Entry(f"{self.place}: {key}", self._value(key, dict))

    def entries(self, key: str) -> list["Entry"]:
        """The tables of the list under the key; each names itself by its `id` when it has one."""
        places = []
        for number, data in enumerate(self._value(key, list), start=1):
            label = data.get("id", number) if isinstance(data, dict) else number
            places.append(Entry(f"{self.place}: {key} {label}", data))
        return places

    def finish(self) -> None:
        """Refuses what was not asked for: most often a misspelt key."""
        for key in self.data:
            if key not in self._asked:
                self.fail(key, "is not a key that is known here.")

    def _value(self, key: str, types: type | tuple[type, ...], default: Any = _MISSING) -> Any:
        self._asked.add(key)
        if key not in self.data:
            if default is _MISSING:
                self.fail(key, "is missing.")
            return default
        value = self.data[key]
        if not isinstance(value, types):
            self.fail(key, f"is {value!r}, which is of the wrong type.")
        return value
