"""`zappa update`, `rollback`, `schedule`, `unschedule`: the overlay stays, and nothing is left behind."""

from tests.aws.deploy.cloud import Cloud


def schedules(cloud: Cloud) -> set[str]:
    """The names of the stage's rules."""
    return {rule["Name"] for rule in cloud.client("events").list_rules(NamePrefix=cloud.function)["Rules"]}


def deployment(cloud: Cloud) -> str:
    """Which deployment the stage shows."""
    found: str = cloud.client("apigateway").get_stage(restApiId=cloud.outputs()["ApiId"], stageName="dev")[
        "deploymentId"
    ]
    return found


def guarded(cloud: Cloud) -> bool:
    """Whether the overlay stands: a public route is open, another asks for a token."""
    return cloud.ask("GET", "/api/v1/health").status == 200 and cloud.ask("GET", "/api/v1/users/me").status == 401


def test_an_update_keeps_the_overlay_and_deploys_anew(cloud: Cloud) -> None:
    before = deployment(cloud)
    cloud.zappa("update")
    assert deployment(cloud) != before
    assert guarded(cloud)


def test_a_rollback_goes_back_one_version(cloud: Cloud) -> None:
    cloud.zappa("rollback", "-n", "1")
    assert guarded(cloud)


def test_schedules_can_be_taken_away_and_set_again(cloud: Cloud) -> None:
    jobs = {"compute_features", "assign_persona", "generate_recommendations"}
    cloud.zappa("unschedule")
    assert schedules(cloud) == set()
    cloud.zappa("schedule")
    assert schedules(cloud) == {f"spendsense-dev-jobs.{job}.run" for job in jobs}
    assert guarded(cloud)
