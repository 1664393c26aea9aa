"""What is laid over the API that Zappa made: who gets in where, preflights, and how the gateway itself refuses."""

import json
import re
from typing import Any

import pytest
from flask import Flask

from spendsense.api import probe, problem, request
from spendsense.api.auth import PUBLIC, access_of
from spendsense.config import load_settings
from tests.cloudformation.template import Stack

ORIGIN = "https://app.bank.example"
BEFORE = Stack("spendsense", Stage="prod", AllowOrigin=ORIGIN)
AFTER = Stack("spendsense", Stage="prod", AllowOrigin=ORIGIN, RestApiId="api", RootResourceId="root")

OPEN = {"/health", "/api/v1/health", "/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs/{proxy+}"}
PROTECTED = "/api/v1/{proxy+}"
OPTIONS = "OPTIONS"

RESPONSES = {
    "UNAUTHORIZED": 401,
    "ACCESS_DENIED": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "INTEGRATION_TIMEOUT": 504,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
}
GATEWAY_ONLY = {"too-many-requests": "Too many requests"}  # the application itself does not throttle


def path(resource: str) -> str:
    """The whole path of a resource, by the parts of those that it lies under."""
    if resource == "root":
        return ""
    found = AFTER.of_type("ApiGateway::Resource")[resource.strip("<>")]
    return f"{path(found['ParentId'])}/{found['PathPart']}"


METHODS = {
    (found["HttpMethod"], path(found["ResourceId"])): found for found in AFTER.of_type("ApiGateway::Method").values()
}
GATEWAY_RESPONSES = {found["ResponseType"]: found for found in AFTER.of_type("ApiGateway::GatewayResponse").values()}


@pytest.fixture
def cors(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How the application sets up Flask-CORS."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(request, "CORS", lambda _app, **settings: asked.update(settings))
    probe.create_probe(load_settings({"ENVIRONMENT": "prod", "CORS_ORIGINS": ORIGIN}))
    return asked


def named(header: str) -> set[str]:
    """The names in a header's value, which the gateway wants between quotes."""
    assert header == f"'{header[1:-1]}'"
    return set(header.strip("'").split(","))


def test_what_needs_the_api_waits_for_it_and_nothing_else_does() -> None:
    over_the_api = {
        name
        for name, resource in AFTER.resources.items()
        if resource["Type"].startswith(("AWS::ApiGateway::", "AWS::Lambda::"))
    }
    assert over_the_api | {"ServerErrorsAlarm", "LatencyAlarm"} == set(AFTER.resources) - set(BEFORE.resources)


def test_everything_lies_over_the_one_api() -> None:
    for name, resource in AFTER.resources.items():
        if resource["Type"].startswith("AWS::ApiGateway::"):
            assert resource["Properties"]["RestApiId"] == "api", name


def test_zappas_stage_is_not_deployed_by_the_stack() -> None:
    """A Deployment shows the API as it was when the stack made it; the deployment asks for one each time."""
    assert AFTER.of_type("ApiGateway::Deployment") == {}


def test_the_authorizer_is_the_user_pools() -> None:
    assert AFTER.of_type("ApiGateway::Authorizer") == {
        "Authorizer": {
            "Name": "spendsense-cognito",
            "RestApiId": "api",
            "Type": "COGNITO_USER_POOLS",
            "ProviderARNs": ["import(SpendSense-Cognito-prod-UserPoolArn)"],
            "IdentitySource": "method.request.header.Authorization",
        }
    }


def test_five_routes_are_open_and_the_rest_asks_the_authorizer() -> None:
    found = {key: method["AuthorizationType"] for key, method in METHODS.items() if key[0] != OPTIONS}
    assert found == {**{("GET", route): "NONE" for route in OPEN}, ("ANY", PROTECTED): "COGNITO_USER_POOLS"}
    assert METHODS["ANY", PROTECTED]["AuthorizerId"] == "<Authorizer>"


def test_those_are_the_routes_that_the_application_leaves_open(app: Flask) -> None:
    public = [rule.rule for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) == PUBLIC]
    assert {re.sub("<[^>]+>", "{proxy+}", rule) for rule in public} == OPEN


