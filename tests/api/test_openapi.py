import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from spendsense.api.auth import PUBLIC, access_of


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    body: dict[str, Any] = client.get("/api/v1/openapi.json").json
    return body


def test_the_document_equals_the_routes(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    assert document["openapi"] == "3.1.0"
    assert described == routes


def test_only_public_routes_need_no_token(app: Flask, document: dict[str, Any]) -> None:
    public = {rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) == PUBLIC}
    open_operations = [
        path for path, item in document["paths"].items() for op in item.values() if op and op_security(op) == []
    ]
    assert len(open_operations) == len(public)
    assert document["security"] == [{"token": []}]


def op_security(operation: Any) -> Any:
    return operation.get("security") if isinstance(operation, dict) else None


def test_every_operation_has_a_summary_and_describes_its_errors(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            assert operation["summary"], (path, method)
            assert "default" in operation["responses"], (path, method)
    error = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(error) == ["application/problem+json"]


def test_addresses_are_relative_so_that_a_stage_prefix_holds(client: FlaskClient, document: dict[str, Any]) -> None:
    page = client.get("/api/v1/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("docs/") or address == "openapi.json" for address in addresses)
    assert "<noscript>" in page
    assert document["servers"] == [{"url": "../.."}]


def test_the_page_runs_under_a_strict_policy(client: FlaskClient) -> None:
    response = client.get("/api/v1/docs")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "<script>" not in response.text
    assert "style=" not in response.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', response.text):
        asset = client.get(f"/api/v1/{address}")
        assert asset.status_code == 200
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
        assert asset.mimetype in ("text/javascript", "text/css", "image/png", "application/json")


@pytest.mark.parametrize("name", ["..%2F__init__.py", "swagger-ui.js.map", "%2Fetc%2Fpasswd", "VERSION"])
def test_no_other_file_of_the_package_is_served(name: str, client: FlaskClient) -> None:
    assert client.get(f"/api/v1/docs/{name}").status_code == 404


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], list[Any]]]:
    """Path, method, operation, and the parameters of the path and the operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation, item.get("parameters", []) + operation.get("parameters", [])


def test_every_success_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for path, method, operation, _ in operations(document):
        (success,) = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        for media in success["content"].values():
            assert "example" in media, (path, method)
            jsonschema_rs.validate({**media["schema"], "components": document["components"]}, media["example"])


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    with_body = [
        (path, method, op["requestBody"]) for path, method, op, _ in operations(document) if "requestBody" in op
    ]
    assert len(with_body) >= 6
    for path, method, body in with_body:
        media = body["content"]["application/json"]
        assert "example" in media, (path, method)
        jsonschema_rs.validate({**media["schema"], "components": document["components"]}, media["example"])


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    for path, method, operation, parameters in operations(document):
        for parameter in parameters:
            assert parameter.get("description"), (path, method, parameter)
        placed = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert placed == set(re.findall(r"{([^}]+)}", path))
        assert operation["summary"]


def test_what_swagger_ui_would_send_unasked_is_no_condition_or_key(document: dict[str, Any]) -> None:
    """It fills in a parameter's example, and a tag that nothing has made each change that was tried a 412."""
    headers = [one for *_, parameters in operations(document) for one in parameters if one["in"] == "header"]
    assert {one["name"] for one in headers} == {"If-Match", "If-None-Match", "Idempotency-Key"}
    for header in headers:
        assert {"example", "examples"} & header.keys() == set()
        assert {"example", "default"} & header["schema"].keys() == set()
        assert header["schema"]["examples"]


@pytest.mark.parametrize(
    ("path", "method", "named"),
    [
        ("/users/me/transactions", "get", {"limit", "after", "from", "to", "category", "merchant", "account_id"}),
        ("/users/me/transactions", "get", {"If-None-Match"}),
        ("/users/me/insights", "get", {"window", "If-None-Match"}),
        ("/users/me/uploads", "post", {"label", "Idempotency-Key"}),
        ("/users/me/streams/{stream_id}", "patch", {"Idempotency-Key", "If-Match"}),
    ],
)
def test_headers_stand_beside_the_query(path: str, method: str, named: set[str], document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/v1" + path][method]["parameters"]
    assert named <= {parameter["name"] for parameter in parameters}
