"""What the tests of `spendsense.aws` share."""

from collections.abc import Iterator
from io import StringIO

import pytest

from spendsense import logs


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """All that is logged, as it is written."""
    written = StringIO()
    logs.configure_logging(written)
    yield written
    logs.configure_logging()
