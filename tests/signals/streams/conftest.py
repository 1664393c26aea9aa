"""The acceptance cases are judged twice: by the pure functions, and by what a run stores in the database."""

import pytest

from tests.signals.streams import finding

JUDGED_TWICE = ("test_amounts", "test_cadences", "test_income", "test_no_subscriptions", "test_status")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each case of these modules; of those with many values, the pure functions alone."""
    if "judge" in metafunc.fixturenames:
        module = metafunc.module.__name__.rsplit(".", 1)[-1]
        values = [mark for mark in metafunc.definition.iter_markers("parametrize") if mark.args[0] != "sign"]
        both = module in JUDGED_TWICE and not values
        metafunc.parametrize("judge", ["pure", "stored"] if both else ["pure"], indirect=True)


@pytest.fixture(autouse=True)
def judge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How streams are found in this test."""
    if request.param == "stored":
        monkeypatch.setattr(finding, "FINDER", finding.Stored(request.getfixturevalue("session")))
