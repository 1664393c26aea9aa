"""People for the tests of the jobs, written row by row."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import Summary, run_job
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Balance, Transaction, User

FIRST_DAY = date(2025, 12, 1)


def a_month_of_shopping(session: Session, email: str, *, consent: tuple[str, ...] = ("analysis",)) -> UUID:
    """A person with a card of 5,000.00, a monthly 15.99 since 1 December 2025, and three purchases in February."""
    user_id = find_or_create_user(session, email).user_id
    if consent:
        ledger.grant(session, user_id, consent, method="import", text_version="1", at=datetime.now(UTC))
    session.add(Account(user_id=user_id, account_id="card", name="Visa", mask="4523", type="credit", currency="USD"))
    session.flush()
    session.add(
        Balance(user_id=user_id, account_id="card", observed_on=FIRST_DAY, current_cents=340_000, limit_cents=500_000)
    )
    for number, month in enumerate((date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))):
        session.add(row(user_id, f"flix-{number}", month, 1_599, counterparty_key=78, name="Flix"))
    for number in range(3):
        session.add(row(user_id, f"shop-{number}", date(2026, 2, 10 + number), 5_000))
    mark_changed(session, user_id)
    return user_id


def row(
    user_id: UUID,
    transaction_id: str,
    day: date,
    amount_cents: int,
    *,
    counterparty_key: int | None = None,
    name: str = "Shop",
) -> Transaction:
    """A posted purchase on the card."""
    return Transaction(
        user_id=user_id,
        transaction_id=transaction_id,
        account_id="card",
        date=day,
        amount_cents=amount_cents,
        currency="USD",
        name=name,
        category_primary="ENTERTAINMENT",
        category_detailed="ENTERTAINMENT_TV_AND_MOVIES",
        pending=False,
        is_revised=True,
        counterparty_key=counterparty_key,
        is_transfer_like=False,
        on_savings=False,
        base_kind=Kind.SPENDING,
        kind=Kind.SPENDING,
    )


def break_data(session: Session, user_id: UUID, on: date) -> None:
    """Sums on that day that no bigint holds: no ingest would take such amounts."""
    for number in range(2):
        session.add(row(user_id, f"broken-{number}", on, 9_000_000_000_000_000_000))
    mark_changed(session, user_id)


def mark_changed(session: Session, user_id: UUID) -> None:
    """What ingest does when a row of the person changed."""
    session.execute(update(User).where(User.user_id == user_id).values(data_version=User.data_version + 1))
    session.commit()


def run_all(session: Session, as_of: date) -> list[Summary]:
    """The three jobs, one after the other."""
    session.commit()
    return [run_job(job, as_of=as_of) for job in Job]


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
