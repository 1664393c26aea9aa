"""Deploys for real: dev from nothing, and meanwhile staging onto the stacks that a team already has."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.aws.deploy.cloud import Cloud
from tests.aws.deploy.team import ORIGIN, lay_own_stacks
from tests.aws.emulator import ROOT, emulator
from tests.aws.runtime.packaging import need_lambdas_platform
from tests.databases import new_database, two_logins

EACH_MINUTE = "cron(* * * * ? *)"


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An account with nothing in it, and the settings of dev, whose schedules fire each minute."""
    need_lambdas_platform()
    folder = tmp_path_factory.mktemp("cloud")
    settings = json.loads((ROOT / "zappa_settings.json").read_text())
    settings["staging"]["events"] = settings["dev"]["events"]
    settings["dev"]["events"] = [{**event, "expression": EACH_MINUTE} for event in settings["dev"]["events"]]
    file = folder / "zappa_settings.json"
    file.write_text(json.dumps(settings))
    with emulator(folder) as url, new_database() as database_url:
        yield Cloud("dev", url, database_url, file)


@pytest.fixture(scope="session")
def deploy_log(account: Cloud) -> Iterator[str]:
    """What `zappa deploy dev` said; the database secret leads to the local PostgreSQL, with two logins."""
    assert "not there: `zappa deploy dev` makes it" in account.spendsense("check")
    account.spendsense("configure")  # lays the foundation, whose database is but a name here
    with two_logins(account.database_url) as logins:
        secret = account.exported("ConnectionStringSecretArn")
        account.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(logins))
        yield account.zappa("deploy")


@pytest.fixture(scope="session")
def cloud(account: Cloud, deploy_log: str) -> Cloud:
    """The account with dev deployed."""
    return account


@pytest.fixture(scope="session")
def staging_begun(cloud: Cloud) -> Iterator[Future[Cloud]]:
    """Staging, while it is being deployed beside the tests of dev that mostly wait."""
    with ThreadPoolExecutor(1) as thread, new_database() as database_url:
        yield thread.submit(deploy_staging, Cloud("staging", cloud.url, database_url, cloud.settings_file))


@pytest.fixture(scope="session")
def staging(staging_begun: Future[Cloud]) -> Cloud:
    """The stage staging, deployed."""
    return staging_begun.result()


def deploy_staging(cloud: Cloud) -> Cloud:
    """By the one command, once the settings say what no stack exports: the subnets, and the frontend's origin."""
    subnets = lay_own_stacks(cloud)
    cloud.spendsense("configure", "--subnets", ",".join(subnets), "--origin", ORIGIN)
    cloud.zappa("deploy")
    return cloud
