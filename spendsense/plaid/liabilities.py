"""What is owed on cards, mortgages and student loans: from the wire to typed records. Pure."""

from datetime import date
from decimal import Decimal

from spendsense.plaid import wire
from spendsense.plaid.records import LiabilityRecord
from spendsense.plaid.values import DayReader, cents, identifier, percent

KINDS = {"credit": "credit", "mortgage": "mortgage", "student": "student", "student_loans": "student"}


def read_liability(raw: wire.Liability, kind: str, place: str, read_day: DayReader) -> LiabilityRecord:
    """The liability as one record. Raises Refused."""
    minimum = cents(raw.minimum_payment_amount, "minimum_payment_amount")
    return LiabilityRecord(
        place=place,
        account_id=identifier(raw.account_id, "account_id"),
        kind=kind,
        apr_percent=_rate(raw),
        is_overdue=raw.is_overdue,
        last_payment_cents=cents(raw.last_payment_amount, "last_payment_amount"),
        last_payment_on=_day(raw.last_payment_date, "last_payment_date", read_day),
        last_statement_balance_cents=cents(raw.last_statement_balance, "last_statement_balance"),
        last_statement_on=_day(raw.last_statement_issue_date, "last_statement_issue_date", read_day),
        minimum_payment_cents=cents(raw.next_monthly_payment, "next_monthly_payment") if minimum is None else minimum,
        next_payment_due_on=_day(raw.next_payment_due_date, "next_payment_due_date", read_day),
        past_due_cents=cents(raw.past_due_amount, "past_due_amount"),
    )


def _day(text: str | None, field: str, read_day: DayReader) -> date | None:
    return read_day(text, field) if text else None


def _rate(raw: wire.Liability) -> Decimal | None:
    """A card's purchase rate, else its highest; a loan's one rate."""
    loan_rate = percent(raw.interest_rate_percentage, "interest_rate_percentage")
    if loan_rate is None and raw.interest_rate is not None:
        loan_rate = percent(raw.interest_rate.percentage, "interest_rate/percentage")
    if loan_rate is not None:
        return loan_rate
    rates = [
        (apr.apr_type == "purchase_apr", rate)
        for position, apr in enumerate(raw.aprs or [])
        if (rate := percent(apr.apr_percentage, f"aprs/{position}/apr_percentage")) is not None
    ]
    return max(rates)[1] if rates else None
