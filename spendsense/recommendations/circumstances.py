"""Reads what offers ask of people beside their signals: accounts, state, age of their data."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from psycopg2.extensions import cursor as Cursor

from spendsense.recommendations.eligibility import Circumstances, HeldAccount
from spendsense.store import sql

# One row an account, with both of its names: ('0a…', 'Visa Fernhill Everyday Visa', 'credit', 'credit card').
_ACCOUNTS: Final = """
    SELECT user_id::text, CONCAT_WS(' ', name, official_name), type, subtype
    FROM accounts
    WHERE user_id = ANY(%s::uuid[])
    ORDER BY user_id, account_id
"""


def load(cursor: Cursor, user_ids: Sequence[str], as_of: date) -> defaultdict[str, Circumstances]:
    """The circumstances of these people by id, in two statements; of others nothing is known."""
    found: defaultdict[str, Circumstances] = defaultdict(Circumstances)
    if not user_ids:
        return found
    accounts: defaultdict[str, list[HeldAccount]] = defaultdict(list)
    cursor.execute(_ACCOUNTS, (list(user_ids),))
    for user_id, *account in cursor:
        accounts[user_id].append(HeldAccount(*account))
    parameters = {"user_ids": list(user_ids), "as_of": as_of}
    cursor.execute(sql.load("spendsense.recommendations", "circumstances.sql"), parameters)
    for user_id, state, last_data_on in cursor:
        found[user_id] = Circumstances(tuple(accounts[user_id]), state, last_data_on)
    return found
