"""Each figure of a sentence is followed to its signal and to rows; each way to lose the track is found."""

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from spendsense.evaluation.explain import Named, explain
from spendsense.evaluation.items import ActiveItem, Trace, read_trace
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.types import UserSignals
from tests.samples import make_card, make_signals

VOCABULARY = load_rulebook().vocabulary
DAY = date(2026, 11, 22)

SIGNALS = make_signals(
    {
        "credit.interest_cents": 178_20,
        "credit.account_ids": ("acc-card",),
        "credit.interest_transaction_ids": ("int-1", "int-2"),
        "income.buffer_months": Decimal("0.4999"),
        "income.median_gap_days": Decimal("46.5"),
        "income.last_pay_on": date(2026, 11, 3),
        "fees.count": 3,
        "fees.transaction_ids": ("fee-1", "fee-2", "fee-3"),
        "subscriptions.count": 1_204,
        "subscriptions.stream_ids": ("stream-1",),
    },
    cards=(
        make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6899"), apr_percent=Decimal("24.9900")),
        make_card("acc-other", name="Other", balance_cents=1),
    ),
)
TEMPLATE = (
    "{card.label}: {card.utilization_ratio}, {card.balance_cents:amount} of {card.limit_cents} at {card.apr_percent};"
    " {credit.interest_cents} interest; {income.buffer_months}, {income.median_gap_days}, paid {income.last_pay_on};"
    " {fees.count} fees, {subscriptions.count} subscriptions, {fees.nsf_count} returned; {spending.cents} spent in the"
    " {window.days} to {window.end}."
)
TEXT = (
    "Visa ending 4523: 68 %, 3,400 of 5,000 USD at 24.99 %;"
    " 178.20 USD interest; 0.4 months, 46.5 days, paid 3 November 2026;"
    " 3 fees, 1,204 subscriptions, 0 returned; 6,000 USD spent in the"
    " 90 days to 22 November 2026."
)
FIGURES = 14  # all but the card's label
ALL_EVIDENCE = frozenset[Named](
    {
        ("account", "acc-card"),
        ("account", "acc-checking"),
        ("stream", "stream-1"),
        ("window", "2026-11-22/90"),
        *(("transaction", one) for one in ("int-1", "int-2", "fee-1", "fee-2", "fee-3")),
    }
)


def trace_of(signals: UserSignals = SIGNALS, template: str = TEMPLATE) -> Trace | None:
    """A trace as it is stored and read again."""
    stored: dict[str, Any] = {
        "as_of": DAY,
        "window_days": signals.window_days,
        "item": {"template": template, "card_account_id": "acc-card"},
        "decision": {"signals": signals},
    }
    return read_trace(msgspec.json.Encoder(decimal_format="number").encode(stored).decode())


def item_of(text: str = TEXT, trace: Trace | None = None) -> ActiveItem:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    trace = trace or trace_of()
    words = ("education", "item", "Title", text, "Content", "Disclosure")
    return ActiveItem(UUID(int=1), "r1", *words, "version", at, trace)


def test_every_unit_is_read_back_and_measured_again() -> None:
    explanation = explain(item_of(), SIGNALS, None, VOCABULARY)
    assert explanation.faults == []
    assert (explanation.measured_anew, explanation.by_evidence, explanation.figures) == (FIGURES, 0, FIGURES)


@pytest.mark.parametrize(
    ("said", "altered", "variable"),
    [
        ("68 %", "69 %", "card.utilization_ratio"),
        ("68 %", "67 %", "card.utilization_ratio"),
        ("3,400 of", "3,401 of", "card.balance_cents"),
        ("5,000 USD", "5,000 EUR", "card.limit_cents"),
        ("24.99 %", "24.98 %", "card.apr_percent"),
        ("178.20 USD", "178.21 USD", "credit.interest_cents"),
        ("0.4 months", "0.5 months", "income.buffer_months"),
        ("46.5 days", "46 days", "income.median_gap_days"),
        ("3 November", "4 November", "income.last_pay_on"),
        ("3 November", "31 November", "income.last_pay_on"),
        ("3 fees", "4 fees", "fees.count"),
        ("1,204 sub", "1,205 sub", "subscriptions.count"),
        ("0 returned", "1 returned", "fees.nsf_count"),
        ("90 days to", "30 days to", "window.days"),
        ("22 November", "23 November", "window.end"),
        ("Visa ending 4523", "Visa ending 4524", "card.label"),
    ],
)
def test_an_altered_figure_is_found(said: str, altered: str, variable: str) -> None:
    (fault,) = explain(item_of(TEXT.replace(said, altered)), SIGNALS, ALL_EVIDENCE, VOCABULARY).faults
    assert fault.startswith(f"{variable}: the sentence does not say the ")
    assert "452" not in fault  # a fault names no card


