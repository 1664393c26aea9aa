"""`spendsense replay`: says that a decision comes out as it was, or what differs."""

import json
from uuid import uuid4

from tests.cli.conftest import Cli, connected
from tests.cli.payloads import account, row


def test_a_decision_is_made_again(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")], "transactions": [row("t1", "a1", day="2026-06-05")]})
    cli.run("ingest", path, "--user", "ann@example.com", "--consent", "analysis", "--no-jobs")
    cli.run("jobs", "run", "all", "--as-of", "2026-06-10")
    ((recommendation_id, item_id),) = cli.rows(
        "SELECT recommendation_id, item_id FROM recommendations ORDER BY position LIMIT 1"
    )
    said = cli.run("replay", recommendation_id).stdout
    assert said.startswith(f"identical: {item_id}, chosen on 2026-06-10 by rulebook ")
    with connected(cli.url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE recommendations SET rationale = 'Another.' WHERE item_id = %s", (item_id,))
    said = cli.run("replay", recommendation_id, exit_code=1).stdout
    assert said.startswith(f"differs: {item_id}")
    assert "stored rationale: 'Another.' is stored" in said
    answer = json.loads(cli.run("replay", recommendation_id, "--json", exit_code=1).stdout)
    assert (answer["is_identical"], answer["item_id"], len(answer["differences"])) == (False, item_id, 1)


def test_an_unknown_id_is_told(cli: Cli) -> None:
    assert "no recommendation of this id" in cli.run("replay", str(uuid4()), exit_code=1).output
    assert "is not a valid UUID" in cli.run("replay", "nonsense", exit_code=2).output
