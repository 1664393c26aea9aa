"""Offers end with the analysis, however that ends, and stay ended; random histories against a slow, plain model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count as numbers
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import ledger, term
from spendsense.consent.people import find_or_create_user
from spendsense.pipeline.claims import Scope
from spendsense.store.models import AuditEvent, Consent, ConsentNotice, Recommendation, Trace, User
from tests.consent.nights import BOTH, ENDS, GRANTED, count, end, grant, night, revoke
from tests.pipeline.people import a_month_of_shopping, run_all

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

LATER = ENDS + timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def ann(session: Session) -> UUID:
    """Agreed to the analysis at noon of 1 March 2026, to offers twenty days later: those were to last longer."""
    user_id = find_or_create_user(session, "ann@example.com").user_id
    grant(session, user_id, "analysis")
    grant(session, user_id, "offers", at=GRANTED + timedelta(days=20))
    return user_id


def written(session: Session, user_id: UUID) -> list[tuple[str, str, str, str, datetime]]:
    """The ledger of a person, in order: purpose, action, version, method, moment."""
    rows = select(Consent.purpose, Consent.action, Consent.text_version, Consent.method, Consent.at)
    return [tuple(row) for row in session.execute(rows.where(Consent.user_id == user_id).order_by(Consent.at))]


# --- one by one ------------------------------------------------------------------------------------------------------


def test_the_state_is_the_same_before_and_after_the_night(session: Session, ann: UUID) -> None:
    assert ledger.state(session, ann, ENDS - INSTANT).offers
    expected = ledger.ConsentState(False, False, ENDS, ENDS)
    assert ledger.state(session, ann, LATER) == expected
    night(LATER)
    assert ledger.state(session, ann, LATER) == expected


def test_the_night_writes_once_that_offers_ended_with_the_analysis(session: Session, ann: UUID) -> None:
    assert night(ENDS - INSTANT)["consents_expired"] == 0
    version = session.get_one(User, ann).consent_version
    assert [night(LATER)["consents_expired"], night(LATER)["consents_expired"]] == [1, 0]
    assert written(session, ann)[2:] == [("offers", "revoke", "1", ledger.BY_EXPIRY, ENDS)]
    assert session.get_one(User, ann, populate_existing=True).consent_version == version + 1
    assert [event.event for event in session.scalars(select(AuditEvent))] == ["consent.analysis.expired"]


@pytest.mark.parametrize("with_a_night", [True, False])
def test_an_analysis_agreed_to_anew_does_not_bring_offers_back(session: Session, ann: UUID, with_a_night: bool) -> None:
    if with_a_night:
        night(LATER)
    grant(session, ann, "analysis", at=LATER)
    assert ledger.state(session, ann, LATER) == ledger.ConsentState(True, False, LATER.replace(year=2028), ENDS)
    assert written(session, ann)[2:] == [
        ("offers", "revoke", "1", ledger.BY_EXPIRY, ENDS),
        ("analysis", "grant", "1", "web", LATER),
    ]


def test_a_renewal_in_time_keeps_offers(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis", at=ENDS - INSTANT)
    night(LATER)
    assert ledger.state(session, ann, LATER).offers


def test_offers_of_the_agreement_that_ended_are_deleted_after_an_analysis_agreed_to_anew(session: Session) -> None:
    ann = a_month_of_shopping(session, "bob@example.com", consent=BOTH)
    run_all(session, GRANTED.date())
    shown = session.scalars(select(Recommendation).where(Recommendation.user_id == ann)).first()
    assert shown is not None
    shown.kind = "offer"
    began = session.scalars(select(Consent.at)).first()
    assert began is not None
    over = began + timedelta(days=100)
    end(session, analysis=over)
    grant(session, ann, "analysis", at=over + INSTANT)
    assert night(over + 2 * INSTANT)["offers_expired"] == 1
    assert "offer" not in session.scalars(select(Recommendation.kind)).all()
    assert [trace["decision"]["offers"] for trace in session.scalars(select(Trace.trace))] == [{}] * count(
        session, Trace, ann
    )


def test_nobody_is_told_of_offers_that_ended_with_the_analysis(session: Session, ann: UUID) -> None:
    night(ENDS - timedelta(days=1))  # of the analysis; and of the offers, which have 21 days left
    at = ENDS - timedelta(days=1)
    assert [one.purpose for one in term.notices(session, ann, at)] == ["analysis", "offers"]
    assert term.notices(session, ann, LATER) == []
    for days in range(15, 21):
        assert night(ENDS + timedelta(days=days))["consent_notices"] == 0
    assert count(session, ConsentNotice, ann) == 2


def test_nobody_is_told_before_the_night_has_written_it_either(session: Session, ann: UUID) -> None:
    assert session.scalars(term.notice_due(ENDS + timedelta(days=15))).all() == []
    term.give_notice(session, [ann], ENDS + timedelta(days=15))
    assert count(session, ConsentNotice, ann) == 0


# --- which agreement was ended ---------------------------------------------------------------------------------------


def end_by_hand(session: Session, user_id: UUID, purpose: str, at: datetime, in_force: str = "9") -> None:
    ledger.revoke(session, user_id, purpose, method="web", text_version=in_force, at=at)


def test_a_revocation_names_the_version_that_was_agreed_to(session: Session) -> None:
    ann = find_or_create_user(session, "ann@example.com").user_id
    for version, purposes, day in (("1", BOTH, 0), ("2", ("analysis",), 1)):
        at = GRANTED + timedelta(days=day)
        ledger.grant(session, ann, purposes, method="web", text_version=version, at=at)
    end_by_hand(session, ann, "analysis", GRANTED + timedelta(days=2))
    assert sorted(written(session, ann)[3:]) == [
        ("analysis", "revoke", "2", "web", GRANTED + timedelta(days=2)),
        ("offers", "revoke", "1", "web", GRANTED + timedelta(days=2)),
    ]


def test_a_revocation_by_who_never_agreed_names_the_version_in_force(session: Session) -> None:
    ann = find_or_create_user(session, "ann@example.com").user_id
    end_by_hand(session, ann, "offers", GRANTED)
    assert written(session, ann) == [("offers", "revoke", "9", "web", GRANTED)]


def test_an_analysis_revoked_after_its_end_ends_offers_once(session: Session, ann: UUID) -> None:
    revoke(session, ann, LATER)
    assert written(session, ann)[2:] == [
        ("offers", "revoke", "1", ledger.BY_EXPIRY, ENDS),
        ("analysis", "revoke", "1", "web", LATER),
    ]


# --- random histories ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grant:
    purpose: str
    at: datetime
    version: str

    @property
    def until(self) -> datetime:
        return ledger.a_year_after(self.at)


@dataclass
class Plain:
    """What people did, and what follows from it at any moment; nothing is kept but what they did."""

    grants: list[Grant] = field(default_factory=list)
    revoked: list[tuple[str, datetime]] = field(default_factory=list)  # as asked for

    def covers(self, one: Grant, at: datetime) -> bool:
        """Whether this grant holds at the moment, as far as its own purpose goes."""
        ended = any(purpose in {one.purpose, "analysis"} and one.at < when <= at for purpose, when in self.revoked)
        return one.at <= at < one.until and not ended

    def analysis(self, at: datetime) -> bool:
        return any(one.purpose == "analysis" and self.covers(one, at) for one in self.grants)

    def goes_on(self, at: datetime) -> bool:
        """Whether the analysis is live by an agreement from before: one made at the moment of its end is too late."""
        return any(one.purpose == "analysis" and one.at < at and self.covers(one, at) for one in self.grants)

    def never_interrupted(self, begin: datetime, at: datetime) -> bool:
        """Whether the analysis was live at each moment from `begin` to `at`: it can end only at these ones."""
        moments = [at, *(one.until for one in self.grants), *(when for _, when in self.revoked)]
        return self.analysis(begin) and all(self.goes_on(moment) for moment in moments if begin < moment <= at)

    def offers(self, at: datetime) -> bool:
        return any(
            one.purpose == "offers" and self.covers(one, at) and self.never_interrupted(one.at, at)
            for one in self.grants
        )

    def ended_by_expiry(self, now: datetime) -> Iterator[tuple[str, str, str, str, datetime]]:
        """A row of the ledger for each moment until now at which the analysis was over and the offers with it."""
        for moment in sorted({one.until for one in self.grants if one.purpose == "analysis"}):
            before = [one for one in self.grants if one.purpose == "offers" and one.at < moment]
            ended = moment <= now and not self.goes_on(moment) and self.offers(moment - INSTANT)
            if ended and any(one.until > moment for one in before):
                yield "offers", "revoke", before[-1].version, ledger.BY_EXPIRY, moment


def steps() -> st.SearchStrategy[list[tuple[str, int]]]:
    """What happens, each so many days after the one before; a year and its edges among them."""
    things = ["analysis", "offers", "both", "revoke analysis", "revoke offers", "night", "nothing"]
    days = st.one_of(st.integers(1, 400), st.sampled_from([1, 7, 30, 335, 364, 365, 366]))
    return st.lists(st.tuples(st.sampled_from(things), days), min_size=1, max_size=14)


_number = numbers()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps())
def test_any_history_agrees_with_the_plain_model(session: Session, history: list[tuple[str, int]]) -> None:
    user_id = find_or_create_user(session, f"p{next(_number)}@example.com").user_id
    only = Scope(user_ids=(user_id,))
    plain, rows, now = Plain(), [], GRANTED
    for number, (thing, days) in enumerate(history):
        now += timedelta(days=days)
        if thing in ("analysis", "both") or (thing == "offers" and plain.analysis(now)):
            purposes = BOTH if thing == "both" else (thing,)
            ledger.grant(session, user_id, purposes, method="web", text_version=f"v{number}", at=now)
            plain.grants += [Grant(purpose, now, f"v{number}") for purpose in purposes]
            rows += [(purpose, "grant", f"v{number}", "web", now) for purpose in purposes]
        elif thing.startswith("revoke"):
            purpose = thing.removeprefix("revoke ")
            named = {purpose, "offers"} if purpose == "analysis" and plain.offers(now) else {purpose}
            for name in named:
                agreed = [one.version for one in plain.grants if one.purpose == name]
                rows.append((name, "revoke", agreed[-1] if agreed else "in force", "web", now))
            end_by_hand(session, user_id, purpose, now, "in force")
            plain.revoked.append((purpose, now))
        elif thing == "night":
            night(now, only)
        session.commit()
        hold(session, user_id, plain, now)
    night(now, only)
    assert sorted(written(session, user_id)) == sorted([*rows, *plain.ended_by_expiry(now)])


def hold(session: Session, user_id: UUID, plain: Plain, now: datetime) -> None:
    """The state is the model's at this moment and at those to come if nothing is done; notices are of what is live."""
    ends = [one.until for one in plain.grants if one.until > now]
    for at in [now, *ends, *(moment - INSTANT for moment in ends)]:
        state = ledger.state(session, user_id, at)
        assert (state.analysis, state.offers) == (plain.analysis(at), plain.offers(at)), at
        told = {one.purpose for one in term.notices(session, user_id, at)}
        assert told <= {name for name in BOTH if getattr(state, name)}
        due = user_id in session.scalars(term.notice_due(at).where(User.user_id == user_id)).all()
        assert not due or state.analysis
