"""The demo people for these tests: all of them, or those of some names."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.local import demo
from spendsense.pipeline.run import refresh
from spendsense.store.models import User

ON = date(2026, 11, 22)


def load_demo(session: Session, *names: str, on: date = ON) -> None:
    """Their consent and rows.

    Statistics are taken in the test's own transaction: those that the server takes meanwhile see none of its rows, and
    the planner would loop.
    """
    with pytest.MonkeyPatch.context() as patch:
        if names:
            patch.setattr(demo, "PEOPLE", [one for one in demo.PEOPLE if one.email.split("@")[0] in names])
        demo.load(on)
    session.execute(text("ANALYZE users, progress, accounts, balances, liabilities, transactions"))


def decide_demo(session: Session, *names: str) -> None:
    """Them, measured, named and advised."""
    load_demo(session, *names)
    for user_id in session.scalars(select(User.user_id)).all():
        refresh(user_id, ON)
