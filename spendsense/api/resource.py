"""A group of operations, each declared in one place: who may call it, what it takes, what it answers.

The only file that touches flask-smorest: from these declarations it reads the requests, writes the answers and draws
the OpenAPI document.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NoReturn, TypeVar, cast

import msgspec
from flask import Flask, Request
from flask_smorest import Api as SmorestApi  # type: ignore[import-untyped]
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from spendsense.api import etags, examples, idempotency, problem
from spendsense.api.auth import PUBLIC, Access, allow, allow_anyone
from spendsense.api.limits import check_json
from spendsense.api.request import BODY_BYTES
from spendsense.api.tokens import Role
from spendsense.errors import FieldError, InvalidInput, UnsupportedMediaType
from spendsense.store.texts import UNSTORABLE

PREFIX = "/api/v1"
CONSUMER: Access = frozenset[Role]({"consumer"})
OPERATOR: Access = frozenset[Role]({"operator"})
STAFF: Access = frozenset[Role]({"operator", "auditor"})  # may read; what changes anything is for operators alone

View = TypeVar("View", bound=Callable[..., Any])


class Parser(FlaskParser):
    """Reads queries and bodies strictly: what is not declared is refused, and each fault names its place."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE}  # noqa: RUF012  as the base class has it

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002  webargs calls it so
        """The body as JSON. NaN, doubled roots and lone surrogates are no JSON."""
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("Send the body as application/json.")
        if req.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise UnsupportedMediaType("Send the body without a Content-Encoding.")
        try:
            body = msgspec.json.decode(req.get_data())
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InvalidInput("The body is not JSON.", [FieldError("", _place_of(error))]) from error
        check_json(body)
        return body

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raises InvalidInput with a pointer to each fault."""
        messages = cast(Mapping[str, Any], error.messages)
        faults = [fault for part in messages.values() for fault in _faults(part, "")]
        raise InvalidInput("The request can't be taken as it is.", faults) from error


class Api(SmorestApi):  # type: ignore[misc]
    """The OpenAPI document; errors are answered and described as problems."""

    ERROR_SCHEMA = problem.Problem

    def _register_error_handlers(self) -> None:
        """Nothing: `problem.register` has done it."""

    def _register_pagination_header(self) -> None:
        """Nothing: a page carries its mark in the body."""

    def _register_responses(self) -> None:
        super()._register_responses()
        for response in self.spec.components.responses_lazy.values():
            content = response.get("content", {})
            if "application/json" in content:
                content[problem.MEDIA_TYPE] = content.pop("application/json")


class Resource(SmorestBlueprint):  # type: ignore[misc]
    """Operations under one heading of the document."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, description: str, prefix: str = PREFIX) -> None:
        super().__init__(name, name, description=description, url_prefix=prefix)

    def operation(
        self,
        method: str,
        rule: str,
        *,
        to: Access,
        answers: type[Schema] | None,
        status: int = 200,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        refuses: Mapping[int, type[Schema]] | None = None,
        example: Any = None,
        body_example: Any = None,
        once: bool = False,
        is_tagged: bool = False,
        takes_match: bool = False,
        most_bytes: int = BODY_BYTES,
        **document: Any,
    ) -> Callable[[View], View]:
        """Registers a view. `to` names the roles that may call it; `PUBLIC` is anyone.

        The view gets the loaded query, then the loaded body, then the parts of the path by name. `refuses` describes
        problems with members of their own; `document` is laid over what the OpenAPI document says. With `once` the
        operation takes an Idempotency-Key (`api.idempotency`); `is_tagged` and `takes_match` say in the document that
        the view answers If-None-Match, or holds If-Match against what it changes (`api.etags`). What changes something
        and takes no If-Match refuses one, rather than change what the caller has not seen.
        """

        def decorate(view: View) -> View:
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", self.url_prefix + rule)
            wrapped: Any = allow(*to)(view) if to else allow_anyone(view)
            wrapped.most_bytes = most_bytes
            shown = examples.answer_of(method, path) if example is None else example
            sent = examples.body_of(method, path) if body_example is None else body_example
            wrapped = self.response(status, answers, example=shown)(wrapped)
            wrapped = idempotency.once(wrapped) if once else wrapped
            wrapped = wrapped if takes_match or method == "GET" else etags.without_match(wrapped)
            if body is not None:
                wrapped = self.arguments(body, location="json", example=sent)(wrapped)
                wrapped = self.alt_response(415, "UNSUPPORTED_MEDIA_TYPE")(wrapped)
            if query is not None:
                wrapped = self.arguments(query, location="query")(wrapped)
            for refusal, name in ((401, "UNAUTHORIZED"), (403, "FORBIDDEN")) if to else ():
                wrapped = self.alt_response(refusal, name)(wrapped)
            for refusal, schema in (refuses or {}).items():
                wrapped = self.alt_response(refusal, schema=schema, content_type=problem.MEDIA_TYPE)(wrapped)
            if is_tagged:
                wrapped = self.alt_response(304, success=True, description="What you have still holds")(wrapped)
            if method != "GET":
                wrapped = self.alt_response(412, "PRECONDITION_FAILED")(wrapped)
            headers = (once, idempotency.PARAMETER), (is_tagged, etags.IF_NONE_MATCH), (takes_match, etags.IF_MATCH)
            wrapped = _described(wrapped, [parameter for is_taken, parameter in headers if is_taken])
            wrapped = self.doc(**(document if to else {"security": [], **document}))(wrapped)
            parts = examples.parts_of(path)
            self.add_url_rule(rule, view.__name__, wrapped, parameters=parts, methods=[method])
            return view

        return decorate


def register(app: Flask, resources: Iterator[Resource] | list[Resource], description: str) -> Api:
    """Puts the resources and their OpenAPI 3.1 document into the application."""
    app.config.update(API_TITLE="SpendSense", API_VERSION="1.0.0", OPENAPI_VERSION="3.1.0")
    api = Api(
        app,
        spec_kwargs={
            "info": {"description": description},
            "servers": [{"url": "../.."}],  # of /api/v1/openapi.json, also below a stage's prefix
            "security": [{"token": []}],
        },
    )
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for resource in resources:
        api.register_blueprint(resource)
    return api


def printable(value: str) -> None:
    """Raises ValidationError for text with control characters, which no stored text has."""
    if not value.isprintable():
        raise ValidationError("Only printable characters.")


def storable(value: str) -> None:
    """Raises ValidationError for text that no row can hold: with NUL, or with half a character."""
    if UNSTORABLE.search(value):
        raise ValidationError("Only characters that can be stored.")


def _described(view: Any, parameters: list[Any]) -> Any:
    """The view with further parameters in the document, beside those that its schemas give."""
    kept = deepcopy(vars(view)["_apidoc"])  # where flask-smorest keeps what its decorators say
    if parameters:
        kept.setdefault("arguments", {}).setdefault("parameters", []).extend(parameters)
    vars(view)["_apidoc"] = kept
    return view


def _faults(messages: Any, pointer: str) -> Iterator[FieldError]:
    """One fault for each message, at the JSON pointer of its field (for a query: of its parameter)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            part = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")[:100]
            yield from _faults(inner, pointer + part)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield FieldError(pointer, str(message))


def _place_of(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.DecodeError) else "It is nested too deep or not UTF-8."


__all__ = ["CONSUMER", "OPERATOR", "PREFIX", "PUBLIC", "STAFF", "Api", "Resource", "printable", "register", "storable"]