@pytest.mark.parametrize("key", [key for key in METHODS if key[0] != OPTIONS], ids=" ".join)
def test_a_request_goes_to_the_function(key: tuple[str, str]) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:spendsense-prod"
    assert METHODS[key]["Integration"] == {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Credentials": "<ExecutionRole.Arn>",
        "Uri": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    }


def test_only_this_api_may_invoke_the_function_without_the_role() -> None:
    assert AFTER.of_type("Lambda::Permission") == {
        "InvokePermission": {
            "FunctionName": "spendsense-prod",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": "arn:aws:execute-api:us-east-1:000000000000:api/*/*/*",
        }
    }


def test_every_route_has_a_preflight() -> None:
    assert {route for method, route in METHODS if method == OPTIONS} == {*OPEN, PROTECTED}


@pytest.mark.parametrize("route", sorted({*OPEN, PROTECTED}))
def test_a_preflight_is_open_and_answered_by_the_gateway_as_the_application_would(
    route: str, cors: dict[str, Any]
) -> None:
    method = METHODS[OPTIONS, route]
    mock = method["Integration"]
    assert (method["AuthorizationType"], mock["Type"]) == ("NONE", "MOCK")
    assert mock["ContentHandling"] == "CONVERT_TO_TEXT"  # else 500, as all types are binary to Zappa's API
    assert json.loads(mock["RequestTemplates"]["application/json"]) == {"statusCode": 204}
    (answer,) = mock["IntegrationResponses"]
    assert answer["StatusCode"] == "204"
    shown = {
        name.removeprefix("method.response.header."): value for name, value in answer["ResponseParameters"].items()
    }
    assert shown.pop("Access-Control-Allow-Origin") == f"'{cors['origins'][0]}'"
    assert named(shown.pop("Access-Control-Allow-Headers")) == set(cors["allow_headers"])
    assert named(shown.pop("Access-Control-Allow-Methods")) == set(cors["methods"])
    assert shown.pop("Access-Control-Max-Age") == f"'{cors['max_age']}'"
    assert shown == {"Vary": "'Origin'"}
    declared = {"StatusCode": "204", "ResponseParameters": dict.fromkeys(answer["ResponseParameters"], True)}
    assert method["MethodResponses"] == [declared]  # AWS refuses a header that is not


def test_these_refusals_are_our_own() -> None:
    assert {kind: found.get("StatusCode") for kind, found in GATEWAY_RESPONSES.items()} == {
        kind: status and str(status) for kind, status in RESPONSES.items()
    }


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_refusal_can_be_read_by_the_frontend(kind: str, cors: dict[str, Any]) -> None:
    given = GATEWAY_RESPONSES[kind]["ResponseParameters"].items()
    headers = {name.removeprefix("gatewayresponse.header."): value for name, value in given}
    assert headers["Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
    assert named(headers["Access-Control-Expose-Headers"]) == set(cors["expose_headers"])
    assert headers["Vary"] == "'Origin'"
    assert ("WWW-Authenticate" in headers) == (kind == "UNAUTHORIZED")
    assert ("Retry-After" in headers) == (kind in ("THROTTLED", "DEFAULT_5XX"))


@pytest.mark.parametrize(("kind", "status"), [item for item in RESPONSES.items() if item[1]])
def test_a_refusal_looks_like_the_applications_own(kind: str, status: int) -> None:
    template = GATEWAY_RESPONSES[kind]["ResponseTemplates"]["application/json"]
    assert set(re.findall(r"\$[\w.]+", template)) == {"$context.path", "$context.requestId"}
    body = json.loads(re.sub(r"\$[\w.]+", "text", template))
    assert problem.Problem().validate(body) == {}
    assert body["status"] == status
    titles = {found.name: found.title for found in problem.KINDS.values()} | GATEWAY_ONLY
    name = body["type"].removeprefix("urn:problem-type:spendsense:")
    assert body["title"] == titles[name]
