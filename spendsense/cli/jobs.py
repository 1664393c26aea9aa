"""`spendsense jobs run` and `spendsense streams`: measure, name, advise; and what recurs."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from spendsense import clock
from spendsense.cli.arguments import Day, Filled
from spendsense.cli.context import application, progress_bar, quiet_logs

if TYPE_CHECKING:
    from spendsense.pipeline.run import Summary
    from spendsense.store.models import Stream

NAMES = ("compute_features", "assign_persona", "generate_recommendations")


@click.group()
def jobs() -> None:
    """The three jobs, as they run every night."""


@jobs.command()
@click.argument("name", type=click.Choice([*NAMES, "all"]))
@click.option("--as-of", type=Day(), help="The last day that counts; today by default.")
@click.option("--user", "email", type=Filled(), metavar="EMAIL", help="This person alone.")
@click.option("--json", "is_json", is_flag=True, help="Print the summary as JSON, a line a job.")
def run(name: str, as_of: datetime | None, email: str | None, is_json: bool) -> None:
    """Run one job, or all three in order, over whatever is stale."""
    with application(), quiet_logs(is_quiet=not is_json):
        user_ids = [find_person(email)] if email else None
        summaries = run_jobs(
            NAMES if name == "all" else (name,),
            as_of=as_of.date() if as_of else None,
            user_ids=user_ids,
            is_shown=not is_json,
        )
    for summary in summaries:
        click.echo(_json(asdict(summary)) if is_json else describe(summary))
    if any(summary.set_aside for summary in summaries):
        sys.exit(1)


@click.command()
@click.option("--as-of", type=Day(), help="From the rows up to this day; today by default.")
@click.option("--user", "email", type=Filled(), metavar="EMAIL", help="This person alone.")
@click.option("--early", "with_early", is_flag=True, help="Those with two charges so far too.")
def streams(as_of: datetime | None, email: str | None, with_early: bool) -> None:
    """Print the recurring streams that were found, a JSON object a line."""
    from spendsense.pipeline.preview import streams_on

    day = as_of.date() if as_of else clock.today()
    with application():
        for stream in streams_on(day, clock.now(), find_person(email) if email else None):
            if stream.verdict != "not_recurring" and (with_early or not stream.is_early):
                click.echo(_json(shown(stream, day)))


def run_jobs(
    names: Iterable[str], *, as_of: date | None = None, user_ids: list[UUID] | None = None, is_shown: bool = True
) -> list["Summary"]:
    """Runs the jobs in order, with a bar each."""
    from spendsense.pipeline.claims import Job, Scope
    from spendsense.pipeline.run import run_job

    scope = Scope(user_ids=None if user_ids is None else tuple(user_ids), wait=user_ids is not None)
    summaries = []
    for name in names:
        with progress_bar(name, unit="people", is_shown=is_shown) as progress:
            summaries.append(run_job(Job(name), as_of=as_of, scope=scope, progress=progress))
    return summaries


def find_person(email: str) -> UUID:
    """The id of the person with this email. Raises NotFound."""
    from spendsense.consent.people import find_user
    from spendsense.store.session import transaction

    with transaction() as session:
        return find_user(session, email).user_id


def describe(summary: "Summary") -> str:
    """A run's summary in a line or two."""
    counts = "".join(f", {name.replace('_', ' ')} {count}" for name, count in summary.counts.items() if count)
    lines = [f"{summary.job} as of {summary.as_of}: {summary.people} people{counts}"]
    if summary.outcome != "complete":
        lines.append(f"  stopped early ({summary.outcome}); {summary.remaining} people are left for the next run")
    if summary.computed_not_stored:
        lines.append(f"  {summary.computed_not_stored} people are stored for a later day: computed, not stored")
    if summary.measured_later:
        lines.append(f"  {summary.measured_later} people are measured for a later day: left out")
    lines += [f"  set aside, tried again later: {user_id}" for user_id in summary.set_aside]
    lines += [f"  {_json(signals)}" for signals in summary.shown]
    return "\n".join(lines)


def shown(stream: "Stream", day: date) -> dict[str, Any]:
    """A stream as it is printed; amounts in whole units, by Plaid's sign: positive is money out."""
    return {
        "user_id": stream.user_id,
        "account_id": stream.account_id,
        "name": stream.name,
        "kind": stream.kind,
        "direction": stream.direction,
        "cadence": stream.cadence,
        "status": stream.status(day),
        "currency": stream.currency,
        "typical_amount": Decimal(stream.typical_amount_cents).scaleb(-2),
        "last_amount": Decimal(stream.last_amount_cents).scaleb(-2),
        "price_changes": [
            {
                "on": change["on"],
                "old_amount": Decimal(change["old_cents"]).scaleb(-2),
                "new_amount": Decimal(change["new_cents"]).scaleb(-2),
            }
            for change in stream.price_changes
        ],
        "first_on": stream.first_on,
        "last_on": stream.last_on,
        "predicted_next_date": stream.next_on,
        "transaction_ids": stream.transaction_ids,
    }


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.Encoder(decimal_format="number").encode(value).decode()
