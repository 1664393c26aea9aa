"""Writes one person's bank data as a /transactions/sync answer with accounts and liabilities.

What happens on a day depends on the person and that day alone: loaded again tomorrow, the same rows come out, and one
day more. Purchases of the last two days are pending; the posted row that follows names its pending one.
"""

import calendar
import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec

MONTHS_OF_HISTORY: Final = 13
PENDING_DAYS: Final = 2
CURRENCY: Final = "USD"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class History:
    """The accounts and transactions of one person up to the day `on`. Amounts are cents, positive is money out."""

    def __init__(self, person: str, on: date, days: int | None = None) -> None:
        """`days`: how long the history is; 13 months by default."""
        self.person = person
        self.on = on
        self.first_day = on - timedelta(days=days - 1) if days else add_months(on, -MONTHS_OF_HISTORY, on.day)
        self._accounts: list[dict[str, Any]] = []
        self._cards: list[dict[str, Any]] = []
        self._added: list[dict[str, Any]] = []

    def account(
        self, slug: str, name: str, subtype: str, mask: str, balance_cents: int, limit_cents: int | None = None
    ) -> str:
        """Adds an account and returns its id."""
        account_id = f"demo-{self.person}-{slug}"
        owed = limit_cents is not None
        self._accounts.append(
            {
                "account_id": account_id,
                "item_id": f"demo-{self.person}",
                "name": name,
                "mask": mask,
                "type": "credit" if owed else "depository",
                "subtype": subtype,
                "balances": {
                    "current": dollars(balance_cents),
                    "available": dollars((limit_cents or 0) - balance_cents if owed else balance_cents),
                    "limit": dollars(limit_cents) if limit_cents is not None else None,
                    "iso_currency_code": CURRENCY,
                },
            }
        )
        return account_id

    def card_terms(
        self, account_id: str, *, apr: str, statement_cents: int, minimum_cents: int, paid_cents: int
    ) -> None:
        """What the bank reports of a card: rate, last statement, minimum and last payment."""
        next_due = add_months(self.on.replace(day=1), 1, 21)
        self._cards.append(
            {
                "account_id": account_id,
                "aprs": [{"apr_percentage": Decimal(apr), "apr_type": "purchase_apr"}],
                "is_overdue": False,
                "last_payment_amount": dollars(paid_cents),
                "last_payment_date": add_months(self.on, 0 if self.on.day >= 21 else -1, 21).isoformat(),
                "last_statement_balance": dollars(statement_cents),
                "minimum_payment_amount": dollars(minimum_cents),
                "next_payment_due_date": next_due.isoformat(),
            }
        )

    def add(self, day: date, slug: str, account_id: str, cents: int, name: str, category: str) -> None:
        """One transaction. Days outside the history are passed over; `slug` is unique within the day."""
        if not self.first_day <= day <= self.on:
            return
        transaction_id = f"demo-{self.person}-{slug}-{day:%Y%m%d}"
        is_purchase = cents > 0 and category.startswith(("FOOD_AND_DRINK", "GENERAL_MERCHANDISE", "TRANSPORTATION"))
        is_pending = is_purchase and (self.on - day).days < PENDING_DAYS
        self._added.append(
            {
                "transaction_id": f"{transaction_id}-pending" if is_pending else transaction_id,
                "pending_transaction_id": f"{transaction_id}-pending" if is_purchase and not is_pending else None,
                "pending": is_pending,
                "account_id": account_id,
                "date": day.isoformat(),
                "authorized_date": day.isoformat(),
                "amount": dollars(cents),
                "iso_currency_code": CURRENCY,
                "name": name,
                "merchant_name": name if is_purchase or category.startswith("ENTERTAINMENT") else None,
                "payment_channel": "in store" if category.startswith("FOOD_AND_DRINK") else "online",
                "personal_finance_category": {"primary": primary_of(category), "detailed": category},
            }
        )

    def days(self) -> Iterator[date]:
        """Every day of the history."""
        for number in range((self.on - self.first_day).days + 1):
            yield self.first_day + timedelta(days=number)

    def monthly(self, day_of_month: int) -> Iterator[date]:
        """That day of every month, or the month's last day where it is shorter."""
        month = self.first_day.replace(day=1)
        while month <= self.on:
            yield add_months(month, 0, day_of_month)
            month = add_months(month, 1, 1)

    def every_two_weeks(self, phase: int = 0) -> Iterator[date]:
        """Every other Friday."""
        return (day for day in self.days() if day.weekday() == 4 and day.toordinal() // 7 % 2 == phase)

    def chance(self, slug: str, day: date) -> Random:
        """A source of chance for this person, story and day: the same whenever it is asked."""
        seed = hashlib.blake2b(f"{self.person}:{slug}:{day}".encode(), digest_size=8).digest()
        return Random(int.from_bytes(seed))  # noqa: S311  made-up figures, no secret

    def payload(self) -> bytes:
        """The whole as JSON."""
        return _ENCODER.encode(
            {
                "accounts": self._accounts,
                "added": self._added,
                "modified": [],
                "removed": [],
                "next_cursor": f"demo-{self.on}",
                "has_more": False,
                "item": {"item_id": f"demo-{self.person}", "institution_id": "ins_demo"},
                "liabilities": {"credit": self._cards},
            }
        )


def add_months(day: date, months: int, day_of_month: int) -> date:
    """That day of the month so many months later, or the month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day_of_month, calendar.monthrange(year, month + 1)[1]))


def dollars(cents: int) -> Decimal:
    """Cents as Plaid writes money."""
    return Decimal(cents).scaleb(-2)


def primary_of(category: str) -> str:
    """The primary category that a detailed one belongs to."""
    return next(name for name in PRIMARY_CATEGORIES if category.startswith(name))


PRIMARY_CATEGORIES: Final = (
    "BANK_FEES",
    "ENTERTAINMENT",
    "FOOD_AND_DRINK",
    "GENERAL_MERCHANDISE",
    "INCOME",
    "LOAN_PAYMENTS",
    "PERSONAL_CARE",
    "RENT_AND_UTILITIES",
    "TRANSFER_IN",
    "TRANSFER_OUT",
    "TRANSPORTATION",
)
