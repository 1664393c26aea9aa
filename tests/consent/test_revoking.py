"""Revocations in the middle of running jobs: what is written for a person after they revoked is nothing."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from spendsense.consent import ledger
from spendsense.consent.holdings import DERIVED
from spendsense.pipeline import run
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store.models import JobRun, Recommendation, Trace, User
from spendsense.store.session import db, transaction
from tests.databases import really_committed
from tests.pipeline.people import a_month_of_shopping

AS_OF = date(2026, 3, 1)
TIMES = 100


@pytest.fixture
def people(app: Flask) -> Iterator[list[UUID]]:
    """People whose rows are really committed, so that other connections see them; deleted after the test."""
    with really_committed(app, User, JobRun) as session:
        consent = ("analysis", "offers")
        made = [a_month_of_shopping(session, f"r{number}@example.com", consent=consent) for number in range(TIMES)]
        yield made


class Nights:
    """The three jobs at once, each in a thread of its own and again and again, until they are told to end."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.is_over = threading.Event()
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._repeat, args=(job,)) for job in Job]

    def __enter__(self) -> "Nights":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _repeat(self, job: Job) -> None:
        try:
            while not self.is_over.is_set():
                with self.app.app_context():
                    run_job(job, as_of=AS_OF)
        except BaseException as error:  # noqa: BLE001  raised by the test
            self.errors.append(error)


def test_a_hundred_people_revoke_while_the_jobs_run(
    app: Flask, people: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SHARD_SIZE", 3)
    choice = random.Random(7)
    choice.shuffle(people)
    found: list[dict[str, int]] = []
    with Nights(app) as nights:
        while not db.session.scalar(select(func.count()).select_from(Recommendation)) and not nights.errors:
            db.session.rollback()  # until the jobs have come as far as the first person's recommendations
        for user_id in people:
            make_stale(choice.choice(people))
            with transaction() as session:
                at = datetime.now(UTC)
                found.append(ledger.revoke(session, user_id, "analysis", method="web", text_version="1", at=at))
        make_stale(*people)
        for job in Job:  # and a whole night more, beside the others
            run_job(job, as_of=AS_OF)
    assert nights.errors == []
    assert {model.__tablename__: rows_of(model) for model in (*DERIVED, Trace)} == dict.fromkeys(
        (model.__tablename__ for model in (*DERIVED, Trace)), 0
    )
    # The revocations came in the middle: before the first job had come to a person, and after the last one had.
    assert any(not deleted["signals"] for deleted in found)
    assert any(deleted["recommendations"] for deleted in found)


def make_stale(*people: UUID) -> None:
    """As new rows would, so that the jobs have to do again and again."""
    with transaction() as session:
        for user_id in people:
            session.execute(update(User).where(User.user_id == user_id).values(data_version=User.data_version + 1))


def rows_of(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
