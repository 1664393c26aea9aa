"""What operators are told of the service, and what everybody is."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store import revisions
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload

STATUS = "/api/v1/operator/status"


@pytest.mark.parametrize("group", ["operators", "auditors"])
def test_the_staff_sees_how_it_stands(
    group: str, client: FlaskClient, session: Session, pool: Pool, ann: Headers, person: Callable[..., User]
) -> None:
    user = person("ann@example.com", "analysis")
    client.post("/api/v1/users/me/uploads", json=payload(), headers=ann)
    run_job(Job.COMPUTE_FEATURES)
    response = client.get(STATUS, headers=pool.bearer("olga@example.com", group))
    body = response.json
    assert response.status_code == 200
    assert body["applied_migration"] == body["newest_migration"] == revisions.newest()
    assert [job["job"] for job in body["jobs"]] == [job.value for job in Job]
    assert body["jobs"][0]["last_run"]["outcome"] == "complete"
    assert body["jobs"][1]["last_run"] is None
    assert body["data"]["agreeing_people"] == 1
    assert body["data"]["last_upload_at"] is not None
    of_chance = body["jobs"][0]["last_run"]["run_id"]  # four digits of it, or of a time, may be those of the card
    shown = response.text.replace(of_chance, "")
    for told in (str(user.user_id), "ann", "4523", "Visa", "Market"):
        assert not re.search(rf"\b{told}\b", shown)


def test_it_is_not_for_consumers(client: FlaskClient, ann: Headers) -> None:
    assert client.get(STATUS, headers=ann).status_code == 403
    assert client.get(STATUS).status_code == 401


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_health_says_only_ok(path: str, client: FlaskClient) -> None:
    response = client.get(path)
    assert (response.status_code, response.json) == (200, {"status": "ok"})
