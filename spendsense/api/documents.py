"""The OpenAPI document, and Swagger UI to read it with: files of an installed package under a strict policy.

Every address is relative, so that the page also works below the stage's prefix of API Gateway.
"""

from functools import cache
from importlib.resources import files

from flask import Response, current_app, json
from marshmallow import INCLUDE, Schema

from spendsense.api.resource import PUBLIC, Resource
from spendsense.errors import NotFound

documents = Resource("documents", "This document, as JSON and as a page.")

SAVED_FOR_SECONDS = 3_600
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "index.css": "text/css",
    "favicon-32x32.png": "image/png",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SpendSense API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/index.css">
</head>
<body>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> says the same.</noscript>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""


PAGE_SHOWN = {"200": {"content": {"text/html": {"schema": {"type": "string"}, "example": PAGE}}}}
ASSET_SHOWN = {"200": {"content": {"*/*": {"schema": {"type": "string"}, "example": START}}}}


class AnyObject(Schema):
    """A JSON object."""

    class Meta:
        """Of whatever members."""

        unknown = INCLUDE


@documents.operation("GET", "/openapi.json", to=PUBLIC, answers=AnyObject, example={"openapi": "3.1.0"})
def read_openapi() -> Response:
    """This document."""
    return _saved(_openapi(), "application/json")


@documents.operation("GET", "/docs", to=PUBLIC, answers=None, responses=PAGE_SHOWN)
def read_docs() -> Response:
    """A page to read and try the API."""
    response = _saved(PAGE, "text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@documents.operation("GET", "/docs/<asset>", to=PUBLIC, answers=None, responses=ASSET_SHOWN)
def read_docs_asset(asset: str) -> Response:
    """A script or style of that page."""
    if asset == "start.js":
        return _saved(START, "text/javascript")
    if asset not in ASSETS:
        raise NotFound("There is no such file.")
    return _saved(_asset(asset), ASSETS[asset])


def _openapi() -> bytes:
    (api,) = current_app.extensions["flask-smorest"]["apis"].values()
    return json.dumps(api["ext_obj"].spec.to_dict(), sort_keys=False).encode()


@cache
def _asset(name: str) -> bytes:
    return (files("flask_swagger_ui") / "dist" / name).read_bytes()


def _saved(body: str | bytes, media_type: str) -> Response:
    response = Response(body, mimetype=media_type)
    response.headers["Cache-Control"] = f"public, max-age={SAVED_FOR_SECONDS}"
    return response
