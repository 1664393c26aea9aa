"""The jobs as they are called in the cloud: by hand, by their schedules, and when they fail."""

import json

import pytest

from tests.aws.deploy.cloud import Cloud, wait_for

# Deployed meanwhile: these tests mostly wait for the next minute.
pytestmark = pytest.mark.usefixtures("staging_begun")

JOBS = ("compute_features", "assign_persona", "generate_recommendations")


def test_each_job_answers_by_hand(cloud: Cloud) -> None:
    for job in JOBS:
        said = cloud.zappa("invoke", f"jobs.{job}.run")
        assert '"event": "job_ended"' in said
        assert f'"job": "{job}"' in said


def test_a_payload_names_one_person(cloud: Cloud) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    said = cloud.zappa("invoke", "jobs.compute_features.run", "--payload", json.dumps({"user_id": nobody}))
    assert '"people": 0' in said


def test_a_wrong_payload_is_an_error_that_names_the_field(cloud: Cloud) -> None:
    said = cloud.zappa("invoke", "jobs.compute_features.run", "--payload", '{"as_of": "yesterday"}', expect=1)
    assert "InvalidInput" in said or "error occurred while invoking" in said


def test_the_migration_runs_twice_without_harm(cloud: Cloud) -> None:
    cloud.zappa("invoke", "spendsense.ops.migrate")
    assert cloud.sql("SELECT count(*) FROM alembic_version") == [(1,)]


def test_what_is_not_ours_is_refused(cloud: Cloud) -> None:
    assert "error occurred while invoking" in cloud.zappa("invoke", "print(1)", "--raw", expect=1)
    assert "error occurred while invoking" in cloud.zappa("invoke", "os.getcwd", expect=1)


def test_the_log_can_be_followed(cloud: Cloud) -> None:
    cloud.zappa("invoke", "jobs.assign_persona.run")
    assert cloud.logged("job_ended", "assign_persona")


def test_the_schedules_do_the_work_of_a_night(cloud: Cloud) -> None:
    """A person whose data are new, and nobody calls: each minute's rules measure, name and advise them."""
    cloud.send_data("night@example.com")
    (user_id,) = cloud.sql("SELECT user_id FROM users WHERE email = 'night@example.com'")[0]
    cloud.sql(f"UPDATE progress SET measured_as_of = measured_as_of - 1 WHERE user_id = '{user_id}'")
    before = dict(cloud.sql("SELECT job, count(*) FROM job_runs GROUP BY job"))

    def is_done() -> bool:
        now = dict(cloud.sql("SELECT job, count(*) FROM job_runs WHERE outcome = 'complete' GROUP BY job"))
        return all(now.get(job, 0) > before.get(job, 0) for job in JOBS)

    wait_for("a run of each job by its schedule", is_done)
    assert cloud.sql(f"SELECT measured_as_of = current_date FROM progress WHERE user_id = '{user_id}'") == [(True,)]


def test_a_run_that_fails_is_told_to_who_called_and_kept_when_nobody_did(cloud: Cloud) -> None:
    cloud.messages()
    cloud.sql("ALTER TABLE job_runs RENAME TO job_runs_away")
    try:
        said = cloud.zappa("invoke", "jobs.compute_features.run", expect=1)
        assert "error occurred while invoking" in said
        letters = wait_for("a dead letter", cloud.messages)
    finally:
        cloud.sql("ALTER TABLE job_runs_away RENAME TO job_runs")
    assert all(letter["requestContext"]["condition"] == "RetriesExhausted" for letter in letters)
    assert {letter["requestContext"]["approximateInvokeCount"] for letter in letters} == {3}  # one, and two more
    assert any("aws.events" in json.dumps(letter["requestPayload"]) for letter in letters)
    configured = cloud.client("lambda").get_function_event_invoke_config(
        FunctionName=cloud.function, Qualifier="$LATEST"
    )
    assert configured["MaximumRetryAttempts"] == 2
