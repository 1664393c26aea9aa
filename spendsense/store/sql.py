"""Loads the `.sql` files that stand beside the Python that runs them."""

from functools import cache
from importlib.resources import files


@cache
def load(package: str, name: str) -> str:
    """The text of `name` (such as `credit.sql`) in the package's `sql` folder."""
    return (files(package) / "sql" / name).read_text(encoding="utf-8")
