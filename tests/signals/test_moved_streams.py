"""A stream goes where its rows go: it keeps its id and what was said of it when its counterparty is told anew."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.plaid.ingest import ingest
from spendsense.plaid.merchants import counterparty
from spendsense.plaid.schema import parse
from spendsense.signals.choices import choose
from spendsense.store.models import Stream, StreamChoice, Transaction, User
from tests.signals.rows import charge, measured, person, receive, streams

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
SPRING = ["2026-03-15", "2026-04-15", "2026-05-15", "2026-06-15"]


@pytest.fixture
def ana(session: Session) -> UUID:
    """A person who agrees to be analysed."""
    user_id = person(session)
    session.get_one(User, user_id).analysis_until = datetime(2027, 1, 1, tzinfo=UTC)
    return user_id


def tell_anew(session: Session, user_id: UUID, name: str, entity: str, before: str = "2027-01-01") -> None:
    """The rows of that name up to a day are this merchant's from now on."""
    session.execute(
        update(Transaction)
        .where(Transaction.user_id == user_id, Transaction.name == name)
        .where(Transaction.date < date.fromisoformat(before))
        .values(counterparty_key=counterparty(entity, None, name).key, merchant_entity_id=entity)
    )
    session.get_one(User, user_id).data_version += 1
    session.flush()


def found_anew(session: Session, user_id: UUID) -> list[Stream]:
    """The streams, by name, after the person was measured once more."""
    measured(session, user_id)
    session.expire_all()
    return streams(session, user_id)


def test_it_keeps_its_id(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    (before,) = [one.stream_id for one in found_anew(session, ana)]
    tell_anew(session, ana, "Netflix", "ent-1")
    (after,) = found_anew(session, ana)
    assert (after.stream_id, after.counterparty_key) == (before, counterparty("ent-1", None, "").key)


def test_what_was_said_holds(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    (stream,) = found_anew(session, ana)
    choose(session, ana, stream.stream_id, {"verdict": "not_recurring", "name": "Mine"}, AT)
    tell_anew(session, ana, "Netflix", "ent-1")
    (after,) = found_anew(session, ana)
    assert (after.stream_id, after.verdict, after.name) == (stream.stream_id, "not_recurring", "Mine")
    assert measured(session, ana)[90].subscriptions.count == 0


def test_the_first_row_with_an_id_takes_the_older_ones_along(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599, merchant="NETFLIX.COM")
    (stream,) = found_anew(session, ana)
    choose(session, ana, stream.stream_id, {"verdict": "not_recurring", "name": "Mine"}, AT)
    payload = b"""{"added": [{"transaction_id": "late", "account_id": "checking", "date": "2026-06-29", "amount": 15.99,
        "iso_currency_code": "USD", "name": "NETFLIX.COM", "merchant_entity_id": "ent-1", "pending": false}]}"""
    batch = parse(payload, filename="a.json", media="json", received_on=AT.date(), source_label="a.json")
    ingest(session, ana, batch, source="api", at=AT)
    (after,) = found_anew(session, ana)
    assert (after.stream_id, after.verdict, after.name) == (stream.stream_id, "not_recurring", "Mine")


def test_it_stays_with_the_rows_that_stay(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599)
    (before,) = [(one.stream_id, one.counterparty_key) for one in found_anew(session, ana)]
    charge(session, ana, ["2025-12-15", "2026-01-15", "2026-02-15"], 1_599)
    tell_anew(session, ana, "Netflix", "ent-1", before="2026-03-01")
    assert before in [(one.stream_id, one.counterparty_key) for one in found_anew(session, ana)]


def test_two_plans_stay_two(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 999)
    charge(session, ana, ["2026-03-04", "2026-04-04", "2026-05-04", "2026-06-04"], 2_499)
    before = {one.stream_id: one.typical_amount_cents for one in found_anew(session, ana)}
    tell_anew(session, ana, "Netflix", "ent-1")
    assert {one.stream_id: one.typical_amount_cents for one in found_anew(session, ana)} == before
    assert len(before) == 2


def test_where_there_is_one_already_it_is_part_of_that(session: Session, ana: UUID) -> None:
    key = counterparty("ent-1", None, "").key
    charge(session, ana, [*SPRING], 1_599, merchant="Netflix Inc Old")
    charge(session, ana, ["2026-01-15", "2026-02-15"], 1_599, merchant="NFLX", merchant_entity_id="ent-1")
    of_rows = {len(one.transaction_ids): one.stream_id for one in found_anew(session, ana)}
    tell_anew(session, ana, "Netflix Inc Old", "ent-1")
    (whole,) = found_anew(session, ana)
    assert (whole.counterparty_key, len(whole.transaction_ids)) == (key, 6)
    assert whole.stream_id == of_rows[4]  # that of most rows


def test_of_two_that_become_one_nothing_counts_twice(session: Session, ana: UUID) -> None:
    charge(session, ana, ["2026-01-15", "2026-02-15"], 1_599, merchant="NFLX", merchant_entity_id="ent-1")
    charge(session, ana, [*SPRING], 1_599, merchant="Filmbox")
    for stream in found_anew(session, ana):
        choose(session, ana, stream.stream_id, {"verdict": "recurring"}, AT)
    tell_anew(session, ana, "Filmbox", "ent-1")
    (whole,) = found_anew(session, ana)
    assert len(whole.transaction_ids) == 6
    assert measured(session, ana)[90].subscriptions.monthly_cents == 1_599


def test_a_choice_without_its_stream_goes_along(session: Session, ana: UUID) -> None:
    charge(session, ana, ["2026-04-15", "2026-05-15"], 1_599)
    (stream,) = found_anew(session, ana)
    choose(session, ana, stream.stream_id, {"verdict": "recurring"}, AT)
    session.delete(session.get_one(Stream, (ana, stream.stream_id)))
    charge(session, ana, ["2026-06-04"], 1_599)  # 20 days on: no cadence at all
    tell_anew(session, ana, "Netflix", "ent-1")
    (kept,) = found_anew(session, ana)
    assert (kept.stream_id, len(kept.transaction_ids)) == (stream.stream_id, 3)


def test_one_that_others_are_part_of(session: Session, ana: UUID) -> None:
    charge(session, ana, ["2026-01-15", "2026-02-15", "2026-03-15"], 1_599, merchant="Filmbox New")
    charge(session, ana, ["2026-04-15", "2026-05-15", "2026-06-15"], 1_599, merchant="Filmbox Old")
    new, old = found_anew(session, ana)
    choose(session, ana, old.stream_id, {"same_as": new.stream_id}, AT)
    (whole,) = found_anew(session, ana)  # its last row bears the part's name
    assert (whole.stream_id, whole.counterparty_key) == (new.stream_id, new.counterparty_key)
    tell_anew(session, ana, "Filmbox New", "ent-1")
    (whole,) = found_anew(session, ana)
    assert (whole.stream_id, len(whole.transaction_ids)) == (new.stream_id, 6)
    assert whole.counterparty_key == counterparty("ent-1", None, "").key


def test_directions_move_apart(session: Session, ana: UUID) -> None:
    charge(session, ana, [*SPRING], 1_599, merchant="Acme")
    for on in SPRING:
        receive(session, ana, on, 90_000, "Acme")
    before = {one.direction: one.stream_id for one in found_anew(session, ana)}
    tell_anew(session, ana, "Acme", "ent-1")
    assert {one.direction: one.stream_id for one in found_anew(session, ana)} == before
    assert session.scalars(select(StreamChoice)).all() == []
