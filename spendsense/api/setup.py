"""Puts the API into an application: what every request goes through, the errors, the guard, and each resource."""

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from spendsense.api import auth, etags, limits, problem, request, resource
from spendsense.api.accounts import accounts
from spendsense.api.audit import audits
from spendsense.api.consents import consents
from spendsense.api.documents import documents
from spendsense.api.export import exports
from spendsense.api.health import health
from spendsense.api.insights import charts
from spendsense.api.me import me
from spendsense.api.operators_actions import operator_actions
from spendsense.api.operators_metrics import numbers
from spendsense.api.operators_people import operators
from spendsense.api.operators_review import reviews
from spendsense.api.persona import personas
from spendsense.api.recommendations import recommendations
from spendsense.api.residence import residence
from spendsense.api.signals import signals
from spendsense.api.status import status
from spendsense.api.tokens import TokenVerifier
from spendsense.api.traces import traces
from spendsense.api.transactions import transactions
from spendsense.api.uploads import uploads
from spendsense.config import Settings

RESOURCES = [
    health,
    documents,
    me,
    residence,
    exports,
    consents,
    uploads,
    accounts,
    transactions,
    signals,
    charts,
    personas,
    recommendations,
    traces,
    operators,
    numbers,
    reviews,
    operator_actions,
    audits,
    status,
]
DESCRIPTION = (
    "Measures how a person spends, borrows, saves and earns from their bank data, and offers education and, agreed to "
    "separately, partner offers, each with the figures behind it. It is no financial advice. Amounts are whole cents; "
    "a transaction's sign is Plaid's, positive is money out. Errors are RFC 9457 problems."
)


class Json(DefaultJSONProvider):
    """Members in the order in which they are declared, text as it is."""

    sort_keys = False
    ensure_ascii = False


def install(app: Flask, settings: Settings, verifier: TokenVerifier) -> None:
    """Registers everything of the API. The application's own routes may come before or after."""
    app.json = Json(app)
    request.register(app, settings)
    problem.register(app)
    etags.register(app)
    limits.check_headers(app)
    auth.identify(app, verifier)
    limits.count_requests(app, settings)
    auth.protect(app)
    resource.register(app, RESOURCES, DESCRIPTION)
