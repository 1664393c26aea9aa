"""Erasure: of the person nothing is left in any column of any table, whatever is added later, but a pseudonym."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent.rights import personal_tables
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store.models import AuditEvent, Consent, OperatorAction, User
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_transaction
from tests.filling import fill

ME = "/api/v1/users/me"
IP_ADDRESS = "203.0.113.177"
# No part of a random id, a time or a text of the project. What each stands for is in what Ann sends, below.
CANARIES = ("zqx-", "ZQX", "9471358", "94,713", "8264951", IP_ADDRESS)
SPELT_OTHERWISE = ("94713.58", "94,713.58", "82649.51", "82,649")


def test_rights_need_no_consent(client: FlaskClient, person: Callable[..., User], ann: Headers) -> None:
    person("ann@example.com")
    assert client.get(f"{ME}/export", headers=ann).status_code == 200
    assert client.delete(ME, headers=ann).status_code == 200


def test_the_receipt_says_what_was_removed_by_table(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers, pool: Pool
) -> None:
    user, other = person("ann@example.com", "analysis"), person("bob@example.com", "analysis")
    for one in (user, other):
        add_account(session, one)
        add_transaction(session, one, "t1")
    session.commit()
    subject = user.audit_subject
    receipt = client.delete(ME, headers=ann)
    assert receipt.status_code == 200
    assert set(receipt.json["deleted"]) == {table.name for table in personal_tables()}
    removed = {table: count for table, count in receipt.json["deleted"].items() if count}
    assert removed == {"users": 1, "progress": 1, "consents": 1, "accounts": 1, "transactions": 1}
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.event_id, event.subject, event.event) == (receipt.json["event_id"], subject, "person.erased")
    assert event.detail == {"deleted": receipt.json["deleted"]}
    # Bob keeps all of his.
    assert client.get(f"{ME}/transactions", headers=pool.bearer("bob@example.com")).json["data"] != []


def test_after_erasure_no_column_of_any_table_holds_anything_of_the_person(
    client: FlaskClient, session: Session, person: Callable[..., User], pool: Pool
) -> None:
    ann, bob = pool.bearer("zqx-ann@example.com"), pool.bearer("bob@example.com")
    user = person("zqx-ann@example.com", "analysis", "offers")
    live_a_year(client, session, user, ann)
    person("bob@example.com", "analysis")
    client.post(f"{ME}/uploads", json=payload("other"), headers=bob)
    for table in personal_tables():
        fill(session, table, user.user_id)
    session.commit()

    ids = own_ids(session, user)
    before = everything(session)
    assert [canary for canary in CANARIES if not found(before, [canary])] == []
    assert found(before, CANARIES) >= {"users", "consents", "accounts", "transactions", "liabilities", "streams"}
    assert found(before, CANARIES) >= {"stream_choices", "corrections", "recommendations", "traces", "operator_actions"}
    assert found(before, ids) >= {table.name for table in personal_tables()}

    assert client.delete(ME, headers=ann).status_code == 200
    after = everything(session)
    assert found(after, CANARIES + SPELT_OTHERWISE) == set()
    assert found(after, ids) == set()
    records = session.scalars(sa.select(AuditEvent).where(AuditEvent.event == "person.erased")).all()
    assert len(records) == 1
    assert after["transactions"]  # Bob's


def test_a_second_erasure_is_of_a_new_person(client: FlaskClient, ann: Headers, session: Session) -> None:
    """Who comes back after it is somebody new to us, under another pseudonym."""
    client.get(ME, headers=ann)
    client.delete(ME, headers=ann)
    client.get(ME, headers=ann)
    client.delete(ME, headers=ann)
    subjects = session.scalars(sa.select(AuditEvent.subject)).all()
    assert len(subjects) == len(set(subjects)) == 2


# --- Ann's year ------------------------------------------------------------------------------------------------------


def payload(mark: str = "zqx") -> dict[str, Any]:
    """A card, a checking account with a monthly subscription, pay and an odd purchase, all named after the mark."""
    money = {"current": 94713.58 if mark == "zqx" else 1, "limit": 100_000, "iso_currency_code": "USD"}
    card = {"account_id": f"{mark}-card", "name": f"{mark}-Visa", "mask": "ZQX1" if mark == "zqx" else "0001"}
    rows = [
        {
            "transaction_id": f"{mark}-row-{number}",
            "account_id": f"{mark}-card",
            "date": (clock.today() - timedelta(days=30 * number)).isoformat(),
            "amount": 82649.51 if mark == "zqx" else 5,
            "name": f"{mark}-Filmbox",
            "merchant_name": f"{mark}-Filmbox Ltd",
            "merchant_entity_id": f"{mark}-merchant",
        }
        for number in range(5)
    ]
    return {
        "item": {"item_id": f"{mark}-item", "institution_id": f"{mark}-bank"},
        "accounts": [{**card, "type": "credit", "subtype": "credit card", "balances": money}],
        "transactions": rows,
        "liabilities": {"credit": [{"account_id": f"{mark}-card", "last_payment_amount": rows[0]["amount"]}]},
        "removed": [{"transaction_id": f"{mark}-gone"}],
    }


def live_a_year(client: FlaskClient, session: Session, user: User, headers: Headers) -> None:
    """All that a person can leave behind: data, words of their own, what was made of it, what operators wrote."""
    network = {"REMOTE_ADDR": IP_ADDRESS}
    version = client.get(f"{ME}/consents", headers=headers).json["texts"][0]["version"]
    agree = {"purposes": ["analysis", "offers"], "text_version": version}
    client.post(f"{ME}/consents", json=agree, headers=headers, environ_overrides=network)
    broken = {**payload(), "removed": [{"transaction_id": "zqx-gone"}, {"transaction_id": "ZQX" * 80}]}
    assert client.post(f"{ME}/uploads", json=broken, headers=headers).status_code in (201, 422)
    corrected = {"personal_finance_category": {"primary": "ENTERTAINMENT", "detailed": "ENTERTAINMENT_TV_AND_MOVIES"}}
    assert client.patch(f"{ME}/transactions/zqx-row-0", json=corrected, headers=headers).status_code == 200
    (stream,) = client.get(f"{ME}/streams", headers=headers).json["data"]
    client.patch(f"{ME}/streams/{stream['stream_id']}", json={"name": "ZQX my films"}, headers=headers)
    for item in client.get(f"{ME}/recommendations", headers=headers).json["data"]["education"][:2]:
        path = f"{ME}/recommendations/{item['id']}/feedback"
        client.post(path, json={"verdict": "dismissed"}, headers=headers)
    client.delete(f"{ME}/consents/offers", headers=headers, environ_overrides=network)
    moments = {"user_id": user.user_id, "at": clock.now()}
    session.add(OperatorAction(actor="op-1", action="flag", reason_code="other", note="ZQX called us", **moments))
    grants = sa.update(Consent).where(Consent.user_id == user.user_id)
    session.execute(grants.values(evidence="ZQX paper in box 7"))
    session.execute(sa.update(User).where(User.user_id == user.user_id).values(data_version=User.data_version + 1))
    session.commit()
    for job in Job:
        run_job(job)


# --- looking for it --------------------------------------------------------------------------------------------------


def everything(session: Session) -> dict[str, list[str]]:
    """Table → each of its rows as one text, with every column, arrays and JSON within. Of all tables that there are."""
    session.commit()
    names = session.scalars(
        sa.text(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            " AND table_schema NOT LIKE 'pg_temp%'"  # an ingest's, which end with its transaction
        )
    ).all()
    return {name: list(session.scalars(sa.text(f'SELECT r::text FROM "{name}" AS r'))) for name in names}


def found(tables: dict[str, list[str]], marks: Any) -> set[str]:
    """The tables in which one of the marks stands."""
    return {name for name, rows in tables.items() if any(mark in row for row in rows for mark in marks)}


def own_ids(session: Session, user: User) -> set[str]:
    """Every id of the person and of their rows, but those that the audit is allowed to keep.

    A stream and a correction stand there under random ids of their own, which lead nowhere once the rows are gone.
    """
    ids = {str(user.user_id), str(user.sub), user.email}
    for table in personal_tables():
        for column in table.primary_key.columns:
            if isinstance(column.type, sa.Uuid | sa.String) and column.name not in ("stream_id", "job", "purpose"):
                ids |= {str(key) for key in session.scalars(sa.select(column).where(table.c.user_id == user.user_id))}
    return ids


@pytest.mark.parametrize("table", [table.name for table in personal_tables()])
def test_the_scan_would_find_it(client: FlaskClient, session: Session, person: Callable[..., User], table: str) -> None:
    """A row that stayed behind in any one table is seen."""
    user = person("zqx-ann@example.com", "analysis")
    session.commit()
    for one in personal_tables():
        if one.name in ("accounts", "recommendations", table):
            fill(session, one, user.user_id)
    assert table in found(everything(session), [str(user.user_id)])
