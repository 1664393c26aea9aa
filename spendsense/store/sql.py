"""Loads the `.sql` files that stand beside the Python that runs them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Final

from spendsense.store.kinds import CHARGES_A_YEAR, EVENT_KINDS, FEE_KINDS, SAVINGS_SUBTYPES, SPENDING_KINDS, Kind


def _listed(kinds: Iterable[Kind]) -> str:
    return f"({', '.join(str(kind.value) for kind in kinds)})"


_WORDS: Final[Mapping[str, str]] = {
    **{kind.name: str(kind.value) for kind in Kind},
    "SPENDING_KINDS": _listed(SPENDING_KINDS),
    "FEE_KINDS": _listed(FEE_KINDS),
    "EVENT_KINDS": _listed(EVENT_KINDS),
    "SAVINGS_SUBTYPES": str(SAVINGS_SUBTYPES),
    "CHARGES_A_YEAR": " ".join(
        ["CASE cadence", *(f"WHEN '{cadence}' THEN {count}" for cadence, count in CHARGES_A_YEAR.items()), "END"]
    ),
}


@cache
def load(package: str, name: str) -> str:
    """The text of `name` (such as `credit.sql`) in the package's `sql` folder.

    What `store.kinds` names stands there by its name: `kind = $INTEREST`, `kind IN $FEE_KINDS`, `$CHARGES_A_YEAR` of
    a row's `cadence`. The planner sees the numbers, by which it knows the partial indexes. Raises KeyError for a name
    that stands for nothing.
    """
    return Template((files(package) / "sql" / name).read_text(encoding="utf-8")).substitute(_WORDS)


def arrays(names: Sequence[str], rows: Collection[Sequence[Any]]) -> dict[str, Any]:
    """The columns of the rows by name, as arrays of one length: parameters for UNNEST, which makes rows of them."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
