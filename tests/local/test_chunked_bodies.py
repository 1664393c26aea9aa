"""Bodies sent in chunks, whose length nobody tells beforehand, over a socket to gunicorn."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spendsense.api.request import BODY_BYTES, UPLOAD_BYTES
from spendsense.local import issuer
from spendsense.rulebook.load import load_rulebook
from tests.databases import new_database

COMMAND = Path(sys.executable).with_name("spendsense")
ME = "/api/v1/users/me"
CHUNK = 50_000
SECONDS = 60


class Server:
    """What listens on a port of 127.0.0.1, asked by one person."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token

    def ask(self, method: str, path: str, media: str = "", content: bytes | None = None) -> tuple[int, Any]:
        """The status and the JSON of the answer. A body goes in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Content-Type": media} if media else {})
        chunks = None if content is None else (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
        connection.request(method, path, chunks, headers, encode_chunked=chunks is not None)
        response = connection.getresponse()
        found = response.status, json.loads(response.read())
        connection.close()
        return found

    def send(self, body: bytes) -> tuple[int, Any]:
        """What becomes of an upload whose body is what is sent, nothing more, as chunks; and then no more comes."""
        head = f"POST {ME}/uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
        media = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall((head + media).encode() + body)
            connection.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(connection, method="POST")
            response.begin()
            return response.status, json.loads(response.read())

    def uploads(self) -> list[Any]:
        """What came in."""
        return list(self.ask("GET", f"{ME}/uploads")[1]["data"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a database of its own, and a token that it takes."""
    home = tmp_path_factory.mktemp("home")
    with new_database() as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {"ENVIRONMENT": "dev", "DATABASE_URL": url, "SPENDSENSE_HOME": str(home)}.items():
            patch.setenv(name, value)
        subprocess.run([COMMAND, "db", "upgrade"], env=dict(os.environ), check=True, capture_output=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [COMMAND, "serve", "--port", str(port)]
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                assert any("is served at" in line for line in process.stdout or ()), "the server did not start"
                yield Server(port, issuer.issue_token("ann@example.com"))
            finally:
                process.terminate()


def consent(size: int) -> bytes:
    """An agreement to the analysis, with blanks behind it."""
    version = load_rulebook().consent_texts["analysis"].version
    return json.dumps({"purposes": ["analysis"], "text_version": version}).encode().ljust(size)


def table(size: int) -> bytes:
    """A CSV of so many bytes, with a name in each of its lines that takes what is left."""
    lines, left, number = [b"transaction_id,account_id,date,amount,name\n"], size - 43, 0
    while left:
        row = b"t%06d,chk,2026-10-01,1.50," % number
        longest = left - len(row) - 1
        name = b"x" * (longest if longest <= 450 else min(450, longest - 100))
        lines.append(row + name + b"\n")
        left, number = left - len(lines[-1]), number + 1
    return b"".join(lines)


@pytest.mark.parametrize(("size", "status"), [(100, 201), (BODY_BYTES, 201), (BODY_BYTES + 1, 413), (512_000, 413)])
def test_a_body_in_chunks_has_the_limit_of_any_other(size: int, status: int, server: Server) -> None:
    answered, shown = server.ask("POST", f"{ME}/consents", "application/json", consent(size))
    assert answered == status
    assert status == 201 or shown["type"] == "urn:problem-type:spendsense:too-large"


@pytest.mark.parametrize(("excess", "status"), [(0, 201), (1, 413), (1_500_000, 413)])
def test_data_in_that_comes_in_chunks_is_taken_whole_or_not_at_all(excess: int, status: int, server: Server) -> None:
    server.ask("POST", f"{ME}/consents", "application/json", consent(100))
    accounts = b'{"accounts": [{"account_id": "chk", "type": "depository"}]}'
    assert server.ask("POST", f"{ME}/uploads", "application/json", accounts)[0] == 201
    content, before = table(UPLOAD_BYTES + excess), server.uploads()
    assert len(content) == UPLOAD_BYTES + excess
    answered, shown = server.ask("POST", f"{ME}/uploads", "text/csv", content)
    assert answered == status, shown
    if status == 201:
        assert shown["accepted"]["transactions"] == content.count(b"\n") - 1
    assert len(server.uploads()) == len(before) + (status == 201)


@pytest.mark.parametrize(
    "body",
    [
        b'zz\r\n{"added": []}\r\n0\r\n\r\n',
        b"\r\n",
        b'2\r\n{"added": []}\r\n0\r\n\r\n',
        b'd\r\n{"added": []}',
        b'd\r\n{"added": []}\r\n',
        b'd\r\n{"added": []}\r\n0\r\n: y\r\n\r\n',
    ],
)
def test_chunks_that_are_none_are_the_callers_fault(body: bytes, server: Server) -> None:
    server.ask("POST", f"{ME}/consents", "application/json", consent(100))
    before = server.uploads()
    answered, shown = server.send(body)
    assert (answered, shown["type"]) == (400, "urn:problem-type:spendsense:bad-request"), shown
    assert server.uploads() == before
