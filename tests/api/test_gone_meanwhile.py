"""A person may be erased, or revoke, between any two statements of a request that reads of them: that is no failure."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from spendsense.store.models import User
from spendsense.store.session import db
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload
from tests.api.undone import undone

ME = "/api/v1/users/me"
STAFF = "/api/v1/operator"
OWN = ["", "/consents", "/uploads", "/accounts", "/transactions", "/signals", "/streams", "/persona", "/insights"]
OWN += ["/recommendations", "/recommendations/not-shown", "/recommendations/{item}/why"]
OF_STAFF = ["/users", "/users/{user}", "/users/{user}/actions", "/users/{user}/traces", "/users/{user}/not-shown"]
OF_STAFF += ["/recommendations/{item}", "/review", "/audit?user_id={user}"]

GOES = {
    "erased": ["DELETE FROM users WHERE user_id = %(user)s"],
    "revoked": [
        "DELETE FROM recommendations WHERE user_id = %(user)s",
        "DELETE FROM signals WHERE user_id = %(user)s",
        "DELETE FROM streams WHERE user_id = %(user)s",
        "DELETE FROM personas WHERE user_id = %(user)s",
        "UPDATE progress SET measured_as_of = NULL WHERE user_id = %(user)s",
        "UPDATE users SET analysis_until = NULL, offers_until = NULL WHERE user_id = %(user)s",
    ],
}


class Meanwhile:
    """Before one of the statements of a connection, runs others: as another transaction would that commits by then."""

    def __init__(self, number: int, statements: list[str], user_id: str) -> None:
        self.left, self.statements, self.user_id = number, statements, user_id

    def __call__(self, connection: Any, *_: object) -> None:
        self.left -= 1
        if self.left != 0:
            return
        with connection.connection.driver_connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('role')")
            (role,) = cursor.fetchone()
            cursor.execute("SET LOCAL ROLE NONE")
            for statement in self.statements:
                cursor.execute(statement, {"user": self.user_id})
            cursor.execute("SELECT set_config('role', %s, true)", (role,))


@pytest.mark.parametrize("goes", GOES)
@pytest.mark.parametrize("path", [*(ME + path for path in OWN), *(STAFF + path for path in OF_STAFF)])
def test_who_goes_at_any_moment_of_a_reading_breaks_nothing(
    path: str, goes: str, client: FlaskClient, session: Session, pool: Pool, person: Callable[..., User]
) -> None:
    user_id = str(person("ann@example.com", "analysis", "offers").user_id)
    ann = pool.bearer("ann@example.com")
    assert client.post(f"{ME}/uploads", json=payload(), headers=ann).status_code == 201
    item = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"][0]["id"]
    headers: Headers = ann if path.startswith(ME) else pool.bearer("olga@example.com", "operators")
    path = path.format(user=user_id, item=item)
    assert client.get(path, headers=headers).status_code == 200
    for number in count(1):
        meanwhile = Meanwhile(number, GOES[goes], user_id)
        with undone(session):
            connection = db.engines[None]
            event.listen(connection, "before_cursor_execute", meanwhile)
            answer = client.get(path, headers=headers)
            event.remove(connection, "before_cursor_execute", meanwhile)
        assert answer.status_code in (200, 403, 404), (number, answer.json)
        if meanwhile.left > 0:
            break
    assert number > 2
