"""The largest and smallest amounts that are accepted, as people upload them."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.plaid.ingest import ingest
from spendsense.plaid.schema import parse

AS_OF = clock.today()
MOST = "999999999999.99"


def an_account(subtype: str, current: str, limit: str | None = None) -> dict[str, Any]:
    kind = "credit" if subtype == "credit card" else "depository"
    balances = {"current": float(current), "limit": float(limit) if limit else None, "iso_currency_code": "USD"}
    balances["last_updated_datetime"] = (AS_OF - timedelta(days=30)).isoformat()
    return {"account_id": subtype, "name": subtype.title(), "type": kind, "subtype": subtype, "balances": balances}


def a_row(days: int, amount: str, name: str, account: str = "checking", number: int = 0) -> dict[str, Any]:
    return {
        "transaction_id": f"{name}-{days}-{number}",
        "account_id": account,
        "date": (AS_OF - timedelta(days=days)).isoformat(),
        "amount": float(amount),
        "name": name,
        "iso_currency_code": "USD",
        "pending": False,
    }


def wages(amount: str = "-1.00") -> list[dict[str, Any]]:
    return [a_row(days, amount, "Acme Payroll") for days in range(1, 170, 14)]


CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "a full account, a cent spent": ([an_account("checking", "100000000")], [*wages(), a_row(3, "0.01", "Shop")]),
    "an account far below zero, a cent spent": (
        [an_account("checking", f"-{MOST}"), an_account("savings", f"-{MOST}")],
        [*wages(), a_row(3, "0.01", "Shop")],
    ),
    "cards with a cent for a limit": (
        [an_account("checking", "1"), an_account("credit card", MOST, "0.01")],
        [*wages(), a_row(3, "5.00", "Shop", "credit card")],
    ),
    "savings from a cent": (
        [an_account("checking", "1"), an_account("savings", MOST)],
        [*wages(), a_row(3, "-999999999999.98", "Deposit", "savings"), a_row(4, "0.01", "Shop")],
    ),
    "savings gone below zero from a cent": (
        [an_account("checking", "1"), an_account("savings", f"-{MOST}")],
        [
            *wages(),
            a_row(3, MOST, "Withdrawal", "savings"),
            a_row(3, "0.01", "Withdrawal", "savings", 1),
            a_row(4, "0.01", "Shop"),
        ],
    ),
    "subscriptions beside refunds that leave a cent": (
        [an_account("checking", MOST)],
        [
            *wages(),
            *(a_row(days, "999999999999.00", "Netflix") for days in (95, 65, 35, 5)),
            *(a_row(days, "-999999999999.00", "Netflix", number=1) for days in (94, 64, 34)),
            a_row(4, "-999999999998.99", "Netflix", number=1),
        ],
    ),
    "thousands of the largest": (
        [an_account("checking", MOST), an_account("savings", MOST), an_account("credit card", MOST, MOST)],
        [
            *wages(f"-{MOST}"),
            *(a_row(number % 180, MOST, f"Shop {number % 7}", number=number) for number in range(4_000)),
            *(a_row(number % 180, f"-{MOST}", "Deposit", "savings", number) for number in range(500)),
        ],
    ),
}


def load(session: Session, email: str, case: str) -> UUID:
    """A person who agrees to everything, with these rows, as an upload brings them."""
    user_id = find_or_create_user(session, email).user_id
    ledger.grant(session, user_id, ("analysis", "offers"), method="import", text_version="1", at=clock.now())
    accounts, rows = CASES[case]
    data = json.dumps({"accounts": accounts, "added": rows}).encode()
    batch = parse(data, filename=None, media="json", received_on=AS_OF, source_label="test")
    assert not batch.rejected
    ingest(session, user_id, batch, source="api", at=clock.now())
    session.commit()
    return user_id
