"""Measures every person whose data changed, or for whom the day moved on."""

from typing import Any

from jobs import runtime
from spendsense.pipeline.claims import Job


def run(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Scheduled daily, or called by hand; see `jobs.runtime.run` for the event and the answer."""
    return runtime.run(Job.COMPUTE_FEATURES, event, context)
