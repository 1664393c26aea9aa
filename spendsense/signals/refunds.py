"""Which inflows take back what was paid, and which come of themselves: from a lodger who was paid now and then."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import psycopg2.extensions

from spendsense.store.sql import arrays, load

Refunds = Mapping[str, set[str]]
"""Person → the transaction ids of inflows that may be refunds."""


def refundable(cursor: psycopg2.extensions.cursor, user_ids: Sequence[str]) -> Refunds:
    """The inflows of these people that may be refunds: those no larger than what went there in the 90 days before."""
    cursor.execute(load("spendsense.signals", "refundable.sql"), {"user_ids": list(user_ids)})
    found: dict[str, set[str]] = defaultdict(set)
    for user_id, transaction_id in cursor:
        found[user_id].add(transaction_id)
    return found


def mark_refunds(cursor: psycopg2.extensions.cursor, user_ids: Sequence[str], refunds: Refunds) -> None:
    """Makes these rows refunds, and no others, but for those of streams that are income by their rhythm."""
    pairs = [(user_id, transaction_id) for user_id, ids in refunds.items() for transaction_id in ids]
    parameters = arrays(("refund_users", "refund_ids"), pairs) | {"user_ids": list(user_ids)}
    cursor.execute(load("spendsense.signals", "mark_refunds.sql"), parameters)
