import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from spendsense.errors import ConfigurationError
from spendsense.local import issuer, server


@pytest.fixture(autouse=True)
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """A folder of the test's own, and the tests' database."""
    monkeypatch.setenv("SPENDSENSE_HOME", str(tmp_path))
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)


def ask(client: FlaskClient, token: str) -> int:
    return client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_the_tokens_of_the_local_issuer_are_good(app: object) -> None:
    client = server.app().test_client()
    assert client.get("/health").status_code == 200
    assert ask(client, issuer.issue_token("stranger@example.com") + "x") == 401
    # An access token is good but carries no email, and nobody knows this person yet: nothing is stored for them.
    assert ask(client, issuer.issue_token("stranger@example.com", use="access")) == 403
    assert ask(client, issuer.issue_token("olga@example.com", "operators")) == 403


def test_the_bare_address_leads_to_the_documentation(app: object) -> None:
    client = server.app().test_client()
    shown = client.get("/", follow_redirects=True)
    assert (shown.status_code, shown.request.path) == (200, "/api/v1/docs")
    assert client.head("/").status_code == 302
    assert client.post("/").status_code == client.get("/nowhere").status_code == 404


@contextmanager
def going_on_after(seconds: float, go_on: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, go_on)
    timer.start()
    yield
    timer.cancel()


@pytest.mark.parametrize("length", [{"Content-Length": "100"}, {"Transfer-Encoding": "chunked"}])
def test_a_body_that_stalls_is_given_up(length: dict[str, str], app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.05)
    headers = {"Authorization": f"Bearer {issuer.issue_token('ann@example.com')}", **length}
    here, there = socket.socketpair()

    def go_on() -> None:  # a server that has waited answers 422: this is no JSON
        here.sendall(b" " * 88)
        here.shutdown(socket.SHUT_WR)

    with here, there, there.makefile("rb", buffering=0) as body, going_on_after(2.0, go_on):
        here.sendall(b'{"purposes":')
        link = {"gunicorn.socket": there, "wsgi.input": body, "wsgi.input_terminated": True}
        shown = (
            server.app()
            .test_client()
            .post("/api/v1/users/me/consents", headers=headers, content_type="application/json", environ_overrides=link)
        )
    assert shown.status_code == 400


def test_it_does_not_start_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    monkeypatch.setenv("CORS_ORIGINS", "https://app.bank.example")
    with pytest.raises(ConfigurationError, match="ENVIRONMENT"):
        server.app()
