"""The signals as values: their names, units and columns agree with the rulebook and the tables."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from spendsense.rulebook.load import load_rulebook
from spendsense.signals.read import load
from spendsense.signals.types import CARD_UNITS, SIGNAL_UNITS, unit_of
from spendsense.store.models import CardSignals, WindowSignals
from tests.samples import make_card, make_signals, store_person

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_rulebooks_vocabulary_is_what_is_measured() -> None:
    vocabulary = {
        name: signal.unit for name, signal in load_rulebook().vocabulary.items() if not name.startswith("window.")
    }
    assert vocabulary == SIGNAL_UNITS | CARD_UNITS


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("monthly_cents", "cents"),
        ("cents", "cents"),
        ("share_ratio", "ratio"),
        ("median_gap_days", "days"),
        ("days_seen", "days"),
        ("buffer_months", "months"),
        ("max_apr_percent", "percent"),
        ("count", "count"),
        ("rows_seen", "count"),
        ("first_row_on", "date"),
        ("is_overdue", "flag"),
        ("has_minimum_payment_only", "flag"),
        ("frequency", "text"),
    ],
)
def test_a_fields_name_carries_its_unit(field: str, unit: str) -> None:
    assert unit_of(field) == unit


def test_what_is_stored_comes_back(session: Session) -> None:
    changes = {
        "coverage.first_row_on": date(2026, 1, 3),
        "subscriptions.stream_ids": ("6f1c0000-0000-4000-8000-000000000001",),
        "credit.max_utilization_ratio": Decimal("0.6800"),
        "credit.account_ids": ("acc-card",),
        "savings.net_inflow_cents": -5,
        "income.last_pay_on": date(2026, 11, 13),
        "fees.transaction_ids": ("tx-1", "tx-2"),
    }
    signals = make_signals(changes, cards=(make_card(interest_cents=1234),))
    user_id = store_person(session, "a@example.com", signals, AT, windows=(90,))
    assert load(session, [user_id]) == {(user_id, 90): signals}


@pytest.mark.parametrize(
    ("stored", "label"),
    [
        (("Visa", None), "Visa"),
        (("Visa\u202e", "4523"), "Visa ending 4523"),
        (("\u2066Visa\u2069 \u200fGold", "45\u202d23"), "Visa Gold ending 4523"),
        (("Visa\r\nGold\tCard\x85", "4523"), "Visa Gold Card ending 4523"),
        (("\u202e", "\u202e"), "card"),
        (("ویزا\u200cکارت", "4523"), "ویزا\u200cکارت ending 4523"),  # a joiner is how a word is spelt
        (("Visa\xa0Gold 👩\u200d💻", "4523"), "Visa\xa0Gold 👩\u200d💻 ending 4523"),
    ],
)
def test_a_cards_name_can_stand_in_a_sentence(session: Session, stored: tuple[str, str | None], label: str) -> None:
    name, mask = stored
    signals = make_signals(cards=(make_card(name=name, mask=mask),))
    user_id = store_person(session, "a@example.com", signals, AT, windows=(90,))
    (card,) = load(session, [user_id])[(user_id, 90)].cards
    assert card.label == label


def test_a_cards_interest_is_that_of_the_window(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(cards=(make_card(),)), AT)
    card = session.get_one(CardSignals, (user_id, "acc-card"))
    card.interest_30_cents, card.interest_90_cents, card.interest_180_cents = 1, 2, 3
    session.flush()
    loaded = load(session, [user_id])
    assert [loaded[user_id, window].cards[0].interest_cents for window in (30, 90, 180)] == [1, 2, 3]


def test_only_the_people_and_windows_that_were_asked_for(session: Session) -> None:
    one = store_person(session, "a@example.com", make_signals(), AT)
    store_person(session, "b@example.com", make_signals(), AT)
    assert load(session, [one], (30,)).keys() == {(one, 30)}
    assert load(session, [uuid.uuid4()]) == {}


def test_every_column_of_the_table_is_a_field() -> None:
    columns = {column.name for column in WindowSignals.__table__.columns} - {"user_id", "window_days"}
    assert len(columns) == len(SIGNAL_UNITS) + sum(name.endswith(("_id", "_ids")) for name in columns)


def test_a_card_without_a_mask_goes_by_its_name() -> None:
    assert make_card(mask=None).label == "Visa"
    assert make_card().label == "Visa ending 4523"


def test_an_unknown_signal_is_an_error() -> None:
    with pytest.raises(KeyError):
        make_signals().value("credit.no_such_thing")
