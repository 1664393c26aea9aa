"""`spendsense ingest`: whose the files are, consent, what is refused, and the exit codes."""

import json
import os
from pathlib import Path

import pytest

from spendsense.cli.importing import email_of_account, email_of_path
from tests.cli.conftest import Cli
from tests.cli.payloads import account, custom_user, row

AGREED = ("--consent", "analysis,offers")


def emails(cli: Cli) -> list[str]:
    return [email for (email,) in cli.rows("SELECT email FROM users ORDER BY email")]


def test_without_consent_nothing_is_stored(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")]})
    result = cli.run("ingest", path, "--user", "ann@example.com", exit_code=2)
    assert "error: ann.json: There is no live consent to 'analysis'." in result.stderr
    assert cli.rows("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM uploads)") == [(0, 0)]


def test_offers_need_analysis(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")]})
    cli.run("ingest", path, "--user", "ann@example.com", "--consent", "offers", exit_code=2)
    assert emails(cli) == []


def test_a_second_load_changes_nothing(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")], "added": [row("t1", "a1")]})
    state = "SELECT data_version, consent_version, (SELECT count(*) FROM consents) FROM users"
    first = cli.run("ingest", path, "--user", "Ann@Example.com", *AGREED)
    before = cli.rows(state)
    second = json.loads(cli.run("ingest", path, "--user", "ann@example.com", *AGREED, "--json").stdout)
    assert "1 accounts, 1 transactions; changed rows" in first.stdout
    assert "compute_features as of" in first.stdout  # new data runs the chain
    assert before == [(1, 1, 2)]
    assert cli.rows(state) == before
    assert (second["changed_rows"], second["accepted"]["transactions"], second["rejected"]) == (0, 1, 0)
    assert cli.rows("SELECT DISTINCT method, evidence FROM consents") == [("import", None)]


def test_the_chain_can_be_left_to_the_night(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")]})
    cli.run("ingest", path, "--user", "ann@example.com", *AGREED, "--no-jobs")
    assert cli.rows("SELECT count(*) FROM job_runs") == [(0,)]


def test_a_folder_is_a_person_and_accounts_come_first(cli: Cli) -> None:
    cli.write("Bank Data/us/a_transactions.json", [row("t1", "a1")])
    cli.write("Bank Data/us/accounts.json", [account("a1")])
    cli.write("Bank Data/top.json", {"accounts": [account("a2")]})
    cli.write("Bank Data/deep/er/one.json", {"accounts": [account("a3")]})
    cli.write("Bank Data/custom/Some User.json", custom_user())
    cli.write("Bank Data/custom/other.json", custom_user())
    cli.write("Bank Data/README.md", "not data")
    cli.run("ingest", cli.folder / "Bank Data", *AGREED)
    assert emails(cli) == [
        "bank-data@files.example",
        "custom-other@files.example",
        "custom-some-user@files.example",
        "deep-er@files.example",
        "us@files.example",
    ]
    assert cli.rows("SELECT email FROM users JOIN transactions USING (user_id) WHERE transaction_id = 't1'") == [
        ("us@files.example",)
    ]


def test_all_rejects_are_counted_and_a_hundred_of_a_file_listed(cli: Cli) -> None:
    # 60 rows of a day that does not exist, and 90 of an account that nobody has.
    rows = [row(f"b{n}", "a1", day="2026-02-30") for n in range(60)] + [row(f"s{n}", "stranger") for n in range(90)]
    path = cli.write("bank.json", {"accounts": [account("a1")], "added": [*rows, row("good", "a1")]})
    for owner in ("--user=ann@example.com", "--user-per-account"):
        result = cli.run("ingest", path, owner, "--json", "--no-jobs", *AGREED, exit_code=1)
        summary = json.loads(result.stdout)
        assert (summary["rejected"], len(summary["rejects"])) == (150, 100)
        assert summary["rejects"][0]["pointer"] == "/added/0/date"
        assert summary["rejects"][-1]["pointer"] == "/added/99/account_id"
        assert summary["accepted"]["transactions"] == 1


def test_a_lone_file_is_a_person(cli: Cli) -> None:
    cli.run("ingest", cli.write("Ann Smith.json", {"accounts": [account("a1")]}), *AGREED)
    assert emails(cli) == ["ann-smith@files.example"]


@pytest.mark.parametrize(
    ("one", "other"), [("Анна", "李"), ("José", "Josè"), ("Jose\u0301", "Jose"), ("---", "+++"), ("a" * 61, "a" * 62)]
)
def test_no_two_folders_become_one_person_by_their_spelling(one: str, other: str, cli: Cli) -> None:
    cli.write(f"bank/{one}/accounts.json", [account("a1")])
    cli.write(f"bank/{other}/accounts.json", [account("a1")])
    for _ in range(2):  # and the same folder is the same person the next time
        cli.run("ingest", cli.folder / "bank", *AGREED)
        assert len(emails(cli)) == 2


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))
    assert email_of_path(file, None, is_custom_user=False).startswith("unnamed-")


def test_every_account_can_be_a_person(cli: Cli) -> None:
    cli.write("bank/accounts.json", [account("a1"), account("A1"), account("b_2")])
    cli.write("bank/rows.json", [row("t1", "a1"), row("t2", "A1", pending_transaction_id="p2"), row("t9", "stranger")])
    result = cli.run("ingest", cli.folder / "bank", "--user-per-account", *AGREED, exit_code=1)
    assert "rejected: rows.json: /2/account_id: is not an account of anybody" in result.stderr
    assert set(emails(cli)) == {"a1@accounts.example", "b_2@accounts.example", email_of_account("A1")}
    assert cli.rows("SELECT transaction_id, email FROM users JOIN transactions USING (user_id) ORDER BY 1") == [
        ("t1", "a1@accounts.example"),
        ("t2", email_of_account("A1")),
    ]
    page = cli.write(
        "page.json", {"added": [], "modified": [], "removed": [{"transaction_id": "t1"}], "next_cursor": ""}
    )
    cli.run("ingest", page, "--user-per-account", *AGREED)
    assert cli.rows("SELECT transaction_id FROM transactions") == [("t2",)]


def test_one_bad_file_stops_no_other(cli: Cli) -> None:
    cli.write("bank/accounts.json", [account("a1")])
    cli.write("bank/b_broken.json", '{"added": [')
    cli.write("bank/c_rows.json", [row("t1", "a1")])
    result = cli.run("ingest", cli.folder / "bank", *AGREED, exit_code=1)
    assert "rejected: b_broken.json: " in result.stderr
    assert cli.rows("SELECT count(*) FROM transactions") == [(1,)]


def test_the_first_twenty_rejects_are_listed(cli: Cli) -> None:
    # 23 bad rows beside a good one: 20 are listed, 3 more are counted.
    rows = [row(f"t{n}", "a1", day="2026-02-30") for n in range(23)]
    path = cli.write("ann.json", {"accounts": [account("a1")], "added": [*rows, row("good", "a1")]})
    result = cli.run("ingest", path, *AGREED, exit_code=1)
    assert result.stderr.count("rejected: ann.json: /added/") == 20
    assert "rejected: … and 3 more" in result.stderr
    assert "rejected 23" in result.stdout
    assert cli.rows("SELECT transaction_id FROM transactions") == [("good",)]


def test_outside_development_consent_needs_evidence(cli: Cli) -> None:
    path = cli.write("ann.json", {"accounts": [account("a1")]})
    staging = {"ENVIRONMENT": "staging", "CORS_ORIGINS": "https://bank.example"}
    result = cli.run("ingest", path, *AGREED, exit_code=2, **staging)
    assert "--evidence" in result.stderr
    assert emails(cli) == []
    cli.run("ingest", path, *AGREED, "--evidence", "contract 17", "--no-jobs", **staging)
    assert cli.rows("SELECT DISTINCT method, evidence FROM consents") == [("import", "contract 17")]


@pytest.mark.parametrize(
    "options",
    [
        ("--user", "a@b.example", "--user-per-account"),
        ("--consent", "everything"),
        ("--unknown",),
        ("--user", ""),
        ("",),
    ],
)
def test_wrong_usage_exits_2(cli: Cli, options: tuple[str, ...]) -> None:
    cli.run("ingest", cli.write("ann.json", {"accounts": [account("a1")]}), *options, exit_code=2)
    assert emails(cli) == []


def test_what_is_not_there_is_named(cli: Cli) -> None:
    missing = cli.run("ingest", cli.folder / "nothing.json", *AGREED, exit_code=1)
    assert f"{cli.folder / 'nothing.json'}: there is no such file or folder." in missing.stderr
    (cli.folder / "empty").mkdir()
    empty = cli.run("ingest", cli.folder / "empty", *AGREED, exit_code=1)
    assert f"error: {cli.folder / 'empty'}: there is no .json or .csv file in this folder." in empty.stderr
    wrong = cli.run(
        "ingest", cli.write("x.json", {"accounts": [account("a1")]}), "--user", "nobody", *AGREED, exit_code=1
    )
    assert "This is not an email address." in wrong.stderr


def test_a_bulk_load_is_told_to_the_planner(cli: Cli) -> None:
    rows = [row(f"t{n}", "a1", amount=n + 1) for n in range(5_000)]
    cli.run("ingest", cli.write("a.json", {"accounts": [account("a1")], "transactions": rows}), *AGREED, "--no-jobs")
    assert cli.rows("SELECT reltuples::int FROM pg_class WHERE relname = 'transactions'") == [(5000,)]


# --- accounts in a later file -----------------------------------------------------------------------------------------

ROWS = "transaction_id,account_id,date,amount,name\n"
K1 = "account_id,type,subtype,name\nk1,depository,checking,Checking\n"
STORED = "SELECT email, transaction_id, amount_cents FROM users JOIN transactions USING (user_id) ORDER BY 1, 2"


@pytest.mark.parametrize("owner", [("--user", "ann@example.com"), ("--user-per-account",), ()])
def test_the_first_load_equals_the_second_where_the_accounts_come_later(cli: Cli, owner: tuple[str, ...]) -> None:
    cli.write("bank/dec.csv", f"{ROWS}t0,k0,2026-04-01,1,Rent\n")  # an account that nobody has
    cli.write("bank/jan.csv", f"{ROWS}t1,k1,2026-05-01,5,Rent\nbad,k1,2026-02-30,5,Rent\nt9,k9,2026-05-01,5,Rent\n")
    cli.write("bank/my_accounts.csv", K1)
    cli.write("bank/sep.csv", f"{ROWS}t1,k1,2026-05-01,6,Rent\nt2,k1,2026-05-02,7,Rent\n")  # t1 anew
    loads = []
    for _ in range(2):
        result = cli.run("ingest", cli.folder / "bank", *owner, *AGREED, "--json", "--no-jobs", exit_code=1)
        loads.append((json.loads(result.stdout), cli.rows(STORED)))
    (first, stored), (second, stored_then) = loads
    assert stored == stored_then
    assert [row[1:] for row in stored] == [("t1", 600), ("t2", 700)]
    assert first["changed_rows"] > 0
    told = ("files", "people", "accepted", "skipped", "rejected", "notes")
    assert [first[name] for name in told] == [second[name] for name in told]
    assert (first["files"], first["rejected"], first["accepted"]["transactions"]) == (4, 3, 3)
    assert sorted(map(str, first["rejects"])) == sorted(map(str, second["rejects"]))


def test_a_file_of_an_account_that_never_comes_is_stored_once(cli: Cli) -> None:
    cli.write("bank/jan.csv", f"{ROWS}t1,k1,2026-05-01,5,Rent\n")
    cli.write("bank/other.json", {"accounts": [account("a1")]})
    cli.write("else/accounts.csv", K1)  # somebody else's
    result = cli.run("ingest", cli.folder, *AGREED, "--no-jobs", exit_code=1)
    assert "3 files, 2 people" in result.stdout
    assert "rejected 1" in result.stdout
    assert cli.rows("SELECT count(*) FROM uploads") == [(3,)]


def test_the_bar_ends_with_what_is_stored_twice(cli: Cli) -> None:
    from spendsense.cli.context import application
    from spendsense.cli.importing import Rules, import_files
    from spendsense.plaid.files import list_files

    cli.write("bank/first.json", {"accounts": [account("a1")]})
    cli.write("bank/jan.csv", f"{ROWS}t1,k1,2026-05-01,5,Rent\n")
    cli.write("bank/my_accounts.csv", K1)
    told: list[tuple[int, int]] = []
    with application():
        import_files(
            list_files([cli.folder]), Rules(consent=("analysis",)), lambda done, total: told.append((done, total))
        )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (5, 5)
    assert all(done < total for done, total in told if done < 5)
