"""PostgreSQL for a laptop and the tests, from the binaries of a wheel."""

import os


def server_url() -> str:
    """URL of a running server's `postgres` database."""
    return os.environ["DATABASE_URL"]
