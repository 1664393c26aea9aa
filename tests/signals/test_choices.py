"""What people say of their streams outlives recomputation, new rows and the streams themselves."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from spendsense.errors import ConsentMissing, InvalidInput, NotFound
from spendsense.signals.choices import choose
from spendsense.store.models import AuditEvent, Stream, StreamChoice, Transaction, User
from tests.signals.rows import charge, measured, person, receive, spend, streams

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
SPRING = ["2026-03-15", "2026-04-15", "2026-05-15", "2026-06-15"]


@pytest.fixture
def ana(session: Session) -> UUID:
    """A person who agrees to be analysed."""
    user_id = person(session)
    session.get_one(User, user_id).analysis_until = datetime(2027, 1, 1, tzinfo=UTC)
    return user_id


def say(session: Session, user_id: UUID, stream: Stream, **changes: str | UUID | None) -> None:
    """The person says this of the stream, and is measured anew."""
    choose(session, user_id, stream.stream_id, changes, AT)
    measured(session, user_id)
    session.expire_all()


def only(session: Session, user_id: UUID) -> Stream:
    """The person's one stream."""
    (stream,) = streams(session, user_id)
    return stream


class TestNotRecurring:
    """Such a stream is shown, and left out of every sum."""

    def test_it_leaves_the_sums(self, session: Session, ana: UUID) -> None:
        charge(session, ana, [*SPRING], 1_599)
        assert measured(session, ana)[90].subscriptions.monthly_cents == 1_599
        say(session, ana, only(session, ana), verdict="not_recurring")
        assert measured(session, ana)[90].subscriptions.count == 0
        assert only(session, ana).verdict == "not_recurring"

    def test_it_stays_so_when_rows_come_in(self, session: Session, ana: UUID) -> None:
        charge(session, ana, [*SPRING], 1_599)
        measured(session, ana)
        before = only(session, ana).stream_id
        say(session, ana, only(session, ana), verdict="not_recurring")
        charge(session, ana, ["2026-02-15", "2026-06-29"], 1_599)  # an older row, and one off the beat
        assert measured(session, ana)[90].subscriptions.count == 0
        assert (only(session, ana).stream_id, only(session, ana).verdict) == (before, "not_recurring")

    def test_it_can_be_taken_back(self, session: Session, ana: UUID) -> None:
        charge(session, ana, [*SPRING], 1_599)
        measured(session, ana)
        say(session, ana, only(session, ana), verdict="not_recurring")
        say(session, ana, only(session, ana), verdict=None)
        assert measured(session, ana)[90].subscriptions.count == 1

    def test_income_that_is_none(self, session: Session, ana: UUID) -> None:
        for on in SPRING:
            receive(session, ana, on, 90_000, "Acme")
        assert measured(session, ana)[90].income.cents == 270_000  # April to June
        say(session, ana, only(session, ana), verdict="not_recurring")
        signals = measured(session, ana)[90]
        assert (signals.income.cents, signals.coverage.rows_neutral) == (0, 3)

    def test_it_is_known_again_when_it_was_gone(self, session: Session, ana: UUID) -> None:
        charge(session, ana, [*SPRING], 1_599)
        measured(session, ana)
        before = only(session, ana).stream_id
        say(session, ana, only(session, ana), verdict="not_recurring")
        session.execute(delete(Transaction).where(Transaction.user_id == ana))
        spend(session, ana, "2026-06-01", 5_000)
        measured(session, ana)
        assert streams(session, ana) == []
        charge(session, ana, [*SPRING], 1_599)
        measured(session, ana)
        assert (only(session, ana).stream_id, only(session, ana).verdict) == (before, "not_recurring")


