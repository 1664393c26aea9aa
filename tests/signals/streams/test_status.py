"""Status and next date on each day that matters (spec: status, as Plaid names it)."""

from datetime import date, timedelta

import pytest

from tests.signals.streams.checks import DAY, both_ways, charges, found, on, one, summary, turned

LAPSES = [
    # Charges, the last day on which the stream is active: two expected days and their tolerance; one for the slow ones.
    ("2026-09-04 09-11 09-18", "2026-10-03"),  # due 09-25 and 10-02, ± 1
    ("2026-08-07 08-21 09-04", "2026-10-04"),  # due 09-18 and 10-02, ± 2
    ("2026-07-15 08-01 08-15 09-01 09-15", "2026-10-18"),  # due 10-01 and 10-15, ± 3
    ("2026-07-12 08-12 09-12", "2026-11-15"),  # due 10-12 and 11-12, ± 3
    ("2026-05-31 06-30 07-31 08-31", "2026-11-03"),  # due 09-30 and 10-31, ± 3
    ("2026-03-12 06-12 09-12", "2026-12-19"),  # due 12-12, ± 7
    ("2024-10-05 2025-10-05", "2026-10-19"),  # due 2026-10-05, ± 14
]


@both_ways
class TestTheEnd:
    """TOMBSTONED from the day after the last chance on."""

    @pytest.mark.parametrize(("text", "last_active"), LAPSES)
    def test_to_the_day(self, sign: int, text: str, last_active: str) -> None:
        rows = turned(charges(on(text), "20.00"), sign)
        day = date.fromisoformat(last_active)
        assert [one(day, rows).status, one(day + DAY, rows).status] == ["MATURE", "TOMBSTONED"]
        assert one(day, rows).lapse_on == day + DAY

    def test_a_first_sign_ends_too(self, sign: int) -> None:
        rows = turned(charges(on("2026-08-12 09-12"), "20.00"), sign)
        assert one("2026-11-15", rows).status == "EARLY_DETECTION"
        assert one("2026-11-16", rows).status == "TOMBSTONED"

    def test_cancelled_three_months_ago(self, sign: int) -> None:
        rows = turned(charges(on("2026-03-11 04-11 05-11 06-11 07-11 08-11"), "17.99"), sign)
        assert summary("2026-11-27", rows) == [("MONTHLY", "TOMBSTONED", 6, "17.99")]

    def test_cancelled_and_taken_up_again(self, sign: int) -> None:
        # Five months between: one gap that does not fit. Ended in July, and one stream again in October.
        rows = turned(charges(on("2026-01-11 02-11 03-11 04-11 09-11 10-11 11-11"), "17.99"), sign)
        assert summary("2026-07-20", rows) == [("MONTHLY", "TOMBSTONED", 4, "17.99")]
        assert summary("2026-10-20", rows) == [("MONTHLY", "MATURE", 6, "17.99")]
        assert summary("2026-11-27", rows) == [("MONTHLY", "MATURE", 7, "17.99")]

    def test_a_late_last_charge_moves_nothing(self, sign: int) -> None:
        # The 18th of November was due on the 12th: next 12-12 and 01-12, ± 3.
        rows = turned(charges(on("2026-07-12 08-12 09-12 10-12 11-18"), "20.00"), sign)
        stream = one("2026-11-27", rows)
        assert (stream.next_on, stream.lapse_on) == (date(2026, 12, 12), date(2027, 1, 16))


@both_ways
class TestFirstSigns:
    """EARLY_DETECTION: two fitting charges of one counterparty and amount."""

    @pytest.mark.parametrize(
        ("text", "cadence"),
        [
            ("2026-11-13 11-20", "WEEKLY"),
            ("2026-11-06 11-20", "BIWEEKLY"),
            ("2026-10-19 11-19", "MONTHLY"),
            ("2026-08-19 11-19", "QUARTERLY"),
        ],
    )
    def test_two_charges(self, sign: int, text: str, cadence: str) -> None:
        assert summary("2026-11-27", turned(charges(on(text), "11.99"), sign)) == [
            (cadence, "EARLY_DETECTION", 2, "11.99")
        ]

    def test_two_that_do_not_fit(self, sign: int) -> None:
        assert found("2026-11-27", turned(charges(on("2026-10-01 11-19"), "11.99"), sign)) == []


@both_ways
class TestTheNextDate:
    """From the anchor day, not from a late charge."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-08-31 09-30 10-31", "2026-11-30"),
            ("2026-01-31 02-28", "2026-03-31"),
            ("2026-11-04 11-11 11-18 11-25", "2026-12-02"),
            # The last one came a day early, for the holiday: the next is on the Friday again.
            ("2026-10-02 10-16 10-30 11-13 11-26", "2026-12-11"),
            ("2026-09-25 10-25 11-25", "2026-12-25"),
            ("2026-02-05 05-05 08-05 11-05", "2027-02-05"),
            ("2025-03-03 2026-03-03", "2027-03-03"),
            ("2024-02-29 2025-02-28 2026-02-28", "2027-02-28"),
        ],
    )
    def test_each_cadence(self, sign: int, text: str, expected: str) -> None:
        days = on(text)
        assert one(days[-1] + DAY, turned(charges(days, "20.00"), sign)).next_on == date.fromisoformat(expected)

    def test_a_charge_before_its_day_does_not_bring_the_next_one_forward(self, sign: int) -> None:
        days = on("2026-07-12 08-12 09-12 10-12 11-10")
        assert one("2026-11-11", turned(charges(days, "20.00"), sign)).next_on == date(2026, 12, 12)

    def test_it_lies_after_the_last_charge_always(self, sign: int) -> None:
        days = on("2026-05-12 06-12 07-12 08-12 09-12 10-12 11-12")
        for late in range(-9, 10):
            moved = [*days[:-1], days[-1] + timedelta(late)]
            for stream in found(moved[-1], turned(charges(moved, "20.00"), sign)):
                assert stream.next_on > stream.rows[-1].on, late
