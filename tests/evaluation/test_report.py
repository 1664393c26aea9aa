"""The table and the JSON of an evaluation."""

from datetime import date

import msgspec

from spendsense.evaluation.fairness import Fairness, Rate
from spendsense.evaluation.report import as_values, format_evaluation, table
from spendsense.evaluation.result import KEPT_FAULTS, Evaluation, Fault, Latency, Verdict
from spendsense.evaluation.shares import Share, newcombe, wilson

FAULT = Fault("person", "id", "item", "its trigger does not hold: fees.count")


def evaluation() -> Evaluation:
    """2,000 people; one of 6,001 items is not relevant."""
    return Evaluation(
        date(2026, 11, 22),
        "f239ba683a278c9f",
        people=2_000,
        items=6_001,
        coverage=Share(1_999, 2_000),
        explainability=Verdict(Share(20_000, 20_000)),
        by_evidence=1_200,
        relevance=Verdict(Share(6_000, 6_001), [FAULT]),
        tone=Verdict(Share(6_001, 6_001)),
        flips=Share(3, 2_000),
        latency=Latency(100, 24.26, 1_027.5),
    )


def test_the_table_is_aligned_and_has_units() -> None:
    lines = format_evaluation(evaluation())
    assert lines[0] == (
        "As of 2026-11-22, by rulebook f239ba683a278c9f: 2,000 people with data who agree to the analysis,"
        " 6,001 active items"
    )
    assert lines[2:10] == [
        "measure              value                   counted  what it says",
        "coverage            99.9 %     1,999 of 2,000 people  have a persona and at least 3 known signals",
        "explainability     100.0 %  20,000 of 20,000 figures  trace to rows, 1,200 of them by evidence alone,"
        " for newer data came",
        "relevance           99.9 %      6,000 of 6,001 items  have a trigger that holds",  # 99.98, not 100
        "tone               100.0 %      6,001 of 6,001 items  pass the guardrails, checked anew",
        "flips                0.1 %         3 of 2,000 people  change persona within 7 days without new data",
        "latency p50        24.3 ms          100 people timed  measured, named and advised from nothing",
        "latency p95     1,027.5 ms",
    ]
    assert lines[10:] == [
        "",
        "relevance: 1 of 6,001 fail",
        "  item (id of person person): its trigger does not hold: fees.count",
    ]


def test_groups_are_shown_with_their_intervals() -> None:
    found = evaluation()
    rates = [
        Rate(group, "fee_pressured", one, wilson(one), newcombe(one, other))
        for group, one, other in (("a", Share(75, 100), Share(50, 100)), ("b", Share(50, 100), Share(75, 100)))
    ]
    nobody = Rate("a", "any offer", Share(0, 0), None, None)
    found.fairness = Fairness(tuple(rates), (nobody,), 200, 7)
    text = "\n".join(format_evaluation(found))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "fee_pressured a 75.0 % 75 of 100 people 65.7 to 82.5 % +11.6 to +37.2 differs" in lines
    assert "fee_pressured b 50.0 % 50 of 100 people 40.4 to 59.6 % -37.2 to -11.6 differs" in lines
    assert "any offer a unknown of no people unknown unknown" in lines
    assert "200 people have a group, 7 have none." in text


def test_of_many_faults_the_first_are_listed_and_all_are_counted() -> None:
    found, verdict = evaluation(), Verdict()
    for _ in range(3):
        verdict.add(Share(0, 600), [FAULT] * 600)
    found.relevance = verdict
    assert (verdict.share, len(verdict.faults)) == (Share(0, 1_800), KEPT_FAULTS)
    lines = format_evaluation(found)
    assert "relevance: 1,800 of 1,800 fail" in lines
    assert lines[-1] == "  and 1,780 more"
    assert sum("its trigger" in line for line in lines) == 20


def test_the_json_holds_everything() -> None:
    values = msgspec.json.decode(msgspec.json.encode(as_values(evaluation())))
    assert values["is_sound"] is False
    assert values["as_of"] == "2026-11-22"
    assert values["coverage"] == {"part": 1_999, "whole": 2_000, "ratio": 0.9995}
    assert values["relevance"]["faults"] == [
        {
            "user_id": "person",
            "recommendation_id": "id",
            "item_id": "item",
            "what": "its trigger does not hold: fees.count",
        }
    ]
    assert values["latency"] == {"people": 100, "p50_ms": 24.26, "p95_ms": 1_027.5}
    assert values["fairness"] is None


def test_each_of_the_three_must_be_whole() -> None:
    for name in ("explainability", "relevance", "tone"):
        found = Evaluation(date(2026, 11, 22), "version")
        assert found.is_sound
        getattr(found, name).add(Share(1, 2), [])
        assert not found.is_sound


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("a", "b"), [("xxx", "1"), ("y", "1,000")], numbers=(1,)) == ["a        b", "xxx      1", "y    1,000"]
