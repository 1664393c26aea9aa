"""The two secrets, as botocore answers for them: what is read, how often, and that no value of one is ever shown."""

import json
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spendsense import logs
from spendsense.aws import secrets
from spendsense.aws.secrets import DatabaseSecret, Login, Secret, database_login, read_database, read_members
from spendsense.errors import Unavailable

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:database-AbCdEf"
HOST, DBNAME, USER, PASSWORD = "canary-host.example", "canary-base", "canary-user", "canary-Sw0rdfish"
OWNER, OWNER_PASSWORD = "canary-owner", "canary-0wnership"
MEMBERS = {"host": HOST, "port": 6543, "dbname": DBNAME, "username": USER, "password": PASSWORD}
NEXT_MEMBERS = {**MEMBERS, "password": "canary-rotated"}
SERVING = Login(HOST, 6543, DBNAME, USER, PASSWORD, "require")


class SecretsManager:
    """Gives its answers one after the other, and the last for ever: a text, bytes, or an error that it raises."""

    def __init__(self, *answers: str | bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def get_secret_value(self, **request: str) -> dict[str, Any]:
        self.asked.append(request["SecretId"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"ARN": ARN, "SecretBinary" if isinstance(answer, bytes) else "SecretString": answer}


def hold(monkeypatch: pytest.MonkeyPatch, *answers: str | bytes | Exception) -> SecretsManager:
    """Has boto3 give a client of a Secrets Manager with these answers, and of nothing else."""
    manager = SecretsManager(*answers)
    monkeypatch.setattr(boto3, "client", lambda service, config: {"secretsmanager": manager}[service])
    return manager


def refusal(code: str) -> ClientError:
    """What botocore raises when AWS refuses a request."""
    return ClientError({"Error": {"Code": code, "Message": f"No {PASSWORD} for {USER}."}}, "GetSecretValue")


def url(**changes: str) -> str:
    parts = {"scheme": "postgresql", "user": USER, "password": PASSWORD, "host": HOST, "port": ":6543", "path": DBNAME}
    return "{scheme}://{user}:{password}@{host}{port}/{path}".format(**{**parts, **changes})


def logins_of(monkeypatch: pytest.MonkeyPatch, text: str) -> DatabaseSecret:
    hold(monkeypatch, text)
    return database_login(ARN)


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """All that is logged, as it is written."""
    written = StringIO()
    logs.configure_logging(written)
    yield written
    logs.configure_logging()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when a test says so."""
    passed = [1_000.0]
    monkeypatch.setattr(secrets.time, "monotonic", lambda: passed[0])
    return passed


def line_of(stream: StringIO) -> dict[str, Any]:
    """The one line that was logged, without its time."""
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    del line["timestamp"]
    return dict(line)


def shown(error: BaseException, stream: StringIO) -> str:
    """All that a log or a terminal might show of an error."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error), stream.getvalue()])


def check_unusable(stream: StringIO, reason: str, which: str = "database") -> None:
    """Reads the secret, which is refused for this reason; nothing that it holds is shown."""
    with pytest.raises(Unavailable) as caught:
        read_database(Secret(which, ARN))
    assert str(caught.value) == f"The {which} secret can't be used at the moment."
    assert line_of(stream) == {"event": "secret_unusable", "level": "error", "secret": which, "reason": reason}
    assert "canary" not in shown(caught.value, stream)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # a JSONDecodeError holds all of it


# What a good secret says.


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_url_names_one_login_for_everything(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert logins_of(monkeypatch, url(scheme=scheme)) == DatabaseSecret(SERVING, SERVING)


@pytest.mark.parametrize(
    ("changes", "member", "value"),
    [
        ({"port": ""}, "port", 5432),
        ({"port": ":"}, "port", 5432),
        ({"port": ":1"}, "port", 1),
        ({"port": ":65535"}, "port", 65_535),
        ({"password": "p%40ss%2Fw%3Ard%25%23%3F+%C3%A9"}, "password", "p@ss/w:rd%#?+é"),
        ({"password": "p:ss"}, "password", "p:ss"),
        ({"user": "ann%40home"}, "user", "ann@home"),
        ({"path": "spend%2Fsense"}, "dbname", "spend/sense"),
        ({"path": "spend?sslmode=verify-full"}, "dbname", "spend"),
        ({"path": "spend?sslmode=verify-full"}, "sslmode", "verify-full"),
        ({"path": "spend?connect_timeout=3&sslmode=disable"}, "sslmode", "disable"),
        ({"path": "spend?sslmode="}, "sslmode", "require"),
        ({"host": "localhost"}, "sslmode", "prefer"),
        ({"host": "127.0.0.1"}, "sslmode", "prefer"),
        ({"host": "[::1]"}, "host", "::1"),
        ({"host": "[::1]"}, "sslmode", "prefer"),
        ({"host": "127.0.0.1.example"}, "sslmode", "require"),
        ({"host": "localhost", "path": "spend?sslmode=require"}, "sslmode", "require"),
    ],
)
def test_the_parts_of_a_url(
    changes: dict[str, str], member: str, value: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert getattr(logins_of(monkeypatch, url(**changes)).serving, member) == value


def test_white_space_around_a_url_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logins_of(monkeypatch, f"\n {url()}\n").serving == SERVING


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@settings(max_examples=200)
@given(words, words, words)
def test_any_login_comes_through_a_url(user: str, password: str, dbname: str) -> None:
    encoded = {"user": quote(user, safe=""), "password": quote(password, safe=""), "path": quote(dbname, safe="")}
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = logins_of(monkeypatch, url(**encoded)).serving
    assert found == Login(HOST, 6543, dbname, user, password, "require")


@pytest.mark.parametrize("port", [6543, "6543", " 6543 "])
def test_json_names_the_login_with_its_port_as_text_or_number(port: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert logins_of(monkeypatch, json.dumps({**MEMBERS, "port": port})) == DatabaseSecret(SERVING, SERVING)


@pytest.mark.parametrize(
    ("changes", "sslmode"),
    [
        ({}, "require"),
        ({"sslmode": ""}, "require"),
        ({"sslmode": None}, "require"),
        ({"sslmode": "verify-full"}, "verify-full"),
        ({"host": "localhost"}, "prefer"),
        ({"host": "127.0.0.1"}, "prefer"),
        ({"host": "::1"}, "prefer"),
        ({"host": "10.0.0.1"}, "require"),
        ({"host": "localhost", "sslmode": "require"}, "require"),
    ],
)
def test_only_a_loopback_goes_without_encryption(
    changes: dict[str, Any], sslmode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = {"migration_username": OWNER, "migration_password": OWNER_PASSWORD}
    found = logins_of(monkeypatch, json.dumps({**MEMBERS, **migration, **changes}))
    assert (found.serving.sslmode, found.migrating.sslmode) == (sslmode, sslmode)


def test_json_may_name_another_login_for_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = {"migration_username": OWNER, "migration_password": OWNER_PASSWORD}
    found = logins_of(monkeypatch, json.dumps({**MEMBERS, **migration}))
    assert found.serving == SERVING
    assert found.migrating == Login(HOST, 6543, DBNAME, OWNER, OWNER_PASSWORD, "require")


@pytest.mark.parametrize("username", ["", None])
def test_a_migration_login_without_a_name_is_none(username: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {**MEMBERS, "migration_username": username, "migration_password": OWNER_PASSWORD}
    assert logins_of(monkeypatch, json.dumps(content)).migrating == SERVING


def test_members_that_are_not_known_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rds = {"engine": "postgres", "dbInstanceIdentifier": "spendsense", "dbClusterIdentifier": None}
    assert logins_of(monkeypatch, json.dumps({**MEMBERS, **rds})).serving == SERVING


def test_a_login_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = logins_of(monkeypatch, json.dumps(MEMBERS))
    for thing in (found, found.serving, [found.migrating], Secret("database", PASSWORD)):
        assert "canary" not in f"{thing!r} {thing!s}"
    assert found.serving.password == PASSWORD


# What can't be used.


@pytest.mark.parametrize("name", ["host", "port", "dbname", "username", "password"])
@pytest.mark.parametrize("emptied", ["absent", "null", "empty"])
def test_each_member_is_needed(name: str, emptied: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    content: dict[str, Any] = {**MEMBERS, name: {"null": None, "empty": ""}.get(emptied)}
    if emptied == "absent":
        del content[name]
    hold(monkeypatch, json.dumps(content))
    check_unusable(stream, f"malformed: {name} missing")


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, json.dumps({"engine": "canary-engine", "host": HOST, "username": USER}))
    check_unusable(stream, "malformed: port, dbname, password missing")


@pytest.mark.parametrize("port", [0, -1, 65_536, "0", "canary", "6543/canary", "0x198f", 6543.5, True, [6543]])
def test_a_port_that_is_none(port: Any, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, json.dumps({**MEMBERS, "port": port}))
    check_unusable(stream, "malformed: port is no port")


@pytest.mark.parametrize("port", ["1e999", "-1e999", "Infinity", "NaN"])  # Python's JSON has numbers that are none
def test_a_port_beyond_all_numbers(port: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, json.dumps(MEMBERS).replace("6543", port))
    check_unusable(stream, "malformed: port is no port")


@pytest.mark.parametrize("password", [{}, {"migration_password": ""}, {"migration_password": None}])
def test_a_migration_login_needs_its_password(
    password: dict[str, Any], monkeypatch: pytest.MonkeyPatch, stream: StringIO
) -> None:
    hold(monkeypatch, json.dumps({**MEMBERS, "migration_username": OWNER, **password}))
    check_unusable(stream, "malformed: migration_password missing")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n", "malformed: neither a URL nor JSON"),
        (PASSWORD, "malformed: neither a URL nor JSON"),
        (f"host={HOST} password={PASSWORD}", "malformed: neither a URL nor JSON"),
        (f"mysql://{USER}:{PASSWORD}@{HOST}/{DBNAME}", "malformed: neither a URL nor JSON"),
        (json.dumps(MEMBERS)[:-1], "malformed: neither a URL nor JSON"),
        (json.dumps(MEMBERS).replace('"', "'"), "malformed: neither a URL nor JSON"),
        (json.dumps(PASSWORD), "malformed: not a JSON object"),
        (json.dumps([MEMBERS]), "malformed: not a JSON object"),
        ("7", "malformed: not a JSON object"),
        ("null", "malformed: not a JSON object"),
        ("{}", "malformed: host, port, dbname, username, password missing"),
    ],
)
def test_a_text_of_another_kind(text: str, reason: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, text)
    check_unusable(stream, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (url(host=""), "malformed: host missing in the URL"),
        (url(path=""), "malformed: dbname missing in the URL"),
        (url().rpartition("/")[0], "malformed: dbname missing in the URL"),
        (url(user=""), "malformed: username missing in the URL"),
        (url(password=""), "malformed: password missing in the URL"),
        (f"postgres://{USER}@{HOST}/{DBNAME}", "malformed: password missing in the URL"),
        (f"postgres://{HOST}/{DBNAME}", "malformed: username, password missing in the URL"),
        ("postgres://", "malformed: host, dbname, username, password missing in the URL"),
        (url(port=":0"), "malformed: port is no port"),
        (url(port=":65536"), "malformed: not a URL"),
        (url(port=":canary"), "malformed: not a URL"),
        (url(host=f"{HOST}:6543,{HOST}"), "malformed: not a URL"),  # libpq's list of hosts
        # Passwords that were not encoded: what urllib says of them repeats the password, or the half of it.
        (url(password=f"{PASSWORD}/x"), "malformed: not a URL"),
        (url(password=f"{PASSWORD}#x"), "malformed: not a URL"),
        (url(password=f"{PASSWORD}?x"), "malformed: not a URL"),
        (url(password=f"{PASSWORD}[x"), "malformed: not a URL"),
        (url(password=f"{PASSWORD}[x]"), "malformed: not a URL"),
        (url(password=f"{PASSWORD}\N{ACCOUNT OF}"), "malformed: not a URL"),  # a/c, once it is normalised
    ],
)
def test_a_url_that_is_none(text: str, reason: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, text)
    check_unusable(stream, reason)


@pytest.mark.parametrize("held", ["", PASSWORD.encode()])
def test_a_secret_without_text(held: str | bytes, monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    hold(monkeypatch, held)
    check_unusable(stream, "malformed: it holds no text")


@pytest.mark.parametrize("which", ["database", "cognito"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refusal("ResourceNotFoundException"), "missing"),
        (refusal("AccessDeniedException"), "denied"),
        (refusal("AccessDenied"), "denied"),
        (refusal("DecryptionFailure"), "DecryptionFailure"),
        (refusal("InvalidRequestException"), "InvalidRequestException"),  # it is to be deleted
        (refusal(""), "refused"),
        (ClientError({}, "GetSecretValue"), "refused"),
        (EndpointConnectionError(endpoint_url=f"https://{HOST}"), "unreachable: EndpointConnectionError"),
        (ConnectTimeoutError(endpoint_url=f"https://{HOST}"), "unreachable: ConnectTimeoutError"),
        (ReadTimeoutError(endpoint_url=f"https://{HOST}"), "unreachable: ReadTimeoutError"),
        (NoCredentialsError(), "unreachable: NoCredentialsError"),
    ],
)
def test_a_secret_that_aws_does_not_give(
    which: str, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch, stream: StringIO
) -> None:
    hold(monkeypatch, error)
    check_unusable(stream, reason, which)


def test_no_client_without_a_region(monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    def refuse(service: str, config: object) -> None:
        raise NoRegionError

    monkeypatch.setattr(boto3, "client", refuse)
    check_unusable(stream, "unreachable: NoRegionError")


# Numbers as JSON knows them and as it does not, texts with a canary in them, and what is no text at all.
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8).map("canary".__add__),
    st.lists(st.just("canary"), max_size=2),
    st.sampled_from(["", "6543", "localhost"]),
)
members = st.dictionaries(
    st.sampled_from([*MEMBERS, "sslmode", "migration_username", "migration_password"]), values
).map(lambda changes: json.dumps({**MEMBERS, **changes}))
urls = st.text(st.sampled_from(":/@?#[]%&=+aé℀1 "), max_size=40).map("postgres://canary".__add__)


@settings(max_examples=300)
@given(st.one_of(members, urls, st.text(max_size=20)))
def test_whatever_it_holds_it_is_used_or_refused_in_silence(text: str) -> None:
    written = StringIO()
    logs.configure_logging(written)
    with pytest.MonkeyPatch.context() as monkeypatch:
        hold(monkeypatch, text)
        try:
            login = database_login(ARN).serving
        except Unavailable as error:
            said = shown(error, written)
        else:
            said = None
        finally:
            logs.configure_logging()
    if said is None:
        assert all((login.host, login.dbname, login.user, login.password, login.sslmode))
        assert 0 < login.port < 65_536
        assert written.getvalue() == ""
    else:
        assert "canary" not in said
        assert line_of(written)["reason"].startswith("malformed: ")


# How often it is read.


def test_a_secret_is_read_once_and_by_its_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = hold(monkeypatch, "first", "second")
    secret = Secret("database", ARN)
    assert manager.asked == []  # not before it is needed
    assert [secret.text() for _ in range(3)] == ["first"] * 3
    assert manager.asked == [ARN]


def test_a_read_that_hangs_is_given_up_before_the_request_is(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[Any] = []

    def client(service: str, config: Any) -> SecretsManager:
        limits.append(config)
        return SecretsManager("text")

    monkeypatch.setattr(boto3, "client", client)
    Secret("database", ARN).text()
    (limit,) = limits
    # 2 s to connect and 5 s to answer, twice: 14 s of the 29 that API Gateway grants.
    assert (limit.connect_timeout, limit.read_timeout, limit.retries) == (2, 5, {"total_max_attempts": 2})


@pytest.mark.parametrize(("passed", "is_read", "reads"), [(0, False, 1), (29.9, False, 1), (30, True, 2)])
def test_a_refresh_reads_again_after_thirty_seconds(
    passed: float, is_read: bool, reads: int, monkeypatch: pytest.MonkeyPatch, seconds: list[float]
) -> None:
    manager = hold(monkeypatch, "first", "second")
    secret = Secret("database", ARN)
    secret.text()
    seconds[0] += passed
    assert secret.refresh() is is_read
    assert secret.text() == ("second" if is_read else "first")
    assert len(manager.asked) == reads


def test_a_refresh_says_whether_anything_has_changed(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    manager = hold(monkeypatch, "first", "first", "second")
    secret = Secret("database", ARN)
    secret.text()
    found = []
    for passed in (30, 30, 0, 30):
        seconds[0] += passed
        found.append(secret.refresh())
    assert found == [False, True, False, False]  # read, the same; changed; not read; read, the same
    assert len(manager.asked) == 4


def test_a_read_that_failed_is_tried_again_at_the_next_use(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: StringIO
) -> None:
    manager = hold(monkeypatch, refusal("AccessDeniedException"), refusal("ResourceNotFoundException"), "text")
    secret = Secret("database", ARN)
    for _ in range(2):
        with pytest.raises(Unavailable):
            secret.text()
    assert secret.text() == "text"
    assert len(manager.asked) == 3
    assert [json.loads(line)["reason"] for line in stream.getvalue().splitlines()] == ["denied", "missing"]


def test_a_refresh_that_failed_leaves_what_was_known(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    manager = hold(monkeypatch, "first", refusal("AccessDeniedException"), "second")
    secret = Secret("database", ARN)
    secret.text()
    seconds[0] += 30
    with pytest.raises(Unavailable):
        secret.refresh()
    assert secret.text() == "first"
    assert secret.refresh() is False  # it was tried a moment ago
    seconds[0] += 30
    assert secret.refresh() is True
    assert secret.text() == "second"
    assert len(manager.asked) == 3


@pytest.mark.parametrize(
    "malformed",
    [
        "{}",
        "[]",
        "canary",
        url(host=""),
        url(port=":0"),
        url(port=":canary"),
        json.dumps({**MEMBERS, "migration_username": OWNER}),
    ],
)
def test_a_malformed_secret_that_is_put_right_is_read_again_at_the_next_use(
    malformed: str, monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: StringIO
) -> None:
    manager = hold(monkeypatch, malformed, json.dumps(MEMBERS))
    secret = Secret("database", ARN)
    with pytest.raises(Unavailable):
        read_database(secret)
    assert read_database(secret).serving == SERVING
    assert read_database(secret).serving == SERVING
    assert len(manager.asked) == 2
    assert line_of(stream)["secret"] == "database"


def test_a_rotated_secret_gives_the_new_login(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    hold(monkeypatch, json.dumps(MEMBERS), json.dumps(NEXT_MEMBERS))
    secret = Secret("database", ARN)
    assert read_database(secret).serving.password == PASSWORD
    seconds[0] += 30
    secret.refresh()
    assert read_database(secret).serving.password == "canary-rotated"


def test_uses_that_come_together_wait_for_the_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = hold(monkeypatch, "text")
    started, is_reading = threading.Barrier(4), threading.Event()
    answer = manager.get_secret_value

    def answer_slowly(**request: str) -> Mapping[str, Any]:
        is_reading.wait(0.05)  # across the network
        return answer(**request)

    monkeypatch.setattr(manager, "get_secret_value", answer_slowly)
    secret = Secret("database", ARN)

    def use(_number: int) -> str:
        started.wait()
        return secret.text()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, range(4))) == ["text"] * 4
    assert manager.asked == [ARN]


def test_members_are_those_of_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, '{"region": "eu-west-1", "count": 0, "is_on": false, "list": []}')
    found = read_members(Secret("cognito", ARN), ("region", "count", "is_on", "list"))
    assert found == {"region": "eu-west-1", "count": 0, "is_on": False, "list": []}
