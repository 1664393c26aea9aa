"""Groups in which engine and oracle once disagreed, and why: each was a fault of the engine."""

from math import isclose, log2

from spendsense.signals.cadence import to_day
from spendsense.signals.rhythm import find_rhythm
from tests.signals.streams.checks import charges, on
from tests.signals.streams.finding import streams_on

INSURANCE = "GENERAL_SERVICES_INSURANCE"


def test_a_yearly_plan_is_not_due_after_a_month() -> None:
    """364 days are 13 × 28: months of 28 days go on by so many days, years don't. It was next due on 27 April 2026."""
    rows = charges(on("2023-04-03 2024-04-01 2025-03-31 2026-03-30"), "50.00", category=INSURANCE)
    (stream,) = streams_on(on("2026-03-31")[0], rows)
    assert (stream.cadence, f"{stream.next_on}", f"{stream.lapse_on}") == ("ANNUALLY", "2027-04-01", "2027-04-16")


def test_a_quarterly_plan_is_not_due_after_a_month() -> None:
    """90 days are 3 × 30. It was next due on 24 January 2024, and had ended on 1 February."""
    rows = charges(on("2023-03-30 06-28 09-26 12-25"), "4.99", category=INSURANCE)
    (stream,) = streams_on(on("2024-02-01")[0], rows)
    assert (stream.cadence, f"{stream.next_on}") == ("QUARTERLY", "2024-03-28")


def test_a_missed_fortnight_costs_a_bit_where_others_are_off_too() -> None:
    """26 June is a stray, so that there is a gap of two periods, which cost nothing as soon as any day was off.

    On the beat are 26 May, 9 June, 8 July (29 days: off 1) and 23 July. From 8 July, in the middle by its place in 14
    days, they are 1, 1, 0 and 1 off: log2(14/3) thrice and log2(14), less log2(14) for the middle and one for the gap.
    """
    days = [to_day(one) for one in on("2023-05-26 06-09 06-26 07-08 07-23")]
    rhythm = find_rhythm(tuple(days))
    assert rhythm is not None
    assert (rhythm.cadence, rhythm.on_beat) == ("BIWEEKLY", [0, 1, 3, 4])
    assert isclose(rhythm.bits, 3 * log2(14 / 3) - 1)


def test_of_half_months_that_say_as_much_the_first_are_taken() -> None:
    """Around 2 and 17 March, 17 March and 2 April, and 2 and 13 April, 21 days are on the beat and off by as much.

    Summed in another order, the bits of the third differed in their last digit, and it was taken.
    """
    days = on(
        "2023-03-02 03-17 04-02 04-13 05-01 05-15 05-30 06-17 06-29 07-14 07-31 08-16 09-03 09-17 10-01 10-15 11-03"
        " 11-13 12-02 12-15 12-31 2024-01-13 02-03 02-15"
    )
    rhythm = find_rhythm(tuple(to_day(one) for one in days))
    assert rhythm is not None
    strays = [f"{day}" for place, day in enumerate(days) if place not in rhythm.on_beat]
    assert strays == ["2023-04-13", "2023-11-13", "2024-01-13"]


def test_around_the_last_day_a_month_may_have_forty_days() -> None:
    """25 December is three days before the 28th, 3 February three days after the last of January. Nothing was found:
    40 days were taken for more than a month, whichever day it is counted from."""
    rows = charges(on("2025-12-25 2026-02-03 02-28"), "50.00", category=INSURANCE)
    (stream,) = streams_on(on("2026-03-01")[0], rows)
    assert (stream.cadence, len(stream.rows)) == ("MONTHLY", 3)
