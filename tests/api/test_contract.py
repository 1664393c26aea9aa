"""What is answered is what the OpenAPI document says."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from spendsense.store.models import User
from tests.api.conftest import Headers
from tests.api.test_chain import payload

ME = "/api/v1/users/me"
READ = [
    "",
    "/consents",
    "/uploads",
    "/accounts",
    "/transactions",
    "/signals",
    "/streams",
    "/persona",
    "/recommendations",
]
READ.append("/export")


@pytest.fixture
def check(client: FlaskClient) -> Callable[[str, str, Any], None]:
    """Holds an answer against the schema of its path, method and status."""
    document = client.get("/api/v1/openapi.json").json

    def hold(path: str, method: str, response: Any) -> None:
        described = document["paths"][path][method]["responses"]
        answer = described.get(str(response.status_code), described["default"])
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
        (schema,) = [content["schema"] for media, content in answer["content"].items() if media == response.mimetype]
        jsonschema_rs.validate({**schema, "components": document["components"]}, response.json)

    return hold


@pytest.mark.parametrize("agrees", [True, False])
def test_every_answer_of_a_person_fits_its_schema(
    agrees: bool, client: FlaskClient, ann: Headers, person: Callable[..., User], check: Callable[[str, str, Any], None]
) -> None:
    person("ann@example.com", *(["analysis", "offers"] if agrees else []))
    taken = client.post(f"{ME}/uploads", json=payload(), headers=ann)
    assert taken.status_code == (201 if agrees else 403)
    check(f"{ME}/uploads", "post", taken)
    for name in READ:
        check(ME + name, "get", client.get(ME + name, headers=ann))


def test_refusals_fit_their_schema(
    client: FlaskClient, ann: Headers, person: Callable[..., User], check: Callable[[str, str, Any], None]
) -> None:
    person("ann@example.com", "analysis")
    partly = payload()
    partly["added"][0]["amount"] = "much"
    for content in (partly, {"hello": 1}):
        check(f"{ME}/uploads", "post", client.post(f"{ME}/uploads", json=content, headers=ann))
    check(f"{ME}/consents", "post", client.post(f"{ME}/consents", json={}, headers=ann))
    check(f"{ME}/accounts", "get", client.get(f"{ME}/accounts?limit=0", headers=ann))
    check(ME, "get", client.get(ME))
    check(ME, "delete", client.delete(ME, headers=ann))
