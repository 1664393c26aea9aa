"""`zappa undeploy`, and what is left to take away."""

from tests.aws.deploy.cloud import Cloud


def test_undeploy_wants_to_be_meant(cloud: Cloud) -> None:
    assert "`zappa undeploy dev -y` means it" in cloud.zappa("undeploy", expect=1)
    assert cloud.ask("GET", "/api/v1/health").status == 200


def test_undeploy_takes_the_overlay_down_first(cloud: Cloud) -> None:
    cloud.zappa("undeploy", "-y", "--remove-logs")
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert cloud.function not in {function["FunctionName"] for function in functions}
    assert cloud.client("apigateway").get_rest_apis()["items"] == []
    assert cloud.client("events").list_rules()["Rules"] == []
    assert "ApiId" not in cloud.outputs()


def test_the_log_group_goes_with_its_own_stack(cloud: Cloud) -> None:
    """Deleted by `--remove-logs`, it would not be there for the next deployment, which may not make it."""
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/spendsense-dev")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/aws/lambda/spendsense-dev"]


def test_the_stacks_beside_it_can_be_taken_away(cloud: Cloud) -> None:
    cloud.spendsense("remove", "--with-foundation", "--yes")
    left = cloud.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
    assert [stack["StackName"] for stack in left["StackSummaries"] if stack["StackName"].endswith("-dev")] == []
