"""`spendsense evaluate`, as an operator runs it."""

import json

import pytest

from tests.cli.conftest import Cli, connected


@pytest.fixture
def loaded(cli: Cli) -> Cli:
    """The demo people, and the jobs run."""
    cli.run("demo", "load")
    cli.run("jobs", "run", "all")
    return cli


def test_everything_shown_is_sound(loaded: Cli) -> None:
    printed = loaded.run("evaluate", "--sample", "2")
    lines = {line.split("  ")[0]: line for line in printed.stdout.splitlines()}
    assert "8 people with data who agree to the analysis" in printed.stdout
    assert "87.5 %" in lines["coverage"]  # 7 of 8: of Gia too little is known
    for measure in ("explainability", "relevance", "tone"):
        assert "100.0 %" in lines[measure]
    assert " ms" in lines["latency p50"] and "2 people timed" in lines["latency p50"]
    assert "16/16" not in printed.stderr and "10/10" in printed.stderr  # 8 people, and 2 of them timed


def test_a_fault_is_named_and_the_exit_code_tells(loaded: Cli) -> None:
    with connected(loaded.url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recommendations SET rationale = replace(rationale, '68 %', '58 %')"
            " WHERE item_id = 'utilization-explained' AND strpos(rationale, '68 %') > 0"
            " RETURNING recommendation_id::text"
        )
        ((recommendation_id,),) = cursor.fetchall()
    printed = loaded.run("evaluate", "--sample", "1", exit_code=1).stdout
    assert "explainability: 1 of " in printed
    assert f"utilization-explained ({recommendation_id} of person " in printed
    as_json = json.loads(loaded.run("evaluate", "--sample", "1", "--json", exit_code=1).stdout)
    (fault,) = as_json["explainability"]["faults"]
    assert fault["recommendation_id"] == recommendation_id
    assert fault["what"].startswith("card.utilization_ratio: ")
    assert as_json["is_sound"] is False
    assert as_json["explainability"]["whole"] - as_json["explainability"]["part"] == 1
    assert as_json["relevance"]["ratio"] == 1


def test_groups_are_compared(loaded: Cli) -> None:
    people = ("ada", "ben", "cleo", "dan")
    rows = [f"{name}@demo.example,{'one' if name in people[:2] else 'two'}" for name in people]
    path = loaded.write("groups.csv", "\n".join(["email,group", *rows]))
    as_json = json.loads(loaded.run("evaluate", "--sample", "1", "--groups", path, "--json").stdout)
    fairness = as_json["fairness"]
    assert (fairness["grouped"], fairness["ungrouped"]) == (4, 4)
    shares = {(rate["of"], rate["group"]): rate["share"] for rate in fairness["personas"]}
    assert shares["high_utilization", "one"] == {"part": 1, "whole": 2, "ratio": 0.5}
    assert shares["high_utilization", "two"] == {"part": 0, "whole": 2, "ratio": 0.0}
    printed = loaded.run("evaluate", "--sample", "1", "--groups", path).stdout
    assert "4 people have a group, 4 have none." in printed
    assert "high_utilization" in printed and "any offer" in printed


def test_groups_that_cannot_be_read_are_named_by_line(loaded: Cli) -> None:
    path = loaded.write("groups.csv", "email,group\nada@demo.example,\n")
    told = loaded.run("evaluate", "--groups", path, exit_code=1).stderr
    assert told == "error: The groups can't be read.\n  line 2: must be a person and a group.\n"


def test_nothing_is_committed(loaded: Cli) -> None:
    loaded.run("evaluate", "--sample", "2")
    tables = loaded.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows = " UNION ALL ".join(f"SELECT '{name}', ctid::text, xmin::text FROM {name}" for (name,) in tables)
    before = loaded.rows(f"SELECT * FROM ({rows}) AS t ORDER BY 1, 2")
    loaded.run("evaluate", "--sample", "2")
    assert loaded.rows(f"SELECT * FROM ({rows}) AS t ORDER BY 1, 2") == before


def test_a_database_with_nobody(cli: Cli) -> None:
    printed = cli.run("evaluate").stdout
    assert "0 people" in printed
    assert "latency" not in printed
