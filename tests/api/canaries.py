"""Strings that nobody else has, put wherever a person's data may come in: whoever finds one later has found a leak."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import cycle
from typing import Any

from spendsense import clock

COUNT = 500
FORGED_ID = "7f3d2a51-0c64-4b7e-9f1a-5d2e8c9b6a40"


class Flock:
    """500 canaries by kind, and which of them were sent."""

    def __init__(self) -> None:
        self.names = [f"Wilhelmina Qvist {number:03}" for number in range(100)]
        self.merchants = [f"Zephyrine Bakery {number:03}" for number in range(100)]
        self.masks = [f"ZQ{number:02}" for number in range(60)]
        self.emails = [f"canary.{number:03}@qvist.example" for number in range(60)]
        self.cents = [81_234_500_067 + 1_013 * number for number in range(100)]
        self.addresses = [f"203.0.113.{number}" for number in range(100, 120)]
        self.texts = [f"she told me of her divorce, case {number:03}" for number in range(60)]
        self.sent: set[str] = set()
        self._words = cycle([*self.names, *self.merchants, *self.emails, *self.texts, *self.masks])

    @property
    def all(self) -> list[str]:
        """Each as it is written; of an amount, in cents."""
        amounts = [str(cents) for cents in self.cents]
        return [*self.names, *self.merchants, *self.masks, *self.emails, *amounts, *self.addresses, *self.texts]

    def word(self) -> str:
        """The next one, of any kind that is text."""
        word = next(self._words)
        self.sent.add(word)
        return word

    def found_in(self, text: str) -> set[str]:
        """Those that stand in a text; an amount as cents, or with a point."""
        return set(self._pattern().findall(text))

    def _pattern(self) -> re.Pattern[str]:
        amounts = [f"{cents // 100}.{cents % 100:02}" for cents in self.cents]
        return re.compile("|".join(re.escape(one) for one in (*self.all, *amounts)))

    def payload(self) -> dict[str, Any]:
        """Bank data with all names, merchants, masks and amounts: a card for each mask, purchases every other day."""
        accounts = [
            {
                "account_id": f"account-{number}",
                "name": self.names[number],
                "official_name": self.names[len(self.names) - 1 - number],
                "mask": mask,
                "type": "credit",
                "subtype": "credit card",
                "balances": {"current": 3_400, "limit": 5_000, "iso_currency_code": "USD"},
            }
            for number, mask in enumerate(self.masks)
        ]
        rows = [
            {
                "transaction_id": f"row-{number}",
                "account_id": "account-0",
                "date": (clock.today() - timedelta(days=2 * number)).isoformat(),
                "amount": cents / 100,
                "name": self.names[number % len(self.names)],
                "merchant_name": self.merchants[number % len(self.merchants)],
                "pending": False,
            }
            for number, cents in enumerate(self.cents)
        ]
        self.sent |= {*self.names, *self.merchants, *self.masks, *(str(cents) for cents in self.cents)}
        return {"accounts": accounts, "added": rows, "modified": [], "removed": [], "next_cursor": "c"}

    def broken_payloads(self) -> Iterator[Any]:
        """The same with a fault in each record, which names the record and not what stands in it."""
        for field, value in (("amount", self.word()), ("date", self.word()), ("name", [self.word()]), ("pending", 1)):
            broken = self.payload()
            for row in broken["added"]:
                row[field] = value
            yield broken
        yield {"accounts": [{"account_id": self.word(), "name": {"first": self.word()}, "mask": self.word() * 9}]}
        yield [self.word(), {self.word(): self.word()}]

    def filled(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
        """A value of a JSON schema of the document, with canaries wherever it takes text."""
        if "$ref" in schema:
            found: Any = document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self.filled(found, document)
        for several in ("allOf", "anyOf", "oneOf"):
            if several in schema:
                return self.filled(schema[several][0], document)
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type", "object")
        kind = next(name for name in ([kinds] if isinstance(kinds, str) else kinds) if name != "null")
        if kind == "object":
            return {name: self.filled(inner, document) for name, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.filled(schema.get("items", {"type": "string"}), document)]
        fixed = {"uuid": FORGED_ID, "date": "2026-11-01", "date-time": "2026-11-01T00:00:00Z"}
        plain = {"integer": 1, "number": 1, "boolean": True, "string": fixed.get(schema.get("format", ""))}
        return plain[kind] if plain[kind] is not None else self.word()
