"""Deploys once: foundation, role and queue, then the real `zappa deploy` on top; its schedules fire each minute."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from spendsense.local.postgres import server_url
from tests.aws.deploy.cloud import Cloud
from tests.aws.emulator import ROOT, emulator

EACH_MINUTE = "cron(* * * * ? *)"


@pytest.fixture(scope="session")
def empty_database() -> Iterator[str]:
    """A database without a table, dropped at the end."""
    server = sa.make_url(server_url())
    name = f"spendsense_cloud_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def bare_cloud(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Cloud]:
    """An account with nothing in it."""
    folder = tmp_path_factory.mktemp("cloud")
    settings = json.loads((ROOT / "zappa_settings.json").read_text())
    for event in settings["dev"]["events"]:
        event["expression"] = EACH_MINUTE
    file = folder / "zappa_settings.json"
    file.write_text(json.dumps(settings))
    with emulator(folder) as url:
        yield Cloud(url, folder, empty_database, file)


@pytest.fixture(scope="session")
def cloud(bare_cloud: Cloud) -> Cloud:
    """The same, with SpendSense deployed; the database secret leads to the local PostgreSQL."""
    said = bare_cloud.spendsense("check", "dev")
    assert "not there: `zappa deploy dev` makes it" in said
    bare_cloud.spendsense("configure", "dev")
    secret = bare_cloud.exports()["SpendSense-Database-dev-ConnectionStringSecretArn"]
    url = sa.make_url(bare_cloud.database_url).set(drivername="postgresql", query={})
    bare_cloud.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString=url.render_as_string(hide_password=False)
    )
    said = bare_cloud.zappa("deploy")
    (bare_cloud.folder / "deploy.log").write_text(said)
    return bare_cloud


@pytest.fixture(scope="session")
def deploy_log(cloud: Cloud) -> str:
    """What `zappa deploy` said."""
    return Path(cloud.folder / "deploy.log").read_text()
