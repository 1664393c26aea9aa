"""The user pool as the secret names it, and its keys as a server gives them, or does not."""

import json
import socket
import socketserver
import threading
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from typing import Any

import pytest

from spendsense.aws import cognito, secrets
from spendsense.aws.cognito import Pool, fetch_keys, parse_pool, read_pool
from spendsense.aws.secrets import Secret
from spendsense.errors import Unavailable

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:cognito-AbCdEf"
JWKS = {"keys": [{"kid": "key-1", "kty": "RSA", "n": "canary", "e": "AQAB"}]}
MEMBERS = {"region": "eu-west-1", "user_pool_id": "eu-west-1_Canary", "client_id": "canary-app"}
UNUSABLE = "The cognito secret can't be used at the moment."
AWAY = "The user pool's keys can't be read at the moment."


def hold(monkeypatch: pytest.MonkeyPatch, *texts: str) -> list[str]:
    """Has the secret hold these texts, one at each read, and the last for ever; returns what is asked for."""
    left, asked = list(texts), []

    def fetch(_secret: Secret, arn: str) -> str:
        asked.append(arn)
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(secrets, "fetch", fetch)
    return asked


def check_line(stream: StringIO, event: str, reason: str) -> None:
    """One line was logged, of Cognito's secret and with this reason."""
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    del line["timestamp"]
    assert line == {"event": event, "level": "error", "secret": "cognito", "reason": reason}


def check_malformed(text: str, reason: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    """A secret with this text is refused for this reason; nothing that it holds is shown."""
    hold(monkeypatch, text)
    with pytest.raises(Unavailable) as caught:
        read_pool(ARN)
    assert str(caught.value) == UNUSABLE
    check_line(stream, "secret_unusable", reason)
    assert "canary" not in "".join([*traceback.format_exception(caught.value), stream.getvalue()]).lower()


# What the secret says.


def test_a_pool_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hold(monkeypatch, json.dumps(MEMBERS))
    pool = read_pool(ARN)
    assert pool == Pool("eu-west-1", "eu-west-1_Canary", "canary-app", None)
    assert pool.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Canary"
    assert asked == [ARN]


@pytest.mark.parametrize("jwks", [JWKS, json.dumps(JWKS), f"\n{json.dumps(JWKS, indent=2)}\n"])
def test_a_pool_with_its_keys_as_an_object_or_as_pasted_text(jwks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, json.dumps({**MEMBERS, "jwks": jwks}))
    pool = read_pool(ARN)
    assert pool == Pool("eu-west-1", "eu-west-1_Canary", "canary-app", JWKS)

    def refuse(*_asked: Any, **_how: Any) -> None:
        pytest.fail("Keys that are there are not asked for.")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    assert pool.keys() == JWKS


@pytest.mark.parametrize("jwks", [None, "null"])
def test_keys_that_the_secret_leaves_out_are_fetched_from_the_issuer(
    jwks: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, float]] = []

    def urlopen(url: str, timeout: float) -> BytesIO:
        asked.append((url, timeout))
        return BytesIO(json.dumps(JWKS).encode())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    hold(monkeypatch, json.dumps({**MEMBERS, "jwks": jwks}))
    assert read_pool(ARN).keys() == JWKS
    assert asked == [
        ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Canary/.well-known/jwks.json", 5),
    ]


