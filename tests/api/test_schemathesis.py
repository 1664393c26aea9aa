"""Whatever the OpenAPI document allows, and what it forbids, is answered as the document says, and never by a failure.

The requests are generated from the document, so that a new route is among them by itself.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import texts
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Recommendation, Stream, User
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload
from tests.api.undone import undone

SEED = 20_261_120
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OFTEN = 5  # times more often than anybody else asks whoever a route is for
IDENTITY = {"Accept-Encoding": "identity"}  # bodies are read as they come


@dataclass
class Api:
    """The application with a person in it, who may ask, which ids exist, and what was answered so far."""

    operations: list[Any]
    callers: dict[str, Headers]
    known: dict[str, str]
    session: Session
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def try_out(self, operation: Any, examples: int) -> None:
        """So many requests to an operation, good and bad, each by one of the callers, and undone after it."""
        owner = "operator" if "/operator/" in operation.path else "consumer"
        callers = st.sampled_from([owner] * OFTEN + sorted(self.callers))
        requests = st.one_of(operation.as_strategy(mode) for mode in GenerationMode)

        @seed(SEED)
        @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(requests, callers, st.booleans())
        def send(case: Any, caller: str, is_about_what_exists: bool) -> None:
            case.headers.pop("Authorization", None)
            if is_about_what_exists:
                there = {name: self.known[name] for name in case.path_parameters or () if name in self.known}
                case.path_parameters.update(there)
            with undone(self.session):
                response = case.call(headers={**IDENTITY, **self.callers[caller]})
            self.answers[caller, response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        send()


@pytest.fixture
def api(app: Flask, client: FlaskClient, session: Session, pool: Pool, person: Callable[..., User]) -> Api:
    """Ann has data, a stream, recommendations and all consents."""
    user = person("ann@example.com", "analysis", "offers")
    ann = pool.bearer("ann@example.com")
    assert client.post("/api/v1/users/me/uploads", json=payload(), headers=ann).status_code == 201
    known = {
        "user_id": str(user.user_id),
        "transaction_id": "m10",
        "recommendation_id": str(session.scalars(select(Recommendation.recommendation_id)).first()),
        "stream_id": str(session.scalars(select(Stream.stream_id)).first()),
        "version": texts.version_in_force(load_rulebook()),
    }
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    callers = {"consumer": ann, "operator": pool.bearer("olga@example.com", "operators"), "anonymous": {}}
    return Api([result.ok() for result in schema.get_all_operations()], callers, known, session)


@pytest.mark.parametrize("total", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_no_request_breaks_the_document_or_the_application(api: Api, total: int) -> None:
    varied = [operation for operation in api.operations if takes_anything(operation)]
    for operation in api.operations:
        api.try_out(operation, math.ceil(total / len(varied)))
    assert api.answers.total() >= total
    callers, statuses = ({answer[part] for answer in api.answers} for part in (0, 1))
    assert callers == set(api.callers)
    assert {200, 201, 401, 403, 404, 409, 422} <= statuses


def takes_anything(operation: Any) -> bool:
    """Whether requests to it can differ, but for the caller."""
    return bool(list(operation.iter_parameters()) or operation.body)
