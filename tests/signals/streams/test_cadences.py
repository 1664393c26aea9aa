"""The six cadences (spec: recurring streams), on the days on which real charges come."""

from datetime import date, timedelta

import pytest

from tests.signals.streams.checks import (
    both_ways,
    charges,
    check_found_from_the_third_charge_on,
    found,
    on,
    one,
    summary,
    turned,
)
from tests.signals.streams.finding import Row
from tests.signals.streams.worlds import every, monthly, twice_a_month

YEAR = (date(2025, 12, 1), date(2026, 11, 27))


@both_ways
class TestMonths:
    """Monthly and slower, from the third charge on (yearly: the second)."""

    @pytest.mark.parametrize("day", [1, 2, 15, 28, 29, 30, 31])
    def test_the_same_day_or_the_last_where_the_month_lacks_it(self, sign: int, day: int) -> None:
        check_found_from_the_third_charge_on(turned(charges(monthly(day)(*YEAR), "9.99"), sign), "MONTHLY")

    def test_the_31st_first_seen_on_the_30th_of_january(self, sign: int) -> None:
        days = on("2026-01-30 02-28 03-31 04-30 05-31")
        check_found_from_the_third_charge_on(turned(charges(days, "19.00"), sign), "MONTHLY")

    def test_the_first_business_day(self, sign: int) -> None:
        # The 1st of February, March, August and November 2026 are on weekends.
        days = on("2026-01-01 02-02 03-02 04-01 05-01 06-01 07-01 08-03 09-01 10-01 11-02")
        rows = turned(charges(days, "1450.00"), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one("2026-11-27", rows).next_on == date(2026, 12, 1)

    def test_the_last_business_day(self, sign: int) -> None:
        # Weekends: the 31st of January, the 28th of February, the 31st of May and of October.
        days = on("2025-12-31 2026-01-30 02-27 03-31 04-30 05-29 06-30 07-31 08-31 09-30 10-30")
        rows = turned(charges(days, "1450.00"), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one("2026-11-27", rows).next_on == date(2026, 11, 30)

    def test_every_thirty_days(self, sign: int) -> None:
        days = list(every(30, 0)(date(2026, 1, 3), date(2026, 11, 27)))
        rows = turned(charges(days, "10.00"), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one("2026-11-27", rows).next_on == date(2026, 11, 29)  # 30 days after the 30th of October

    @pytest.mark.parametrize(
        ("days", "next_on"),
        [  # the 8th and the 14th are both second Wednesdays, six days apart; so are last Fridays from the 24th on
            ("2026-06-10 07-08 08-12 09-09 10-14 11-11", date(2026, 12, 9)),
            ("2026-04-24 05-29 06-26 07-31 08-28 09-25 10-30", date(2026, 11, 27)),
            ("2026-05-06 06-03 07-01 08-05 09-02 10-07 11-04", date(2026, 12, 2)),
        ],
        ids=["second Wednesday", "last Friday", "first Wednesday"],
    )
    def test_one_weekday_of_the_month(self, sign: int, days: str, next_on: date) -> None:
        rows = turned(charges(on(days), "1240.00"), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one("2026-11-27" if next_on.month == 12 else "2026-11-26", rows).next_on == next_on

    @pytest.mark.parametrize("early", [1, 2, 3, 4])
    def test_four_weeks_remain_four_weeks_after_a_holiday(self, sign: int, early: int) -> None:
        # Mondays, one of them a holiday and paid on the Friday before, 25 days after the last and 31 before the next,
        # which is as good as no day of the month. The next is four weeks after the last Monday.
        days = list(every(28, 0)(date(2026, 6, 8), date(2026, 10, 26)))
        days[early] -= timedelta(3)
        stream = one("2026-11-03", turned(charges(days, "412.50"), sign))
        assert (stream.cadence, len(stream.rows), stream.next_on) == ("MONTHLY", 6, date(2026, 11, 23))

    def test_first_mondays_may_be_first_business_days(self, sign: int) -> None:
        # The 1st of November 2025, of February and of March 2026 are on weekends; the 1st of April is a Wednesday.
        rows = turned(charges(on("2025-11-03 12-01 2026-02-02 03-02"), "1450.00"), sign)
        assert one("2026-03-15", rows).next_on == date(2026, 4, 1)

    def test_a_day_of_the_month_remains_one_after_weekends(self, sign: int) -> None:
        # The 5th of July and of September 2026 are Sundays: three Mondays of four are no first Monday.
        days = on("2026-07-06 08-05 09-07 10-05")
        assert one("2026-10-31", turned(charges(days, "61.00"), sign)).next_on == date(2026, 11, 5)

    def test_quarterly(self, sign: int) -> None:
        days = on("2025-02-14 05-14 08-14 11-14 2026-02-14 05-14 08-14 11-14")
        check_found_from_the_third_charge_on(turned(charges(days, "85.40"), sign), "QUARTERLY")

    def test_yearly_from_the_second_on(self, sign: int) -> None:
        days = on("2023-03-03 2024-03-05 2025-03-03 2026-03-01")
        check_found_from_the_third_charge_on(turned(charges(days, "139.00"), sign), "ANNUALLY", charges_needed=2)

    def test_one_missed_month(self, sign: int) -> None:
        # August is missing. The next charge is due on the 10th of the month after the last.
        days = on("2026-03-10 04-10 05-10 06-10 07-10 09-10 10-10 11-10")
        rows = turned(charges(days, "12.00"), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one("2026-11-27", rows).next_on == date(2026, 12, 10)

    def test_one_missed_month_of_three_charges(self, sign: int) -> None:
        assert summary("2026-11-27", turned(charges(on("2026-08-10 09-10 11-10"), "12.00"), sign)) == [
            ("MONTHLY", "MATURE", 3, "12.00")
        ]

    @pytest.mark.parametrize("late", range(5))
    def test_one_payment_six_days_late(self, sign: int, late: int) -> None:
        # Five charges on the 8th, one of them on the 14th: it belongs to the stream, and moves nothing.
        days = on("2026-07-08 08-08 09-08 10-08 11-08")
        days[late] = days[late].replace(day=14)
        stream = one("2026-11-27", turned(charges(days, "30.00"), sign))
        assert (stream.cadence, stream.status, stream.next_on) == ("MONTHLY", "MATURE", date(2026, 12, 8))
        # The first can't be told from something else, before there was a beat.
        assert len(stream.rows) == (4 if late == 0 else 5)

    def test_the_charge_day_moves_for_good(self, sign: int) -> None:
        days = on("2026-02-05 03-05 04-05 05-05 06-05 07-20 08-20 09-20 10-20 11-20")
        stream = one("2026-11-27", turned(charges(days, "14.00"), sign))
        assert (stream.cadence, stream.status, len(stream.rows)) == ("MONTHLY", "MATURE", 10)
        assert stream.next_on == date(2026, 12, 20)

    def test_it_is_active_all_the_while_that_the_day_moves(self, sign: int) -> None:
        days = on("2026-02-05 03-05 04-05 05-05 06-05 07-20 08-20 09-20 10-20 11-20")
        for day in days[2:]:
            assert [stream.status for stream in found(day, turned(charges(days, "14.00"), sign))] == ["MATURE"], day

    def test_paid_twice_on_one_day(self, sign: int) -> None:
        # Several charges on a day are one occasion for the cadence; all belong to the stream. The price stays 21.00.
        days = on("2026-05-06 06-06 07-06 08-06 08-06 09-06 10-06 11-06")
        stream = one("2026-11-27", turned(charges(days, "21.00"), sign))
        assert (stream.cadence, len(stream.rows), str(stream.typical), stream.changes) == ("MONTHLY", 8, "21.00", ())


@both_ways
class TestWeeks:
    """Weekly to semi-monthly, from the third charge on."""

    @pytest.mark.parametrize(("step", "cadence"), [(7, "WEEKLY"), (14, "BIWEEKLY")])
    def test_the_same_weekday(self, sign: int, step: int, cadence: str) -> None:
        days = list(every(step, 0)(date(2026, 4, 3), date(2026, 11, 27)))
        check_found_from_the_third_charge_on(turned(charges(days, "18.50"), sign), cadence)

    def test_weekly_with_pauses(self, sign: int) -> None:
        # Three weeks on holiday in July: 16 weeks without, one gap of four.
        days = [day for day in every(7, 0)(date(2026, 4, 3), date(2026, 8, 28)) if day.month != 7 or day.day > 24]
        stream = one("2026-08-28", turned(charges(days, "15.00"), sign))
        assert (stream.cadence, stream.status, len(stream.rows)) == ("WEEKLY", "MATURE", len(days))

    @pytest.mark.parametrize("pair", [(1, 15), (5, 20), (10, 25), (3, 13), (15, 31), (7, 22)])
    def test_two_days_of_the_month(self, sign: int, pair: tuple[int, int]) -> None:
        days = list(twice_a_month(*pair)(date(2026, 1, 1), date(2026, 11, 27)))
        stream = one("2026-11-27", turned(charges(days, "55.00"), sign))
        assert (stream.cadence, stream.status, len(stream.rows)) == ("SEMI_MONTHLY", "MATURE", len(days))
        nominal = twice_a_month(*pair)(date(2026, 11, 28), date(2026, 12, 31))
        assert stream.next_on == next(nominal)

    def test_the_1st_and_the_15th_before_weekends(self, sign: int) -> None:
        # Two fixed days tell half months from fortnights after three months at the latest.
        days = on("2026-05-01 05-15 06-01 06-15 07-01 07-15 07-31 08-14 09-01 09-15 10-01 10-15 10-30 11-13")
        for number in range(6, len(days) + 1):
            stream = one(days[number - 1], turned(charges(days[:number], "2100.00"), sign))
            assert (stream.cadence, len(stream.rows)) == ("SEMI_MONTHLY", number)


GAPS = [  # gap in days, what it is; the bounds of the spec: 7 ± 1, 14 ± 2
    (5, []),
    (6, ["WEEKLY"]),
    (7, ["WEEKLY"]),
    (8, ["WEEKLY"]),
    (9, []),
    (11, []),
    (12, ["BIWEEKLY"]),
    (14, ["BIWEEKLY"]),
    (15, ["BIWEEKLY"]),
    (16, ["BIWEEKLY"]),
    (22, []),
]


@both_ways
class TestTolerance:
    """Each cadence's days below, at and above its tolerance."""

    @pytest.mark.parametrize(("gap", "expected"), GAPS)
    def test_days_that_are_counted(self, sign: int, gap: int, expected: list[str]) -> None:
        days = [date(2026, 10, 1) + timedelta(gap * number) for number in range(3)]
        rows = turned(charges(days, "12.00"), sign)
        if (gap, sign) == (16, -1):  # the 1st, the 17th and the 2nd: pay comes by half months more nearly than so
            expected = ["SEMI_MONTHLY"]
        assert [stream.cadence for stream in found(days[-1], rows) if stream.is_mature] == expected

    @pytest.mark.parametrize(("gap", "expected"), [(11, []), (12, ["BIWEEKLY"]), (16, ["BIWEEKLY"]), (17, [])])
    def test_the_last_of_three_fortnights(self, sign: int, gap: int, expected: list[str]) -> None:
        # Of three gaps all must fit. The 4th, 18th, 2nd and 19th are half months within three days too.
        days = on("2026-09-04 09-18 10-02")
        days.append(days[-1] + timedelta(gap))
        streams = found(days[-1], turned(charges(days, "12.00"), sign))
        if (gap, sign) == (17, -1):
            expected = ["SEMI_MONTHLY"]
        assert [stream.cadence for stream in streams if stream.is_mature] == expected

    @pytest.mark.parametrize(("day", "expected"), [(6, 0), (7, 3), (10, 3), (13, 3), (14, 0)])
    def test_a_month_is_the_same_day_within_three(self, sign: int, day: int, expected: int) -> None:
        # The 10th of September and October, then the 7th to 13th of November fit.
        days = [*on("2026-09-10 10-10"), date(2026, 11, day)]
        mature = [stream for stream in found("2026-11-27", turned(charges(days, "12.00"), sign)) if stream.is_mature]
        assert sum(len(stream.rows) for stream in mature) == expected

    def test_three_days_before_and_three_days_after_the_day(self, sign: int) -> None:
        # The day is the 10th: 7th, 10th, 13th, though the first and last are six days of the month apart.
        days = on("2026-08-13 09-10 10-07 11-10")
        assert summary("2026-11-27", turned(charges(days, "12.00"), sign)) == [("MONTHLY", "MATURE", 4, "12.00")]
        assert summary("2026-10-27", turned(charges(days, "12.00"), sign)) == [("MONTHLY", "MATURE", 3, "12.00")]

    @pytest.mark.parametrize(("day", "fits"), [(2, False), (3, True), (17, True), (18, False)])
    def test_a_quarter_is_three_months_within_seven_days(self, sign: int, day: int, fits: bool) -> None:
        days = [*on("2026-05-10 08-10"), date(2026, 11, day)]
        expected = ["QUARTERLY"] if fits else []
        streams = found("2026-11-27", turned(charges(days, "12.00"), sign))
        assert [stream.cadence for stream in streams if stream.is_mature] == expected

    @pytest.mark.parametrize(("second", "fits"), [("09-17", False), ("09-18", True), ("10-16", True), ("10-17", False)])
    def test_a_year_within_fourteen_days(self, sign: int, second: str, fits: bool) -> None:
        rows = turned(charges(on(f"2025-10-02 2026-{second}"), "12.00"), sign)
        assert summary("2026-11-27", rows) == ([("ANNUALLY", "MATURE", 2, "12.00")] if fits else [])

    @pytest.mark.parametrize(("other_day", "expected"), [(18, 8), (16, 8)])
    def test_half_months_within_three_days(self, sign: int, other_day: int, expected: int) -> None:
        days = on("2026-08-01 08-15 09-01 09-15 10-01 10-15 11-01")
        days.append(date(2026, 11, other_day))
        stream = one("2026-11-27", turned(charges(days, "12.00"), sign))
        assert (stream.cadence, len(stream.rows)) == ("SEMI_MONTHLY", expected)


@both_ways
class TestGaps:
    """At least three quarters of the gaps fit; one gap of two periods counts as fitting; at least three charges."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            # One of four gaps does not fit (the 14th is a second purchase, and no part of it): three quarters.
            ("2026-08-04 09-04 09-14 10-04 11-04", 4),
            # One of three.
            ("2026-09-04 09-12 10-04 11-04", 0),
            # Two of eight, weekly.
            ("2026-10-02 10-09 10-12 10-16 10-23 10-27 10-30 11-06 11-13", 7),
            # Two of seven.
            ("2026-10-09 10-12 10-16 10-23 10-27 10-30 11-06 11-13", 0),
        ],
    )
    def test_three_quarters(self, sign: int, text: str, expected: int) -> None:
        streams = found("2026-11-27", turned(charges(on(text), "12.00"), sign))
        assert sum(len(stream.rows) for stream in streams if stream.is_mature) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-08-04 09-04 11-04", 3),  # one of two periods
            ("2026-07-04 08-04 11-04", 0),  # of three
            ("2026-05-04 06-04 07-04 09-04 11-04", 5),  # two of two periods: the second is one misfit of four gaps
            ("2026-03-04 05-04 07-04 09-04 11-04", 0),  # that is every second month
        ],
    )
    def test_missed_payments(self, sign: int, text: str, expected: int) -> None:
        streams = found("2026-11-27", turned(charges(on(text), "12.00"), sign))
        assert sum(len(stream.rows) for stream in streams if stream.is_mature) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-11-04", []),
            ("2026-10-04 11-04", [("MONTHLY", "EARLY_DETECTION", 2, "12.00")]),
            ("2026-09-04 10-04 11-04", [("MONTHLY", "MATURE", 3, "12.00")]),
        ],
    )
    def test_three_charges(self, sign: int, text: str, expected: list[tuple[str, str, int, str]]) -> None:
        assert summary("2026-11-27", turned(charges(on(text), "12.00"), sign)) == expected


def test_a_card_that_was_replaced() -> None:
    """A stream is of the person and the counterparty, whichever account pays."""
    old = charges(on("2026-06-18 07-18 08-18"), "13.00", account="card 1")
    new = charges(on("2026-09-18 10-18 11-18"), "13.00", account="card 2")
    assert summary("2026-11-27", [*old, *new]) == [("MONTHLY", "MATURE", 6, "13.00")]


def test_a_name_is_another_stream() -> None:
    """Two counterparties on one day and at one price."""
    days = on("2026-09-18 10-18 11-18")
    rows: list[Row] = [*charges(days, "13.00", "Quillfeather"), *charges(days, "13.00", "Umbrella Tide")]
    assert [stream.name for stream in found("2026-11-27", rows)] == ["quillfeather", "umbrella tide"]


@pytest.mark.parametrize(
    ("days", "next_on"),
    [
        ("2026-08-12 09-09 10-07", "2026-11-04"),  # the second Wednesday, the second, the first: no one of the month
        ("2026-08-11 09-08 10-06", "2026-11-03"),
        ("2026-08-07 09-04 10-02", "2026-11-06"),  # the first Friday of each month, it may be
        ("2026-08-12 09-09 10-08", "2026-11-09"),  # 28 and 29 days: nearest to all by the month is the 9th
    ],
)
def test_when_the_fourth_of_four_weeks_is_due(days: str, next_on: str) -> None:
    stream = one("2026-10-20", charges(on(days), "24.50"))
    assert (stream.cadence, f"{stream.next_on}") == ("MONTHLY", next_on)
