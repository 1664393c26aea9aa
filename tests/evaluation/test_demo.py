"""The demo people, evaluated whole: everything that is shown can be explained, is relevant and passes the tone."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.evaluation.evaluate import evaluate
from spendsense.local.demo import load
from spendsense.pipeline.run import refresh
from spendsense.store.models import User

ON = date(2026, 11, 22)


@pytest.fixture
def demo(session: Session) -> Session:
    """The demo people, measured, named and advised."""
    load(ON)
    for user_id in session.scalars(select(User.user_id)).all():
        refresh(user_id, ON)
    return session


def test_the_demo_people_pass(demo: Session) -> None:
    found = evaluate(datetime.now(UTC))
    assert found.as_of == ON
    assert found.is_sound
