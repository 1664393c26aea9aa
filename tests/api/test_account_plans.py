"""How PostgreSQL finds the last balances: one row an account, however many years there are."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, event, insert
from sqlalchemy.orm import Session

from spendsense.api.accounts import _accounts
from spendsense.store.models import Balance, User
from spendsense.store.session import raw_cursor
from tests.api.rows import add_account

DAYS = 1_000
FIRST_DAY = date(2024, 1, 1)


def test_of_each_account_the_last_balance_alone_is_read(session: Session, person: Callable[..., User]) -> None:
    ann, asked = person(), list[str]()
    for account_id in ("amex", "visa"):
        add_account(session, ann, account_id)
        key = {"user_id": ann.user_id, "account_id": account_id}
        days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
        session.execute(insert(Balance), [{**key, "observed_on": day, "current_cents": 1} for day in days])

    def note(_connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append(cursor.mogrify(statement, parameters).decode())

    event.listen(session.connection(), "before_cursor_execute", note)
    shown = _accounts(session, ann, None, 101)
    event.remove(session.connection(), "before_cursor_execute", note)
    assert [one["balance"].observed_on for one in shown] == [FIRST_DAY + timedelta(days=DAYS - 1)] * 2
    assert sum(rows_of_balances(session, query) for query in asked) == 2


def rows_of_balances(session: Session, query: str) -> int:
    """How many rows of balances a query reads."""
    with raw_cursor(session) as cursor:
        cursor.execute("ANALYZE accounts, balances")
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query)
        (found,) = cursor.fetchone() or ()
    read, waiting = 0, [found[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if node.get("Relation Name") == "balances":
            read += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return read
