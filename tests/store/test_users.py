from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.store.models import User


def test_a_user_starts_without_consent(session: Session) -> None:
    session.add(User(email="ann@example.com"))
    session.commit()
    assert session.scalars(select(User.analysis_until)).all() == [None]


def test_work_of_the_test_before_is_gone(session: Session) -> None:
    session.rollback()
    assert session.scalars(select(User.email)).all() == []