@pytest.mark.parametrize(
    "text", ["", TEXT.replace("fees", "charges"), TEXT.replace("68 %", "nan %"), TEXT.replace("3,4", "-3,4"), "{x}"]
)
def test_a_sentence_that_is_not_its_template_is_one_fault(text: str) -> None:
    explanation = explain(item_of(text), SIGNALS, ALL_EVIDENCE, VOCABULARY)
    assert explanation.faults == ["the rationale is not its template filled in"]
    assert explanation.figures == 1


def test_a_template_with_an_unknown_variable_is_a_fault() -> None:
    trace = trace_of(template="You pay {fees.of_the_moon}.")
    assert explain(item_of("You pay 3.", trace), SIGNALS, None, VOCABULARY).faults != []


def test_without_a_trace_nothing_is_explained() -> None:
    item = dataclasses.replace(item_of(), trace=None)
    assert explain(item, SIGNALS, ALL_EVIDENCE, VOCABULARY).faults == ["there is no trace that can be read"]
    assert read_trace(None) is None
    assert read_trace('{"as_of": "2026-11-22"}') is None


def with_fees(**changes: Any) -> UserSignals:
    return dataclasses.replace(SIGNALS, fees=dataclasses.replace(SIGNALS.fees, **changes))


FEES = "{fees.count} fees."


def explain_fees(anew: UserSignals | None, standing: frozenset[Named] | None, **changes: Any) -> tuple[int, int, int]:
    """Measured anew, by evidence, faults, for a sentence that tells the number of fees alone."""
    kept = with_fees(**changes)
    item = item_of(f"{kept.fees.count} fees.", trace_of(kept, FEES))
    explanation = explain(item, anew, standing, VOCABULARY)
    return explanation.measured_anew, explanation.by_evidence, len(explanation.faults)


def test_rows_that_give_another_value_are_a_fault() -> None:
    assert explain_fees(with_fees(count=3), None) == (1, 0, 0)
    assert explain_fees(with_fees(count=2), None) == (0, 0, 1)
    assert explain_fees(None, None) == (0, 0, 1)


def test_where_data_came_since_the_evidence_must_stand() -> None:
    stands = frozenset[Named](("transaction", f"fee-{number}") for number in (1, 2, 3))
    other = with_fees(count=2)
    assert explain_fees(other, stands) == (0, 1, 0)
    assert explain_fees(other, stands - {("transaction", "fee-2")}) == (0, 0, 1)
    assert explain_fees(other, stands, transaction_ids=()) == (0, 0, 1)  # three fees and not one is named
    assert explain_fees(other, frozenset(), transaction_ids=(), count=0) == (0, 1, 0)


@pytest.mark.parametrize("missing", sorted(ALL_EVIDENCE - {("account", "acc-checking")}))
def test_each_piece_of_evidence_counts(missing: Named) -> None:
    """Nothing is measured again: all rests on evidence, which lacks one piece."""
    assert explain(item_of(), None, ALL_EVIDENCE, VOCABULARY).by_evidence == FIGURES
    faults = explain(item_of(), None, ALL_EVIDENCE - {missing}, VOCABULARY).faults
    assert faults
    assert all(fault.endswith("the rows do not give the value that the trace holds") for fault in faults)


def test_a_value_beyond_the_said_digits_counts_too() -> None:
    """0.6899 and 0.6801 are both said as 68 %; the rows must give the very value of the trace."""
    card = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6801"), apr_percent=Decimal("24.9900"))
    anew = dataclasses.replace(SIGNALS, cards=(card,))
    assert [fault.split(":")[0] for fault in explain(item_of(), anew, None, VOCABULARY).faults] == [
        "card.utilization_ratio"
    ]


def test_another_currency_is_another_amount() -> None:
    anew = dataclasses.replace(SIGNALS, coverage=dataclasses.replace(SIGNALS.coverage, currency="EUR"))
    faults = explain(item_of(), anew, None, VOCABULARY).faults
    assert [fault.split(":")[0] for fault in faults] == ["card.limit_cents", "credit.interest_cents", "spending.cents"]
