"""The application that Zappa serves, in a process of its own, as it starts."""

import os
import subprocess
import sys

SCRIPT = """
import spendsense.app
from spendsense.ops.wsgi import whole

check = spendsense.app.check_every_route
def fail(app):
    raise RuntimeError("the first reason")
spendsense.app.check_every_route = fail
for _ in range(2):
    try:
        whole()
    except RuntimeError as error:
        print(error)
spendsense.app.check_every_route = check
print(whole().test_client().get("/health").status_code, whole() is whole())
"""


def test_an_application_that_could_not_be_put_together_is_tried_from_the_beginning(database_url: str) -> None:
    environment = {**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": database_url}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["the first reason", "the first reason", "200 True"]
