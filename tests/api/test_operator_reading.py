"""What operators and auditors read: lists of people, one in full, the queue, the numbers."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.operators.acting import Asked, act
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import (
    AuditEvent,
    Feedback,
    Flag,
    JobRun,
    Persona,
    PersonaChange,
    Progress,
    Recommendation,
    Upload,
    User,
)
from spendsense.store.statuses import Action
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_recommendation, add_signals

OPERATOR = "/api/v1/operator"
BOOK = load_rulebook()
OFFER = "offer-fernhill-balance-transfer"
People = dict[str, User]


@pytest.fixture
def olga(pool: Pool) -> Headers:
    return pool.bearer("olga@example.com", "operators")


@pytest.fixture
def people(session: Session, person: Callable[..., User]) -> People:
    """Ann and Bob with a persona, Cid without one yet; Dan, of whom things are stored but who no longer agrees."""
    at = clock.now()
    made = {name: person(f"{name}@example.com", "analysis") for name in ("ann", "bob", "cid", "dan")}
    personas = {"ann": ("high_utilization", 3), "bob": ("fee_pressured", 1), "dan": ("savings_builder", 2)}
    for name, (persona, hours) in personas.items():
        fixed: dict[str, Any] = {"window_days": 90, "persona": persona, "reason": "criteria", "criteria": []}
        fixed |= {"user_id": made[name].user_id, "rulebook_version": BOOK.version, "as_of": at.date()}
        session.add(Persona(**fixed))
        session.add(PersonaChange(**fixed, changed_at=at - timedelta(hours=hours)))
        add_recommendation(session, made[name], status="pending_approval", created_at=at - timedelta(hours=hours))
    for name in ("bob", "dan"):
        session.add(Flag(user_id=made[name].user_id, action_id=uuid.uuid4(), reason_code="complaint", flagged_at=at))
    session.execute(update(User).values(state="CA"))
    session.execute(update(User).where(User.email == "dan@example.com").values(analysis_until=at))
    session.commit()
    return made


def get(client: FlaskClient, headers: Headers, path: str) -> Any:
    response = client.get(f"{OPERATOR}/{path}", headers=headers)
    assert response.status_code == 200, response.json
    return response.json


def names(answer: Any) -> list[str]:
    return [one["email"].partition("@")[0] for one in answer["data"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "ann bob cid dan"),
        ("?q=b", "bob"),
        ("?q=BOB@EX", "bob"),
        ("?q=example.com", ""),
        ("?q=%25", ""),  # a percent sign is no wildcard
        ("?q=_nn", ""),
        ("?persona=high_utilization", "ann"),
        ("?persona=none", "cid"),
        ("?persona=savings_builder", ""),  # Dan's, who no longer agrees
        ("?flagged=true", "bob"),  # and not Dan
        ("?flagged=false", "ann cid"),
        ("?sort=persona", "bob ann ? ?"),
        ("?sort=changed", "bob ann ? ?"),
        ("?flagged=true&persona=fee_pressured&q=bo", "bob"),
        ("?flagged=true&persona=high_utilization", ""),
    ],
)
def test_people_are_looked_up(client: FlaskClient, olga: Headers, people: People, query: str, found: str) -> None:
    expected = found.split()
    got = names(get(client, olga, f"users{query}"))
    known = [name for name in expected if name != "?"]
    assert got[: len(known)] == known
    assert len(got) == len(expected)


def test_a_person_is_found_by_id(client: FlaskClient, olga: Headers, people: People) -> None:
    assert names(get(client, olga, f"users?q={people['cid'].user_id}")) == ["cid"]
    assert names(get(client, olga, f"users?q={uuid.uuid4()}")) == []


@pytest.mark.parametrize("sort", ["email", "persona", "changed"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_everyone_once(client: FlaskClient, olga: Headers, people: People, sort: str, limit: int) -> None:
    whole = names(get(client, olga, f"users?sort={sort}"))
    paged, mark = [], ""
    while mark is not None:
        answer = get(client, olga, f"users?sort={sort}&limit={limit}" + (f"&after={mark}" if mark else ""))
        paged += names(answer)
        mark = answer["next"]
    assert paged == whole
    assert sorted(whole) == ["ann", "bob", "cid", "dan"]


@pytest.mark.parametrize(
    "path", ["users?sort=email", "users?sort=persona", "users?sort=changed", "review", "review?sort=age"]
)
@pytest.mark.parametrize("mark", ["x", "WzFd", "WyJhIl0", "WyJhIiwiYiJd", "WyJhIiwiYiIsImMiLCJkIl0"])
def test_a_mark_that_no_page_gave_is_refused(client: FlaskClient, olga: Headers, path: str, mark: str) -> None:
    separator = "&" if "?" in path else "?"
    response = client.get(f"{OPERATOR}/{path}{separator}after={mark}", headers=olga)
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/after")


@pytest.mark.parametrize("query", ["persona=nobody", "sort=age", "flagged=perhaps", "q=", "q=%00", "limit=501", "x=1"])
def test_a_search_that_cannot_be_is_refused(client: FlaskClient, olga: Headers, query: str) -> None:
    assert client.get(f"{OPERATOR}/users?{query}", headers=olga).status_code == 422


def test_of_who_does_not_agree_there_is_the_consent_alone(client: FlaskClient, olga: Headers, people: People) -> None:
    listed = {one["email"]: one for one in get(client, olga, "users")["data"]}
    ann, dan = listed["ann@example.com"], listed["dan@example.com"]
    assert (ann["persona"], ann["is_flagged"], ann["consent"]["analysis"]) == ("high_utilization", False, True)
    assert ann["persona_changed_at"] is not None
    assert dan["consent"]["analysis"] is False
    assert [dan[name] for name in ("persona", "persona_changed_at", "is_flagged")] == [None, None, None]
    full = get(client, olga, f"users/{people['dan'].user_id}")
    assert (full["consent"]["analysis"], full["derived"], full["state"]) == (False, None, None)
    assert get(client, olga, f"users/{people['ann'].user_id}")["state"] == "CA"
    actions = client.get(f"{OPERATOR}/users/{people['dan'].user_id}/actions", headers=olga)
    assert (actions.status_code, actions.json["purpose"]) == (403, "analysis")


def test_one_person_in_full(client: FlaskClient, session: Session, olga: Headers, people: People) -> None:
    ann = people["ann"]
    add_signals(session, ann, 90, spending_cents=4_200)
    add_recommendation(session, ann, item_id="ended", status="rejected", ended_at=clock.now())
    add_recommendation(session, ann, item_id=OFFER, kind="offer", status="pending_approval")
    asked = Asked(Action.FLAG, "vulnerable", user_id=ann.user_id, note="she called")
    act(session, asked, operator="olga", at=clock.now())
    session.commit()
    full = get(client, olga, f"users/{ann.user_id}")
    derived = full["derived"]
    assert (full["email"], derived["persona"]["persona"]) == ("ann@example.com", "high_utilization")
    assert (derived["signals"]["window_days"], derived["signals"]["spending"]["values"]["cents"]) == (90, 4_200)
    assert [(one["item_id"], one["status"]) for one in derived["recommendations"]] == [
        ("utilization-basics", "pending_approval"),
        ("ended", "rejected"),
    ]  # and no offer: she has not agreed to those
    assert derived["flag"]["reason_code"] == "vulnerable"
    assert [note["note"] for note in derived["notes"]] == ["she called"]
    session.execute(update(User).values(offers_until=clock.now() + timedelta(days=1)))
    items = [one["item_id"] for one in get(client, olga, f"users/{ann.user_id}")["derived"]["recommendations"]]
    assert items == ["utilization-basics", OFFER, "ended"]


def test_the_actions_about_a_person_come_newest_first_in_pages(
    client: FlaskClient, session: Session, olga: Headers, people: People
) -> None:
    at = clock.now()
    for number in range(5):
        asked = Asked(Action.NOTE, "other", user_id=people["ann"].user_id, note=f"note {number}")
        act(session, asked, operator="olga", at=at + timedelta(seconds=number // 2))
    session.commit()
    told, mark = [], ""
    while mark is not None:
        path = f"users/{people['ann'].user_id}/actions?limit=2" + (f"&after={mark}" if mark else "")
        answer = get(client, olga, path)
        told += [one["note"] for one in answer["data"]]
        mark = answer["next"]
    assert told[0] == "note 4"
    assert sorted(told) == [f"note {number}" for number in range(5)]


def test_the_summary_counts_who_agrees(client: FlaskClient, olga: Headers, people: People) -> None:
    summary = get(client, olga, "users/summary")["data"]
    assert summary["people"] == {"all": 4, "analysis": 3, "offers": 0, "flagged": 1}
    assert {name: count for name, count in summary["personas"].items() if count} == {
        "high_utilization": 1,
        "fee_pressured": 1,
        "none": 1,
    }
    assert set(summary["personas"]) == {*(rule.persona_id for rule in BOOK.personas), "none"}
    assert summary["review"] == {"held": 0, "pending_approval": 2}  # Dan's is not there


def test_the_metrics_count_what_is_stored(client: FlaskClient, session: Session, olga: Headers, people: People) -> None:
    at = clock.now()
    ann, bob, dan = people["ann"], people["bob"], people["dan"]
    add_signals(session, ann, 90)
    add_signals(session, dan, 90)
    shown = add_recommendation(session, ann, item_id="shown")
    add_recommendation(session, ann, item_id="over", expires_on=clock.today())
    add_recommendation(session, bob, item_id=OFFER, kind="offer")
    session.add(Feedback(user_id=ann.user_id, recommendation_id=shown, verdict="helpful", at=at))
    for user, days in ((ann, 40), (ann, 3), (bob, 31), (dan, 0)):
        moments = {"received_at": at - timedelta(days=days), "source": "api", "counts": {}, "rejects": []}
        session.add(Upload(user_id=user.user_id, **moments))
    for hours, outcome in ((30, "failed"), (6, "complete")):
        started = {"as_of": clock.today(), "started_at": at - timedelta(hours=hours), "outcome": outcome}
        session.add(JobRun(job="assign_persona", **started))
    session.execute(update(Progress).where(Progress.user_id == ann.user_id).values(measured_as_of=clock.today()))
    session.commit()
    metrics = get(client, olga, "metrics")["data"]
    assert metrics["summary"] == get(client, olga, "users/summary")["data"]
    assert metrics["coverage"] == {"measured": 1, "named": 2, "shown_something": 1, "with_persona": 2}
    assert metrics["recommendations"]["education"]["active"] == 2
    assert metrics["recommendations"]["education"]["pending_approval"] == 2
    assert sum(metrics["recommendations"]["offer"].values()) == 0  # Bob has not agreed to offers
    assert metrics["feedback"] == {"helpful": 1, "not_helpful": 0, "dismissed": 0, "clicked": 0}
    ages = {"within_a_day": 0, "within_7_days": 1, "within_30_days": 0, "older": 1, "none": 1}
    assert metrics["data"]["people"] == ages
    assert metrics["data"]["measured_first"] == metrics["data"]["measured_last"] == clock.today().isoformat()
    assert [(run["job"], run["outcome"]) for run in metrics["jobs"]] == [("assign_persona", "complete")]


# --- the queue -------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(session: Session, people: People) -> dict[uuid.UUID, str]:
    """Recommendation → its name: what waits of Ann, Bob (who is flagged) and Cid, beside what is not to be seen."""
    session.execute(update(User).where(User.email != "dan@example.com").values(offers_until=User.analysis_until))
    session.execute(update(Recommendation).values(status="active"))
    at = clock.now() - timedelta(days=1)
    ann, bob, cid, dan = (people[name] for name in ("ann", "bob", "cid", "dan"))
    add_signals(session, ann, 90, credit_is_overdue=True)
    add_signals(session, bob, 90, credit_max_utilization_ratio="0.4999")
    add_signals(session, cid, 90, credit_max_utilization_ratio="0.5000")

    def add(user: User, name: str, hours: int, **how: Any) -> tuple[uuid.UUID, str]:
        changes = {"item_id": name, "status": "pending_approval", "created_at": at - timedelta(hours=hours), **how}
        return add_recommendation(session, user, **changes), name

    seen = dict(
        [
            add(ann, "overdue", 1),
            add(ann, "overdue-older", 2),
            add(ann, "overdue-offer", 0, kind="offer"),
            add(cid, "high-failed", 0, status="held", status_reason="reading: grade 9.3 is above 8"),
            add(bob, "flagged-plain", 5),
            add(bob, "flagged-offer", 0, kind="offer"),
        ]
    )
    add(dan, "no-consent", 9)
    add(ann, "over", 9, expires_on=clock.today())
    add(ann, "shown", 9, status="active")
    session.commit()
    return seen


def queued(answer: Any) -> list[str]:
    return [one["item_id"] for one in answer["data"]]


def test_the_riskiest_come_first_of_flagged_people_before_others(
    client: FlaskClient, olga: Headers, waiting: dict[uuid.UUID, str]
) -> None:
    data = get(client, olga, "review")["data"]
    assert [(one["item_id"], one["is_flagged"], one["risk"], one["risks"]) for one in data] == [
        ("flagged-offer", True, 4, ["offer"]),
        ("flagged-plain", True, 0, []),  # at 49.99 %
        ("overdue-offer", False, 6, ["offer", "overdue"]),
        ("high-failed", False, 3, ["high_utilization", "failed_text"]),  # at 50 %
        ("overdue-older", False, 2, ["overdue"]),
        ("overdue", False, 2, ["overdue"]),
    ]
    assert data[3]["faults"] == "reading: grade 9.3 is above 8"
    assert data[3]["status"] == "held"


def test_by_age_the_oldest_come_first(client: FlaskClient, olga: Headers, waiting: dict[uuid.UUID, str]) -> None:
    whole = queued(get(client, olga, "review?sort=age"))
    assert whole[:2] == ["flagged-plain", "flagged-offer"]
    assert whole[2:4] == ["overdue-older", "overdue"]
    assert sorted(whole[4:]) == ["high-failed", "overdue-offer"]  # of one moment: by id


@pytest.mark.parametrize("sort", ["risk", "age"])
@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_of_the_queue_hold_everything_once(
    client: FlaskClient, olga: Headers, waiting: dict[uuid.UUID, str], sort: str, limit: int
) -> None:
    whole = queued(get(client, olga, f"review?sort={sort}"))
    paged, mark = [], ""
    while mark is not None:
        answer = get(client, olga, f"review?sort={sort}&limit={limit}" + (f"&after={mark}" if mark else ""))
        paged += queued(answer)
        mark = answer["next"]
    assert paged == whole
    assert len(whole) == len(waiting)


def test_without_consent_to_offers_none_waits(
    client: FlaskClient, session: Session, olga: Headers, waiting: dict[uuid.UUID, str]
) -> None:
    session.execute(update(User).values(offers_until=clock.now()))
    assert not {"flagged-offer", "overdue-offer"} & {*queued(get(client, olga, "review"))}


# --- who reads, and in which shape -----------------------------------------------------------------------------------


def reads(people: People) -> list[str]:
    ann = people["ann"].user_id
    return ["users", "users/summary", f"users/{ann}", f"users/{ann}/actions", "metrics", "review"]


def test_auditors_read_the_same(client: FlaskClient, pool: Pool, olga: Headers, people: People) -> None:
    auditor = pool.bearer("axel@example.com", "auditors")
    for path in reads(people):
        assert get(client, auditor, path) == get(client, olga, path)


def test_reading_changes_nothing(client: FlaskClient, session: Session, olga: Headers, people: People) -> None:
    for path in reads(people):
        get(client, olga, path)
    assert session.scalars(select(AuditEvent)).all() == []


def test_what_is_read_fits_its_schema(
    client: FlaskClient, session: Session, olga: Headers, people: People, waiting: dict[uuid.UUID, str]
) -> None:
    act(session, Asked(Action.NOTE, "other", user_id=people["ann"].user_id, note="x"), operator="o", at=clock.now())
    session.commit()
    document = client.get("/api/v1/openapi.json").json
    for path in [*reads(people), f"users/{people['dan'].user_id}"]:
        described = path.replace(str(people["ann"].user_id), "{user_id}").replace(
            str(people["dan"].user_id), "{user_id}"
        )
        schema = document["paths"][f"{OPERATOR}/{described}"]["get"]["responses"]["200"]["content"]["application/json"]
        jsonschema_rs.validate({**schema["schema"], "components": document["components"]}, get(client, olga, path))
