"""Settings: what the environment says, and that a wrong variable stops the start by its name."""

import pytest

from spendsense.config import load_settings
from spendsense.errors import ConfigurationError


def test_a_laptop_needs_nothing() -> None:
    settings = load_settings({})
    assert (settings.environment, settings.database_url, settings.cors_origins) == ("dev", None, ("*",))
    assert not settings.in_lambda
    assert settings.recommendation_delivery == "auto"


def test_a_stage_may_wait_for_approval() -> None:
    assert load_settings({"RECOMMENDATION_DELIVERY": "approval"}).recommendation_delivery == "approval"


@pytest.mark.parametrize("url", ["postgres://a@h/d", "postgresql://a@h/d", "postgresql+psycopg2://a@h/d"])
def test_each_way_to_write_a_database_url_is_understood(url: str) -> None:
    assert load_settings({"DATABASE_URL": url}).database_url == "postgresql+psycopg2://a@h/d"


def test_a_function_is_told_by_its_stage() -> None:
    settings = load_settings(
        {
            "AWS_LAMBDA_FUNCTION_NAME": "spendsense-prod",
            "ENVIRONMENT": "prod",
            "CORS_ORIGINS": "https://bank.test",
            "DATABASE_SECRET_ARN": "arn:d",
            "COGNITO_SECRET_ARN": "arn:c",
            "FAN_OUT_ABOVE": "10",
            "FAN_OUT_CONNECTIONS": "2",
        }
    )
    assert (settings.in_lambda, settings.is_dev, settings.cors_origins) == (True, False, ("https://bank.test",))
    assert (settings.database_secret_arn, settings.cognito_secret_arn) == ("arn:d", "arn:c")
    assert (settings.fan_out_above, settings.fan_out_connections) == (10, 2)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"ENVIRONMENT": "production"}, "ENVIRONMENT"),
        ({"ENVIRONMENT": "prod"}, "CORS_ORIGINS"),
        ({"ENVIRONMENT": "staging", "CORS_ORIGINS": " , "}, "CORS_ORIGINS"),
        ({"ENVIRONMENT": "prod", "CORS_ORIGINS": "*"}, "CORS_ORIGINS"),
        ({"ENVIRONMENT": "prod", "CORS_ORIGINS": "https://*.bank.test"}, "CORS_ORIGINS"),
        ({"ENVIRONMENT": "prod", "CORS_ORIGINS": "https://a.test,https://b.test"}, "CORS_ORIGINS"),
        ({"ENVIRONMENT": "prod", "CORS_ORIGINS": "https://a.test/"}, "CORS_ORIGINS"),
        ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL"),
        ({"AWS_LAMBDA_FUNCTION_NAME": "spendsense-dev"}, "DATABASE_SECRET_ARN"),
        ({"FAN_OUT_ABOVE": "0"}, "FAN_OUT_ABOVE"),
        ({"FAN_OUT_ABOVE": "9" * 5_000}, "FAN_OUT_ABOVE"),
        ({"FAN_OUT_CONNECTIONS": "many"}, "FAN_OUT_CONNECTIONS"),
        ({"FAN_OUT_CONNECTIONS": "1001"}, "FAN_OUT_CONNECTIONS"),
        ({"RATE_LIMIT_PER_MINUTE": "1000001"}, "RATE_LIMIT_PER_MINUTE"),
        ({"RATE_LIMIT_PER_MINUTE": "³"}, "RATE_LIMIT_PER_MINUTE"),
        ({"RECOMMENDATION_DELIVERY": "never"}, "RECOMMENDATION_DELIVERY"),
    ],
)
def test_a_wrong_variable_is_named(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load_settings(environ)
