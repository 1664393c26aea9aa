"""What offers ask beside the signals, as it is stored: accounts, state, the last day with data."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from spendsense.recommendations.circumstances import load
from spendsense.recommendations.eligibility import Circumstances, HeldAccount
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Balance, User
from spendsense.store.session import raw_cursor
from tests.api.rows import add_transaction
from tests.samples import make_signals, store_checking, store_person

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AS_OF = AT.date()
CHECKING = HeldAccount("Checking", "depository", "checking")


def of(session: Session, user_id: uuid.UUID, as_of: date = AS_OF) -> Circumstances:
    session.flush()
    with raw_cursor(session) as cursor:
        return load(cursor, [str(user_id)], as_of)[str(user_id)]


def test_of_somebody_without_data_nothing_is_known(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    assert of(session, user_id) == Circumstances((), None, None)
    with raw_cursor(session) as cursor:
        assert load(cursor, [], AS_OF)["nobody"] == Circumstances()


def test_accounts_state_and_the_last_balance(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    store_checking(session, user_id, AS_OF - timedelta(days=9))
    session.execute(update(User).where(User.user_id == user_id).values(state="NV"))
    assert of(session, user_id) == Circumstances((CHECKING,), "NV", AS_OF - timedelta(days=9))


def test_an_account_is_known_by_its_official_name_too(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    store_checking(session, user_id, AS_OF)
    session.execute(update(Account).values(official_name="Fernhill Everyday Checking"))
    (held,) = of(session, user_id).accounts
    assert held == HeldAccount("Checking Fernhill Everyday Checking", "depository", "checking")


@pytest.mark.parametrize("kind", [Kind.SPENDING, Kind.INCOME, Kind.OWN_TRANSFER, Kind.OTHER_CURRENCY])
def test_a_transaction_of_any_kind_counts_and_one_of_tomorrow_does_not(session: Session, kind: Kind) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    store_checking(session, user_id, AS_OF - timedelta(days=9))
    user = session.get_one(User, user_id)
    for number, days in enumerate((-1, 4, 20)):
        add_transaction(
            session, user, f"t{number}", account_id="acc-checking", date=AS_OF - timedelta(days=days), kind=int(kind)
        )
    assert of(session, user_id).last_data_on == AS_OF - timedelta(days=4)
    assert of(session, user_id, AS_OF + timedelta(days=1)).last_data_on == AS_OF + timedelta(days=1)
    assert of(session, user_id, AS_OF - timedelta(days=10)).last_data_on == AS_OF - timedelta(days=20)
    session.add(
        Balance(user_id=user_id, account_id="acc-checking", observed_on=AS_OF - timedelta(days=2), current_cents=1)
    )
    assert of(session, user_id).last_data_on == AS_OF - timedelta(days=2)
