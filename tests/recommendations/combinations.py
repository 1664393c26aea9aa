"""Signals of nobody in particular: each known or not, at, below and above what rules ask. A seed gives them again."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, get_type_hints

from spendsense.signals.types import GROUPS, SIGNAL_UNITS, Card, UserSignals
from tests.samples import make_card, make_signals

AS_OF = date(2026, 11, 22)
FREQUENCIES = ("weekly", "biweekly", "semi-monthly", "monthly", "irregular")
LEVELS = ("low", "building", "good", "excellent")
CARD_NAMES = ("Visa", "Freedom 5", "Café Card", "Card at 50 % of 1,000 USD", "MC, Gold")

ALWAYS_KNOWN = [
    f"{group}.{field}"
    for group, (cls, _) in GROUPS.items()
    for field, hint in get_type_hints(cls).items()
    if hint is int
]


def combination(seed: int) -> UserSignals:
    """The signals of that seed, of one to three cards or none."""
    random = Random(seed)
    changes = {name: _value(name, unit, random) for name, unit in SIGNAL_UNITS.items()}
    for name in ALWAYS_KNOWN:
        changes[name] = changes[name] if changes[name] is not None else 0
    changes["coverage.currency"] = random.choice(["USD", "USD", "EUR", None])
    changes["income.frequency"] = random.choice([*FREQUENCIES, None])
    changes["savings.emergency_fund_level"] = random.choice([*LEVELS, None])
    cards = tuple(_card(number, random) for number in range(random.choice([0, 1, 1, 2, 3])))
    return make_signals(changes, cards=cards)


def _value(name: str, unit: str, random: Random) -> Any:
    if random.random() < 0.15:
        return None
    if unit == "cents":
        return random.choice([0, 1, 99, 100, 3_500, 5_000, 20_000, random.randrange(-10_000, 10**9), 10**14])
    if unit == "ratio":
        edges = ("0.0000", "0.0100", "0.0200", "0.0999", "0.1000", "0.2999", "0.3000", "0.5000", "0.9999", "-0.0100")
        return Decimal(random.choice([*edges, f"{random.randrange(-5_000, 200_000) / 10_000:.4f}"]))
    if unit == "months":
        return Decimal(
            random.choice(["0.0000", "0.9999", "1.0000", "2.9999", "3.0000", "-0.5000", "11.9999", "40.0001"])
        )
    if unit == "percent":
        return Decimal(random.choice(["0.0000", "19.9900", "24.9999", "399.0000"]))
    if unit == "days":
        is_whole = name == "coverage.days_seen"
        return random.choice([0, 1, 12, 29, 30, 90]) if is_whole else Decimal(random.choice(["14.0", "45.0", "45.5"]))
    if unit == "count":
        return random.choice([0, 1, 2, 3, 4, 1_234])
    if unit == "date":
        return AS_OF - timedelta(days=random.randrange(-40, 400))
    return random.choice([True, False])


def _card(number: int, random: Random) -> Card:
    known = {
        "name": random.choice(CARD_NAMES),
        "mask": random.choice([None, "0042", "4523"]),
        "balance_cents": _value("", "cents", random),
        "limit_cents": _value("", "cents", random),
        "utilization_ratio": _value("", "ratio", random),
        "interest_cents": _value("", "cents", random) or 0,
        "apr_percent": _value("", "percent", random),
        "last_payment_cents": _value("", "cents", random),
        "minimum_payment_cents": _value("", "cents", random),
        "next_payment_due_on": _value("", "date", random),
        "is_overdue": random.choice([True, False, None]),
        "is_minimum_payment_only": random.choice([True, False, None]),
    }
    return make_card(f"card-{number}", **known)
