"""Events as AWS sends them to the function."""

import base64
import json
from typing import Any

FUNCTION = "spendsense-dev"


def gateway(path: str = "/api/v1/users/me", method: str = "GET", **changes: Any) -> dict[str, Any]:
    """What API Gateway's proxy integration sends for a REST API; a change replaces a member."""
    return {
        "resource": "/api/v1/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "*/*", "Host": "abc.execute-api.us-east-1.amazonaws.com", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Accept": ["*/*"], "Host": ["abc.execute-api.us-east-1.amazonaws.com"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": "users/me"},
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc",
            "stage": "dev",
            "resourcePath": "/api/v1/{proxy+}",
            "httpMethod": method,
            "path": f"/dev{path}",
            "requestId": "8b1c5f6e-0000-4000-8000-000000000000",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl"},
        },
        "body": None,
        "isBase64Encoded": False,
        **changes,
    }


def schedule(job: str = "jobs.compute_features.run", function: str = FUNCTION, **changes: Any) -> dict[str, Any]:
    """What a rule of EventBridge sends."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-03-01T01:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:000000000000:rule/{function}-{job}"],
        "detail": {},
        **changes,
    }


def unsigned(**claims: Any) -> str:
    """A token with these claims and no good signature."""
    parts = ({"alg": "RS256", "kid": "x"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2ln"])
