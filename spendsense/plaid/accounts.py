"""Accounts with their balances: from the wire to typed records. Pure."""

from datetime import UTC, date, datetime

from spendsense.plaid import wire
from spendsense.plaid.records import AccountRecord
from spendsense.plaid.values import (
    LONGEST_CODE,
    DayReader,
    Refused,
    cents,
    currency,
    identifier,
    label,
    optional_identifier,
)

TYPES = {
    "depository": "depository",
    "credit": "credit",
    "loan": "loan",
    "investment": "investment",
    "brokerage": "investment",  # Plaid's older name
    "other": "other",
}
LONGEST_MASK = 32


def read_account(
    raw: wire.Account, place: str, item_id: str | None, received_on: date, read_day: DayReader
) -> AccountRecord:
    """The account as one record. Raises Refused."""
    balances = raw.balances or wire.Balances()
    kind, subtype = account_type(raw.type, raw.subtype)
    return AccountRecord(
        place=place,
        account_id=identifier(raw.account_id, "account_id"),
        item_id=optional_identifier(raw.item_id, "item_id") or item_id,
        name=label(raw.name, "name"),
        official_name=label(raw.official_name, "official_name"),
        mask=label(raw.mask, "mask", LONGEST_MASK),
        type=kind,
        subtype=subtype,
        currency=currency(balances.iso_currency_code, balances.unofficial_currency_code, "balances/"),
        observed_on=_observation_day(balances.last_updated_datetime, received_on, read_day),
        observed_at=_observation_time(balances.last_updated_datetime),
        is_dated=bool(balances.last_updated_datetime),
        current_cents=cents(balances.current, "balances/current"),
        available_cents=cents(balances.available, "balances/available"),
        limit_cents=_limit(cents(balances.limit, "balances/limit")),
    )


def holds_bank_data(kind: str | None) -> bool:
    """False for Plaid's payroll accounts: they hold pay slips and no money."""
    return (kind or "").lower() != "payroll"


def account_type(kind: str | None, subtype: str | None) -> tuple[str, str | None]:
    """Plaid's type and subtype in lower case. Raises Refused for a type that Plaid does not have."""
    if not kind:
        raise Refused("type", "is missing")
    known = TYPES.get(kind.lower())
    if known is None:
        raise Refused("type", f"must be one of {', '.join(TYPES)}")
    subtype = label(subtype, "subtype", LONGEST_CODE)
    return known, subtype.lower() if subtype else None


def _limit(limit_cents: int | None) -> int | None:
    if limit_cents is not None and limit_cents < 0:
        raise Refused("balances/limit", "is below 0")
    return limit_cents


def _observation_day(updated_at: str | None, received_on: date, read_day: DayReader) -> date:
    """The day that the bank gave with the balance, but never one after the payload came; else the day it came."""
    if not updated_at:
        return received_on
    if updated_at[10:11] not in ("", "T", " "):
        raise Refused("balances/last_updated_datetime", "must begin with a day, as YYYY-MM-DD")
    return min(read_day(updated_at[:10], "balances/last_updated_datetime"), received_on)


def _observation_time(updated_at: str | None) -> datetime | None:
    """The moment that the bank gave with the balance, in UTC where it names no zone; None for a day alone."""
    try:
        moment = datetime.fromisoformat(updated_at) if updated_at and updated_at[10:] else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
