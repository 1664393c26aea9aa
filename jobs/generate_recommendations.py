"""Chooses anew for every person whose persona, consent, rulebook or expiry asks for it."""

from typing import Any

from jobs import runtime
from spendsense.pipeline.claims import Job


def run(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Scheduled daily, or called by hand; see `jobs.runtime.run` for the event and the answer."""
    return runtime.run(Job.GENERATE_RECOMMENDATIONS, event, context)
