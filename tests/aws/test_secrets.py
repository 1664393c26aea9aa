"""The two secrets: what may stand in them, and that no value of one is ever shown."""

import json
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
from spendsense.aws.secrets import DatabaseSecret, Login, Secret, database_login
from spendsense.errors import Unavailable
from tests.aws.secrets_manager import (
    ARN,
    DBNAME,
    HOST,
    MEMBERS,
    OWNER,
    OWNER_PASSWORD,
    PASSWORD,
    SERVING,
    USER,
    check_unusable,
    hold,
    line_of,
    logins_of,
    refusal,
    shown,
    url,
)

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
