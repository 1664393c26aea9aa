"""Small payloads in Plaid's shape."""

from typing import Any


def account(account_id: str, **more: Any) -> dict[str, Any]:
    balances = {"current": 100.0, "iso_currency_code": "USD"}
    return {
        "account_id": account_id,
        "name": "Checking",
        "type": "depository",
        "subtype": "checking",
        "balances": balances,
        **more,
    }


def row(
    transaction_id: str, account_id: str, day: str = "2026-05-04", amount: Any = 12.5, **more: Any
) -> dict[str, Any]:
    return {
        "transaction_id": transaction_id,
        "account_id": account_id,
        "date": day,
        "amount": amount,
        "name": "Corner Bakery",
        "iso_currency_code": "USD",
        "pending": False,
        **more,
    }


def custom_user(amount: float = 7.0) -> dict[str, Any]:
    transaction = {
        "date_transacted": "2026-05-04",
        "date_posted": "2026-05-05",
        "amount": amount,
        "description": "Corner Bakery",
        "currency": "USD",
    }
    return {
        "override_accounts": [
            {"type": "depository", "subtype": "checking", "starting_balance": 100, "transactions": [transaction]}
        ]
    }