class TestRecurring:
    """Such a stream counts from its second charge on, and is kept when the rows no longer show it."""

    def test_two_charges_are_enough(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-05-15", "2026-06-15"], 1_599)
        assert measured(session, ana)[90].subscriptions.count == 0
        assert only(session, ana).is_early
        say(session, ana, only(session, ana), verdict="recurring")
        assert measured(session, ana)[90].subscriptions.monthly_cents == 1_599
        assert only(session, ana).status(date(2026, 6, 30)) == "MATURE"

    def test_two_payments_are_income(self, session: Session, ana: UUID) -> None:
        for on in ("2026-05-15", "2026-06-15"):
            receive(session, ana, on, 90_000, "Acme")
        assert measured(session, ana)[90].income.cents == 0
        say(session, ana, only(session, ana), verdict="recurring")
        assert measured(session, ana)[90].income.cents == 180_000

    def test_it_is_kept_when_the_rows_no_longer_show_it(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-04-15", "2026-05-15"], 1_599)
        measured(session, ana, "2026-05-20")
        before = only(session, ana).stream_id
        say(session, ana, only(session, ana), verdict="recurring")
        charge(session, ana, ["2026-06-04"], 1_599)  # 20 days on: no cadence at all
        measured(session, ana)
        kept = only(session, ana)
        assert (kept.stream_id, kept.cadence, len(kept.transaction_ids)) == (before, "MONTHLY", 3)
        assert (kept.last_on, kept.is_early) == (date(2026, 6, 4), False)

    def test_it_is_kept_when_one_row_is_left(self, session: Session, ana: UUID) -> None:
        charge(session, ana, [*SPRING], 1_599)
        measured(session, ana)
        say(session, ana, only(session, ana), verdict="recurring")
        session.execute(delete(Transaction).where(Transaction.user_id == ana, Transaction.date < date(2026, 6, 15)))
        session.get_one(User, ana).data_version += 1
        session.flush()
        assert measured(session, ana)[90].subscriptions.monthly_cents == 1_599
        assert (only(session, ana).cadence, only(session, ana).next_on) == ("MONTHLY", date(2026, 7, 15))


class TestSameAs:
    """Two streams are one: a merchant that is called otherwise now."""

    def test_the_rows_of_both_are_one_stream(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-01-15", "2026-02-15", "2026-03-15"], 1_599, merchant="Filmbox Old")
        charge(session, ana, ["2026-04-15", "2026-05-15", "2026-06-15"], 1_599, merchant="Filmbox New")
        measured(session, ana)
        new, old = streams(session, ana)
        before = new.stream_id
        say(session, ana, old, same_as=new.stream_id)
        whole = only(session, ana)
        assert (whole.stream_id, whole.first_on, len(whole.transaction_ids)) == (before, date(2026, 1, 15), 6)
        assert measured(session, ana)[90].subscriptions.count == 1

    def test_it_lasts_and_can_be_taken_back(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-01-15", "2026-02-15", "2026-03-15"], 1_599, merchant="Filmbox Old")
        charge(session, ana, ["2026-04-15", "2026-05-15", "2026-06-15"], 1_599, merchant="Filmbox New")
        measured(session, ana)
        new, old = streams(session, ana)
        first, second = old.stream_id, new.stream_id
        say(session, ana, old, same_as=second)
        charge(session, ana, ["2025-12-15"], 1_599, merchant="Filmbox Old")
        measured(session, ana)
        assert len(only(session, ana).transaction_ids) == 7
        choose(session, ana, first, {"same_as": None}, AT)
        measured(session, ana)
        assert {(one.stream_id, len(one.transaction_ids)) for one in streams(session, ana)} == {(first, 4), (second, 3)}

    def test_a_price_that_rose_with_the_new_name(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-01-15", "2026-02-15", "2026-03-15"], 999, merchant="Filmbox Old")
        charge(session, ana, ["2026-04-15", "2026-05-15", "2026-06-15"], 1_599, merchant="Filmbox New")
        measured(session, ana)
        new, old = streams(session, ana)
        say(session, ana, old, same_as=new.stream_id)
        assert only(session, ana).price_changes == [{"on": "2026-04-15", "old_cents": 999, "new_cents": 1_599}]

    def test_of_two_cadences_the_later_one_holds(self, session: Session, ana: UUID) -> None:
        charge(session, ana, ["2026-05-25", "2026-06-01", "2026-06-08", "2026-06-15"], 500, merchant="Veg Crate")
        charge(session, ana, ["2026-01-15", "2026-02-15", "2026-03-15"], 1_599, merchant="Filmbox")
        measured(session, ana)
        filmbox, veg = streams(session, ana)
        say(session, ana, filmbox, same_as=veg.stream_id)
        assert (only(session, ana).cadence, len(only(session, ana).transaction_ids)) == ("WEEKLY", 7)

    def test_a_chain_ends_in_one(self, session: Session, ana: UUID) -> None:
        for month, name in ((1, "Able Co"), (3, "Baker Co"), (5, "Clark Co")):
            charge(session, ana, [f"2026-{month:02d}-15", f"2026-{month + 1:02d}-15"], 1_599, merchant=name)
        measured(session, ana)
        able, baker, clark = streams(session, ana)
        ids = able.stream_id, baker.stream_id, clark.stream_id
        choose(session, ana, ids[0], {"same_as": ids[1]}, AT)
        choose(session, ana, ids[1], {"same_as": ids[2]}, AT)
        measured(session, ana)
        assert (only(session, ana).stream_id, len(only(session, ana).transaction_ids)) == (ids[2], 6)


def test_what_takes_nothing_back_says_nothing(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    measured(session, ana)
    version = session.get_one(User, ana).data_version
    choose(session, ana, only(session, ana).stream_id, {"verdict": None, "name": None}, AT)
    session.flush()
    assert session.scalars(select(StreamChoice)).all() == []
    assert session.scalars(select(AuditEvent)).all() == []
    assert session.get_one(User, ana).data_version == version


def test_a_name_of_ones_own(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    measured(session, ana)
    say(session, ana, only(session, ana), name="Films for the kids")
    charge(session, ana, ["2026-02-15"], 1_599)
    measured(session, ana)
    assert only(session, ana).name == "Films for the kids"
    say(session, ana, only(session, ana), name=None)
    assert only(session, ana).name == "Netflix"


def test_what_is_said_is_audited_but_for_the_name(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    measured(session, ana)
    stream = only(session, ana)
    say(session, ana, stream, verdict="not_recurring", name="A secret")
    (event,) = session.scalars(
        select(AuditEvent).where(AuditEvent.subject == session.get_one(User, ana).audit_subject)
    ).all()
    assert (event.actor, event.event) == ("person", "stream.chosen")
    assert event.detail == {"stream_id": str(stream.stream_id), "verdict": "not_recurring", "renamed": True}


def test_what_is_said_twice_is_said_once(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    measured(session, ana)
    stream_id = only(session, ana).stream_id
    for _ in range(2):
        choose(session, ana, stream_id, {"verdict": "not_recurring"}, AT)
    assert (
        len(
            session.scalars(
                select(AuditEvent).where(AuditEvent.subject == session.get_one(User, ana).audit_subject)
            ).all()
        )
        == 1
    )
    before = session.get_one(User, ana).data_version
    choose(session, ana, stream_id, {"verdict": "not_recurring"}, AT)
    session.expire_all()
    assert session.get_one(User, ana).data_version == before  # nobody is measured for it


class TestRefused:
    """What can't be said; nothing of it is stored."""

    @pytest.fixture
    def two(self, session: Session, ana: UUID) -> list[Stream]:
        """Money that goes out and money that comes in."""
        charge(session, ana, [*SPRING], 1_599)
        for on in SPRING:
            receive(session, ana, on, 90_000, "Acme")
        measured(session, ana)
        return streams(session, ana)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"verdict": "perhaps"}, "/verdict"),
            ({"name": ""}, "/name"),
            ({"name": "   "}, "/name"),
            ({"name": "x" * 81}, "/name"),
            ({"name": "a\x00b"}, "/name"),
            ({"same_as": uuid4()}, "/same_as"),
        ],
    )
    def test_a_value(
        self, session: Session, ana: UUID, two: list[Stream], changes: dict[str, str | UUID | None], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            choose(session, ana, two[0].stream_id, changes, AT)
        assert [error.pointer for error in refusal.value.errors] == [field]

    def test_nothing(self, session: Session, ana: UUID, two: list[Stream]) -> None:
        with pytest.raises(InvalidInput):
            choose(session, ana, two[0].stream_id, {}, AT)

    def test_the_other_direction_and_itself(self, session: Session, ana: UUID, two: list[Stream]) -> None:
        acme, netflix = two
        for other in (acme.stream_id, netflix.stream_id):
            with pytest.raises(InvalidInput), session.begin_nested():
                choose(session, ana, netflix.stream_id, {"same_as": other}, AT)
        assert session.scalars(select(StreamChoice)).all() == []

    def test_a_circle(self, session: Session, ana: UUID, two: list[Stream]) -> None:
        charge(session, ana, [*SPRING], 999, merchant="Tunebox")
        measured(session, ana)
        netflix, tunebox = (one for one in streams(session, ana) if one.direction == "outflow")
        choose(session, ana, netflix.stream_id, {"same_as": tunebox.stream_id}, AT)
        with pytest.raises(InvalidInput):
            choose(session, ana, tunebox.stream_id, {"same_as": netflix.stream_id}, AT)

    def test_somebody_elses(self, session: Session, ana: UUID, two: list[Stream]) -> None:
        ben = person(session, "ben@example.com")
        session.get_one(User, ben).analysis_until = datetime(2027, 1, 1, tzinfo=UTC)
        with pytest.raises(NotFound):
            choose(session, ben, two[0].stream_id, {"verdict": "recurring"}, AT)

    def test_without_consent(self, session: Session, ana: UUID, two: list[Stream]) -> None:
        session.get_one(User, ana).analysis_until = None
        with pytest.raises(ConsentMissing):
            choose(session, ana, two[0].stream_id, {"verdict": "recurring"}, AT)
