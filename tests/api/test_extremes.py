"""What the largest and smallest amounts come to is told like anything else."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense.pipeline.run import refresh
from tests.api.conftest import Headers
from tests.pipeline.extremes import CASES, load


@pytest.mark.parametrize("case", CASES)
def test_the_api_tells_all_of_it(session: Session, client: FlaskClient, ann: Headers, case: str) -> None:
    user_id = load(session, "ann@example.com", case)
    refresh(user_id)
    for part in ("", "/accounts", "/signals", "/streams", "/persona", "/recommendations", "/insights", "/export"):
        assert client.get(f"/api/v1/users/me{part}", headers=ann).status_code == 200, part