@pytest.mark.parametrize("name", ["region", "user_pool_id", "client_id"])
@pytest.mark.parametrize("emptied", ["absent", "null", "empty"])
def test_each_member_is_needed(name: str, emptied: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    content: dict[str, Any] = {**MEMBERS, name: {"null": None, "empty": ""}.get(emptied)}
    if emptied == "absent":
        del content[name]
    check_malformed(json.dumps(content), f"malformed: {name} missing", monkeypatch, stream)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("canary", "malformed: neither a URL nor JSON"),
        (json.dumps(MEMBERS)[:-1], "malformed: neither a URL nor JSON"),
        (json.dumps([MEMBERS]), "malformed: not a JSON object"),
        (json.dumps({"jwks": JWKS}), "malformed: region, user_pool_id, client_id missing"),
    ],
)
def test_a_text_of_another_kind(text: str, reason: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    check_malformed(text, reason, monkeypatch, stream)


@pytest.mark.parametrize(
    "jwks",
    [
        "",
        "canary",
        json.dumps(JWKS)[:-1],
        json.dumps(JWKS["keys"]),
        JWKS["keys"],
        {},
        {"keys": None},
        {"keys": {"key-1": "canary"}},
        {"keys": ["canary"]},
        {"keys": [*JWKS["keys"], None]},
        json.dumps({"keys": ["canary"]}),
        7,
        False,
    ],
)
def test_keys_that_are_no_key_set(jwks: Any, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    text = json.dumps({**MEMBERS, "jwks": jwks})
    check_malformed(text, "malformed: jwks is no key set", monkeypatch, stream)


@pytest.mark.parametrize("malformed", ["{}", json.dumps({**MEMBERS, "jwks": "canary"})])
def test_a_malformed_secret_that_is_put_right_is_read_again_at_the_next_use(
    malformed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hold(monkeypatch, malformed, json.dumps(MEMBERS))
    secret = Secret("cognito", ARN)
    with pytest.raises(Unavailable):
        parse_pool(secret)
    assert [parse_pool(secret).client_id for _ in range(2)] == ["canary-app"] * 2
    assert asked == [ARN, ARN]


# What the pool publishes.


class Issuer(socketserver.ThreadingTCPServer):
    """A server that gives one answer, byte for byte, and keeps what it was asked."""

    daemon_threads = True
    answer = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[str] = []
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/eu-west-1_Canary"


class Answering(socketserver.StreamRequestHandler):
    """One request: answered, or held until the server ends where there is no answer."""

    server: Issuer

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode().strip())
        while self.rfile.readline().strip():
            pass
        if self.server.answer:
            self.wfile.write(self.server.answer)
        else:
            self.server.is_over.wait()


def response(body: bytes, status: str = "200 OK", missing: int = 0) -> bytes:
    """An HTTP response, of whose body so many bytes are missing."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body) + missing}\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def answer_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Issuer]]:
    """Starts an issuer that gives this answer."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Issuer() as issuer:
        thread = threading.Thread(target=issuer.serve_forever, args=[0.005])
        thread.start()

        def start(answer: bytes) -> Issuer:
            issuer.answer = answer
            return issuer

        yield start
        issuer.is_over.set()
        issuer.shutdown()
        thread.join()


def check_away(issuer: str, reason: str, stream: StringIO) -> None:
    with pytest.raises(Unavailable) as caught:
        fetch_keys(issuer)
    assert str(caught.value) == AWAY
    check_line(stream, "keys_unreachable", reason)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_keys_that_a_pool_publishes(answer_with: Callable[[bytes], Issuer], stream: StringIO) -> None:
    issuer = answer_with(response(json.dumps(JWKS).encode()))
    assert fetch_keys(issuer.url) == JWKS
    assert issuer.asked == ["GET /eu-west-1_Canary/.well-known/jwks.json HTTP/1.1"]
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response(b"<html>"), "JSONDecodeError"),
        (response(b""), "JSONDecodeError"),
        (response(b"\xff"), "UnicodeDecodeError"),
        (response(json.dumps(JWKS).encode(), missing=1), "IncompleteRead"),  # the connection ended in the middle
        (response(json.dumps(JWKS).encode(), "404 Not Found"), "HTTPError"),
        (response(json.dumps(JWKS).encode(), "503 Service Unavailable"), "HTTPError"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine"),
        (b"\r\n", "BadStatusLine"),
        (response(b"{}"), "malformed: no key set"),
        (response(b"null"), "malformed: no key set"),
        (response(b'"keys"'), "malformed: no key set"),
        (response(json.dumps(JWKS["keys"]).encode()), "malformed: no key set"),
        (response(b'{"keys": {}}'), "malformed: no key set"),
        (response(b'{"keys": ["key-1"]}'), "malformed: no key set"),
        (response(b'{"message": "User pool does not exist."}'), "malformed: no key set"),
    ],
)
def test_an_answer_without_keys(
    answer: bytes, reason: str, answer_with: Callable[[bytes], Issuer], stream: StringIO
) -> None:
    issuer = answer_with(answer)
    check_away(issuer.url, reason, stream)
    assert len(issuer.asked) == 1


def test_no_answer_in_time(
    answer_with: Callable[[bytes], Issuer], stream: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cognito, "SECONDS", 0.02)
    check_away(answer_with(b"").url, "TimeoutError", stream)


def test_nobody_answers(stream: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as closed:  # bound, so that nobody else takes the port, but not listening
        closed.bind(("127.0.0.1", 0))
        check_away(f"http://127.0.0.1:{closed.getsockname()[1]}", "URLError", stream)


def test_a_region_that_makes_no_address(stream: StringIO) -> None:
    check_away(Pool("eu west 1", "eu-west-1_Canary", "canary-app", None).issuer, "InvalidURL", stream)
