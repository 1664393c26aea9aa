"""What was measured of the person: the signals of each window with their evidence, and the recurring streams."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import etags
from spendsense.api.auth import current_user
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import request_transaction
from spendsense.api.pagination import PageQuery, decode_uuid_mark, page
from spendsense.api.resource import CONSUMER, Resource
from spendsense.api.shapes import schema_of
from spendsense.consent.people import lock_user
from spendsense.errors import Outdated
from spendsense.rulebook.types import WINDOW_DAYS
from spendsense.signals.choices import LONGEST_NAME, VERDICTS, choose
from spendsense.signals.read import load
from spendsense.signals.types import GROUPS, Card, UserSignals
from spendsense.store.models import Progress, Stream, User

signals = Resource("signals", "What was measured, with the rows that decide it. null is unknown, never zero.")


def is_evidence(field: str) -> bool:
    """Whether a field of a signal group names what decides it, rather than being measured."""
    return field.endswith(("_id", "_ids"))


def _group_schema(group: str) -> type[Schema]:
    shape, _ = GROUPS[group]
    name = group.capitalize()
    values = schema_of(shape, only=lambda field: not is_evidence(field), name=f"{name}Values")
    evidence = schema_of(shape, only=is_evidence, name=f"{name}Evidence")
    parts: dict[str, fields.Field[Any]] = {
        "values": fields.Nested(values, required=True),
        "evidence": fields.Nested(evidence, required=True),
    }
    return Schema.from_dict(parts, name=f"{name}Group")


class SignalQuery(Schema):
    """Which window."""

    window = fields.Integer(
        load_default=None,
        validate=validate.OneOf(WINDOW_DAYS),
        metadata={"description": "Days of the window; all three when it is left out"},
    )


SignalWindow = Schema.from_dict(
    {
        "window_days": fields.Integer(required=True),
        "as_of": fields.Date(required=True, allow_none=True, metadata={"description": "The window's last day"}),
        "coverage": fields.Nested(schema_of(GROUPS["coverage"][0]), required=True),
        **{group: fields.Nested(_group_schema(group), required=True) for group in GROUPS if group != "coverage"},
        "cards": fields.List(fields.Nested(schema_of(Card, name="CardSignals")), required=True),
    },
    name="SignalWindow",
)


class Signals(Schema):
    """The windows that were measured; none before the first run."""

    data = fields.List(fields.Nested(SignalWindow), required=True)


class PriceChange(Schema):
    """A stream's price from one charge to the next."""

    on = fields.Date(required=True, metadata={"description": "Of the first charge at the new price"})
    old_cents = fields.Integer(required=True, metadata={"description": "Positive: money out"})
    new_cents = fields.Integer(required=True)


class StreamSeen(Schema):
    """One recurring stream. Its status is the one on `as_of`, in Plaid's words."""

    stream_id = fields.UUID(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(["inflow", "outflow"]))
    kind = fields.String(required=True, validate=validate.OneOf(["subscription", "bill", "income", "transfer"]))
    name = fields.String(required=True)
    verdict = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(VERDICTS),
        metadata={"description": "What you said of it: not_recurring is left out of every sum"},
    )
    cadence = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["EARLY_DETECTION", "MATURE", "TOMBSTONED"]))
    as_of = fields.Date(required=True, allow_none=True)
    account_id = fields.String(required=True)
    currency = fields.String(required=True)
    typical_amount_cents = fields.Integer(required=True, metadata={"description": "Positive: money out"})
    last_amount_cents = fields.Integer(required=True)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    next_on = fields.Date(required=True, allow_none=True, metadata={"description": "null once it has ended"})
    price_changes = fields.List(fields.Nested(PriceChange), required=True, metadata={"description": "By day"})
    transaction_ids = fields.List(fields.String(), required=True, metadata={"description": "Its rows, by day"})
    etag = fields.String(required=True, metadata={"description": "For If-Match, when you say something of it"})


STREAM_FIELDS = tuple(StreamSeen().fields)


class StreamPage(Schema):
    """A page of streams, by id."""

    data = fields.List(fields.Nested(StreamSeen), required=True)
    next = fields.String(required=True, allow_none=True)


class StreamSaid(Schema):
    """What you say of a stream. What is left out stays as it is; null takes it back."""

    verdict = fields.String(allow_none=True, validate=validate.OneOf(VERDICTS))
    same_as = fields.UUID(allow_none=True, metadata={"description": "The stream of which this one is a part"})
    name = fields.String(allow_none=True, validate=validate.Length(1, LONGEST_NAME))


