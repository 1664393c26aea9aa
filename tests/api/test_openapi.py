import re
from typing import Any

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
    assert all(address.startswith("docs/") for address in addresses)
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
        assert asset.mimetype in ("text/javascript", "text/css", "image/png")


@pytest.mark.parametrize("name", ["..%2F__init__.py", "swagger-ui.js.map", "%2Fetc%2Fpasswd", "VERSION"])
def test_no_other_file_of_the_package_is_served(name: str, client: FlaskClient) -> None:
    assert client.get(f"/api/v1/docs/{name}").status_code == 404
