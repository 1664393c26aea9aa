"""Health, answered by a small application before the whole one is there: the same, byte for byte."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from spendsense.api.probe import PATHS, create_probe, is_probe
from spendsense.config import load_settings

OWN = {"X-Request-ID"}  # of each request


def heard(app: Flask, path: str, method: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of an answer."""
    answer = app.test_client().open(path, method=method, headers=headers)
    return answer.status_code, answer.data, {name: value for name, value in answer.headers.items() if name not in OWN}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://app.test"}, {"Authorization": "Bearer x"}])
def test_it_answers_as_the_whole_application_does(app: Flask, path: str, method: str, headers: dict[str, str]) -> None:
    probe = create_probe(load_settings({}))
    answer = heard(probe, path, method, headers)
    assert answer == heard(app, path, method, headers)
    assert answer[0] == 200


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/health", "GET", True),
        ("/api/v1/health", "HEAD", True),
        ("/health", "POST", False),
        ("/health", "OPTIONS", False),
        ("/health/", "GET", False),
        ("//health", "GET", False),
        ("/api/v1/openapi.json", "GET", False),
    ],
)
def test_it_is_asked_for_nothing_else(path: str, method: str, expected: bool) -> None:
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method}
    assert is_probe(environ) is expected


@pytest.mark.parametrize("path", ["//health", "//api/v1/health", "///health", "/api/v1//health"])
def test_doubled_slashes_are_other_paths(client: FlaskClient, path: str) -> None:
    answer = client.open(environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