class StreamChoiceTaken(Followed):
    """What you have said of a stream by now."""

    stream_id = fields.UUID(required=True)
    verdict = fields.String(required=True, allow_none=True)
    same_as = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    chosen_at = fields.AwareDateTime(required=True)


CHOICE_FIELDS = tuple(set(StreamChoiceTaken().fields) - set(Followed().fields))


@signals.operation("GET", "/users/me/signals", to=CONSUMER, query=SignalQuery, answers=Signals, is_tagged=True)
def read_signals(query: dict[str, Any]) -> dict[str, Any]:
    """Your signals over 30, 90 and 180 days."""
    windows = [query["window"]] if query["window"] else WINDOW_DAYS
    with request_transaction() as session:
        user = current_user(session, needs="analysis")
        etags.tag_by_person(session, user.user_id)
        measured = load(session, [user.user_id], windows)
        as_of = _measured_on(session, user)
    found = [measured[user.user_id, window] for window in windows if (user.user_id, window) in measured]
    return {"data": [{**window_seen(one), "as_of": as_of} for one in found]}


@signals.operation("GET", "/users/me/streams", to=CONSUMER, query=PageQuery, answers=StreamPage, is_tagged=True)
def list_streams(query: dict[str, Any]) -> dict[str, Any]:
    """Your recurring payments and income."""
    rows = select(Stream).order_by(Stream.stream_id).limit(query["limit"] + 1)
    if query["after"]:
        rows = rows.where(Stream.stream_id > decode_uuid_mark(query["after"]))
    with request_transaction() as session:
        user = current_user(session, needs="analysis")
        etags.tag_by_person(session, user.user_id)
        as_of = _measured_on(session, user)
        found = session.scalars(rows.where(Stream.user_id == user.user_id)).all()
    return page([stream_seen(one, as_of) for one in found], query["limit"], lambda row: [str(row["stream_id"])])


@signals.operation(
    "PATCH",
    "/users/me/streams/<uuid:stream_id>",
    to=CONSUMER,
    body=StreamSaid,
    answers=StreamChoiceTaken,
    once=True,
    takes_match=True,
)
def say_of_stream(body: dict[str, Any], stream_id: UUID) -> dict[str, Any]:
    """Say that a stream recurs or does not, is part of another, or is called otherwise; the signals follow."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        _require_match(session, user_id, stream_id)
        choice = choose(session, user_id, stream_id, body, clock.now())
        if choice in session:  # one that says nothing was never put there
            session.expunge(choice)  # it is answered as it stands now
    taken = {name: getattr(choice, name) for name in CHOICE_FIELDS}
    return {**taken, "is_up_to_date": refresh_person(user_id)}


def _require_match(session: Session, user_id: UUID, stream_id: UUID) -> None:
    """Holds If-Match, where it is sent, against the stream as it stands, and keeps it standing so. Raises Outdated."""
    if "If-Match" in request.headers:
        lock_user(session, user_id)
        stream = session.get(Stream, (user_id, stream_id), populate_existing=True)
        if stream is None:
            raise Outdated("This stream has changed since you read it; read it again.")
        etags.require_match(_etag(stream))


def _etag(row: Stream) -> str:
    """The tag of what a stream is, by its rows and what was said of it."""
    return etags.etag_of(row.stream_id, row.kind, row.name, row.verdict, row.cadence, row.last_on, row.transaction_ids)


def _measured_on(session: Session, user: User) -> date | None:
    return session.scalar(select(Progress.measured_as_of).where(Progress.user_id == user.user_id))


def window_seen(measured: UserSignals) -> dict[str, Any]:
    """The signals as `SignalWindow` takes them, but for their day."""
    groups: dict[str, Any] = {group: _group(getattr(measured, group)) for group in GROUPS if group != "coverage"}
    return {
        "window_days": measured.window_days,
        "coverage": measured.coverage,
        "cards": measured.cards,
        **groups,
    }


def _group(values: object) -> dict[str, Any]:
    """The dataclass twice: each half of the schema picks its own fields."""
    return {"values": values, "evidence": values}


def stream_seen(row: Stream, as_of: date | None) -> dict[str, Any]:
    """The stream as `StreamSeen` takes it, judged on `as_of`, else on the day of its last row."""
    status = row.status(as_of or row.last_on)
    shown = {name: getattr(row, name) for name in STREAM_FIELDS if name not in ("status", "as_of", "next_on", "etag")}
    shown["price_changes"] = [{**change, "on": date.fromisoformat(change["on"])} for change in row.price_changes]
    shown["etag"] = _etag(row)
    return {**shown, "status": status, "as_of": as_of, "next_on": None if status == "TOMBSTONED" else row.next_on}
