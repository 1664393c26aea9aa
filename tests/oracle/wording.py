"""What a stream is called. The words themselves are ingest's; the oracle does not tell them a second time."""

from spendsense.store import kinds
from tests.oracle.person import Row


def stream_kind(row: Row, direction: str) -> str:
    """subscription, bill, income or transfer, by the latest row of the stream."""
    return kinds.stream_kind(row.category_primary, row.category_detailed, row.name, direction == "inflow")
