"""What operators do over the API: who may, what is answered, what is refused, and what the person is shown."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.personas.assign import name_people
from spendsense.recommendations.generate import advise
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import AuditEvent, OperatorAction, Recommendation, User
from tests.api.conftest import Headers, Pool
from tests.samples import make_card, make_signals, store_checking, store_signals

OPERATOR = "/api/v1/operator"
ME = "/api/v1/users/me/recommendations"
BOOK = load_rulebook()
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
}
CARD = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50)
POSTS = [
    "recommendations/{id}/approve",
    "recommendations/{id}/reject",
    "recommendations/{id}/override",
    "users/{id}/flag",
    "users/{id}/unflag",
    "users/{id}/note",
    "actions",
    "actions/{id}/undo",
]


@pytest.fixture
def ann_user(session: Session, person: Callable[..., User]) -> User:
    """Ann, whose card is at 68 % of its limit, and whose recommendations all wait for an operator."""
    user = person("ann@example.com", "analysis", "offers")
    store_checking(session, user.user_id, clock.today())
    store_signals(session, user.user_id, make_signals(HIGH, cards=(CARD,)), (30, 90, 180))
    at = clock.now() - timedelta(seconds=5)
    name_people(session, [user.user_id], at.date(), BOOK, at)
    advise(session, [user.user_id], at.date(), BOOK, at, uuid.uuid4(), "approval")
    session.commit()
    return user


@pytest.fixture
def olga(pool: Pool) -> Headers:
    return pool.bearer("olga@example.com", "operators")


def item(session: Session, item_id: str = "utilization-explained") -> Recommendation:
    session.expire_all()
    return session.scalars(select(Recommendation).where(Recommendation.item_id == item_id)).one()


def post(client: FlaskClient, headers: Headers, path: str, body: Any) -> Any:
    return client.post(f"{OPERATOR}/{path}", json=body, headers=headers)


def shown(client: FlaskClient, ann: Headers) -> list[str]:
    data = client.get(ME, headers=ann).json["data"]
    return [one["title"] for kind in ("education", "offers") for one in data[kind]]


def test_the_person_is_shown_what_an_operator_lets_through_and_nothing_else(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, olga: Headers
) -> None:
    row = item(session)
    assert shown(client, ann) == []
    done = post(client, olga, f"recommendations/{row.recommendation_id}/approve", {"reason_code": "text_checked"})
    assert done.status_code == 201
    assert shown(client, ann) == [row.title]
    undone = post(client, olga, f"actions/{done.json['action_id']}/undo", {"reason_code": "mistake"})
    assert (undone.status_code, undone.json["undoes"]) == (201, done.json["action_id"])
    assert shown(client, ann) == []
    post(client, olga, f"recommendations/{row.recommendation_id}/reject", {"reason_code": "unsuitable"})
    assert shown(client, ann) == []


def test_an_action_is_answered_as_it_is_recorded(
    client: FlaskClient, session: Session, pool: Pool, ann_user: User, olga: Headers
) -> None:
    row = item(session)
    body = {"reason_code": "unsuitable", "note": "too soon\nfor her", "replacement": "scam-signs"}
    answer = post(client, olga, f"recommendations/{row.recommendation_id}/override", body)
    new = item(session, "scam-signs")
    at = datetime.fromisoformat(answer.json["at"])
    assert answer.json == {
        "action_id": answer.json["action_id"],
        "user_id": str(ann_user.user_id),
        "actor": pool.claims("olga@example.com")["sub"],
        "action": "override",
        "reason_code": "unsuitable",
        "note": "too soon\nfor her",
        "recommendation_id": str(row.recommendation_id),
        "replacement_id": str(new.recommendation_id),
        "from_status": "pending_approval",
        "to_status": "overridden",
        "undoes": None,
        "at": answer.json["at"],
        "undo_until": (at + timedelta(minutes=10)).isoformat(),
    }
    stored = session.scalars(select(OperatorAction)).one()
    assert (str(stored.action_id), stored.at) == (answer.json["action_id"], at)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("group", ["auditors", "consumers"])
def test_only_operators_act(path: str, group: str, client: FlaskClient, session: Session, pool: Pool) -> None:
    headers = pool.bearer("axel@example.com", group)
    body = {"reason_code": "other", "note": "a text", "entries": []}
    assert post(client, headers, path.format(id=uuid.uuid4()), body).status_code == 403
    assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.parametrize("path", [path for path in POSTS if path != "actions"])
def test_what_is_not_there_is_not_found(path: str, client: FlaskClient, olga: Headers) -> None:
    body = {"reason_code": "other"} | ({"note": "a text"} if "note" in path else {})
    assert post(client, olga, path.format(id=uuid.uuid4()), body).status_code == 404


@pytest.mark.parametrize("path", POSTS[:6])
def test_nobody_acts_on_a_person_who_does_not_agree(
    path: str, client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    identifier = item(session).recommendation_id if "recommendations" in path else ann_user.user_id
    session.execute(update(User).values(analysis_until=clock.now()))
    body = {"reason_code": "other"} | ({"note": "a text"} if "note" in path else {})
    answer = post(client, olga, path.format(id=identifier), body)
    assert (answer.status_code, answer.json["purpose"]) == (403, "analysis")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("recommendations/{id}/approve", {}, "/reason_code"),
        ("recommendations/{id}/approve", {"reason_code": "vulnerable"}, "/reason_code"),
        ("recommendations/{id}/approve", {"reason_code": "other", "replacement": "x"}, "/replacement"),
        ("recommendations/{id}/reject", {"reason_code": "other", "note": "x" * 2_001}, "/note"),
        ("recommendations/{id}/reject", {"reason_code": "other", "note": " \n "}, "/note"),
        ("recommendations/{id}/reject", {"reason_code": "other", "note": "a\x00b"}, "/note"),
        ("recommendations/{id}/override", {"reason_code": "other", "replacement": ""}, "/replacement"),
        ("users/{id}/flag", {"reason_code": "text_checked"}, "/reason_code"),
        ("users/{id}/note", {"reason_code": "other"}, "/note"),
        ("users/{id}/note", {"reason_code": "other", "note": None}, "/note"),
        ("actions/{id}/undo", {"reason_code": "unsuitable"}, "/reason_code"),
        ("actions", {"entries": []}, "/entries"),
        ("actions", {"entries": [{"action": "undo", "reason_code": "other"}]}, "/entries/0/action"),
    ],
)
def test_a_body_that_cannot_be_taken_names_its_fault(
    path: str, body: dict[str, Any], pointer: str, client: FlaskClient, olga: Headers
) -> None:
    answer = post(client, olga, path.format(id=uuid.uuid4()), body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


RECOMMENDATION, PERSON = {"recommendation_id": str(uuid.uuid4())}, {"user_id": str(uuid.uuid4())}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"action": "approve", **PERSON}, "recommendation_id"),
        ({"action": "flag", **RECOMMENDATION}, "user_id"),
        ({"action": "approve", **RECOMMENDATION, **PERSON}, "user_id"),
        ({"action": "flag", **RECOMMENDATION, **PERSON}, "recommendation_id"),
        ({"action": "reject", **RECOMMENDATION, "replacement": "scam-signs"}, "replacement"),
        ({"action": "note", **PERSON}, "note"),
        ({"action": "flag", **PERSON, "reason_code": "text_checked"}, "reason_code"),
    ],
)
def test_the_parts_of_an_entry_go_together(
    entry: dict[str, str], field: str, client: FlaskClient, olga: Headers
) -> None:
    good = {"action": "flag", "reason_code": "other", **PERSON}
    answer = post(client, olga, "actions", {"entries": [good, {"reason_code": "other", **entry}]})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [f"/entries/1/{field}"]


def test_there_are_five_hundred_entries_at_most(client: FlaskClient, olga: Headers) -> None:
    entry = {"action": "flag", "reason_code": "other", **PERSON}
    assert post(client, olga, "actions", {"entries": [entry] * 501}).status_code == 422
    assert post(client, olga, "actions", {"entries": [entry] * 500}).status_code == 409  # there is no such person


def test_many_are_done_at_once(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, olga: Headers
) -> None:
    rows = session.scalars(select(Recommendation)).all()
    entries = [
        {"action": "approve", "reason_code": "text_checked", "recommendation_id": str(row.recommendation_id)}
        for row in rows
    ]
    answer = post(client, olga, "actions", {"entries": entries})
    assert answer.status_code == 201
    assert [one["recommendation_id"] for one in answer.json["data"]] == [one["recommendation_id"] for one in entries]
    assert len(shown(client, ann)) == len(rows) >= 4


def test_of_many_none_is_done_when_one_cannot_be(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, olga: Headers
) -> None:
    row = str(item(session).recommendation_id)
    entries = [
        {"action": "approve", "reason_code": "text_checked", "recommendation_id": row},
        {"action": "unflag", "reason_code": "resolved", "user_id": str(ann_user.user_id)},
    ]
    answer = post(client, olga, "actions", {"entries": entries})
    assert answer.status_code == 409
    assert answer.json["errors"] == [{"pointer": "/entries/1", "detail": "The person is not flagged."}]
    assert shown(client, ann) == []
    assert session.scalars(select(AuditEvent)).all() == []


def test_a_second_decision_does_not_fit(client: FlaskClient, session: Session, ann_user: User, olga: Headers) -> None:
    path = f"recommendations/{item(session).recommendation_id}"
    assert post(client, olga, f"{path}/reject", {"reason_code": "unsuitable"}).status_code == 201
    for again in ("approve", "reject", "override"):
        assert post(client, olga, f"{path}/{again}", {"reason_code": "other"}).status_code == 409


def test_it_is_too_late_to_undo_after_ten_minutes(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    done = post(client, olga, f"users/{ann_user.user_id}/flag", {"reason_code": "complaint"}).json
    session.execute(update(OperatorAction).values(at=clock.now() - timedelta(minutes=10, seconds=1)))
    assert post(client, olga, f"actions/{done['action_id']}/undo", {"reason_code": "mistake"}).status_code == 409


def test_a_replacement_must_be_fit_for_the_person(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    path = f"recommendations/{item(session).recommendation_id}/override"
    answer = post(client, olga, path, {"reason_code": "other", "replacement": "overdue-card-payment"})
    assert (answer.status_code, "trigger does not hold" in answer.json["detail"]) == (409, True)
    assert item(session).status == "pending_approval"


def test_no_text_of_an_operator_is_logged(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, olga, f"users/{ann_user.user_id}/note", {"reason_code": "other", "note": "zqx-called"})
    post(client, olga, f"users/{ann_user.user_id}/note", {"reason_code": "zqx-code", "note": "zqx-called"})
    written = capsys.readouterr()
    assert "zqx" not in written.out + written.err


# --- tags and keys ---------------------------------------------------------------------------------------------------


def paths_of(session: Session, user: User, what: str) -> tuple[str, str]:
    """What is read for a tag, and what is then done."""
    if what == "user":
        return f"users/{user.user_id}", f"users/{user.user_id}/flag"
    path = f"recommendations/{item(session).recommendation_id}"
    return path, f"{path}/approve"


@pytest.mark.parametrize("what", ["user", "recommendation"])
def test_what_has_changed_since_it_was_read_is_not_acted_on(
    what: str, client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    read, act = paths_of(session, ann_user, what)
    body = {"reason_code": "other"}
    tag = client.get(f"{OPERATOR}/{read}", headers=olga).headers["ETag"]
    assert client.get(f"{OPERATOR}/{read}", headers={**olga, "If-None-Match": tag}).status_code == 304
    assert post(client, {**olga, "If-Match": '"another"'}, act, body).status_code == 412
    assert session.scalars(select(OperatorAction)).all() == []
    done = post(client, {**olga, "If-Match": tag}, act, body)
    assert (done.status_code, done.headers["ETag"] != tag) == (201, True)
    assert client.get(f"{OPERATOR}/{read}", headers=olga).headers["ETag"] == done.headers["ETag"]
    undo = f"actions/{done.json['action_id']}/undo"
    assert post(client, {**olga, "If-Match": tag}, undo, {"reason_code": "mistake"}).status_code == 412
    current = {**olga, "If-Match": done.headers["ETag"]}
    assert post(client, current, undo, {"reason_code": "mistake"}).status_code == 201


def test_a_retry_does_nothing_a_second_time(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    headers = {**olga, "Idempotency-Key": "a-key-of-the-operator"}
    note, path = {"reason_code": "other", "note": "called"}, f"users/{ann_user.user_id}/note"
    first, second = (post(client, headers, path, note) for _ in range(2))
    assert (first.status_code, second.status_code, first.json) == (201, 201, second.json)
    assert len(session.scalars(select(OperatorAction)).all()) == 1
    assert post(client, headers, path, {**note, "note": "called again"}).status_code == 422
    many = {"entries": [{"action": "note", "user_id": str(ann_user.user_id), **note}]}
    other = {**olga, "Idempotency-Key": "another-key-of-hers"}
    first, second = (post(client, other, "actions", many) for _ in range(2))
    assert first.json == second.json
    assert len(session.scalars(select(OperatorAction)).all()) == 2


def test_a_note_that_is_taken_back_is_gone(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    said = {"reason_code": "other", "note": "has told me of a divorce"}
    note = post(client, olga, f"users/{ann_user.user_id}/note", said)
    assert (note.status_code, note.json["note"]) == (201, said["note"])
    assert post(client, olga, f"actions/{note.json['action_id']}/undo", {"reason_code": "mistake"}).status_code == 201
    assert "divorce" not in client.get(f"{OPERATOR}/users/{ann_user.user_id}/actions", headers=olga).text
    assert session.scalars(select(OperatorAction.note)).all() == [None, None]
