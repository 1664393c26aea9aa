"""Several plans of one counterparty whose amounts vary, and payments that come late."""

import random
from datetime import date
from decimal import Decimal

import pytest

from tests.signals.streams.checks import charges, found, on, one, summary
from tests.signals.streams.finding import Row
from tests.signals.streams.worlds import every, monthly

AS_OF = date(2026, 11, 27)
YEAR = (date(2025, 12, 1), AS_OF)
UTILITY = "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY"
TELEPHONE = "RENT_AND_UTILITIES_TELEPHONE"
WAGES = "INCOME_WAGES"


def about(seed: int, count: int, least: float, most: float, sign: int = 1) -> list[str]:
    """So many amounts between the two."""
    chance = random.Random(seed)
    return [f"{sign * chance.uniform(least, most):.2f}" for _ in range(count)]


def test_two_meters_on_two_days() -> None:
    # Together they look like half months: the 5th and the 19th.
    water, power = list(monthly(5)(*YEAR)), list(monthly(19)(*YEAR))
    rows = charges(water, about(1, len(water), 60, 90), category=UTILITY)
    rows += charges(power, about(2, len(power), 150, 220), category=UTILITY)
    assert [stream[:3] for stream in summary(AS_OF, rows)] == [
        ("MONTHLY", "MATURE", len(power)),
        ("MONTHLY", "MATURE", len(water)),
    ]


def test_one_meter_read_twice_a_month() -> None:
    days = sorted([*monthly(1)(*YEAR), *monthly(15)(*YEAR)])
    rows = charges(days, about(3, len(days), 60, 120), category=UTILITY)
    assert one(AS_OF, rows).cadence == "SEMI_MONTHLY"


def test_pay_of_two_amounts_twice_a_month_is_one() -> None:
    days = sorted([*monthly(1)(*YEAR), *monthly(15)(*YEAR)])
    amounts = [f"-{1_900 + place % 2 * 400 + place}.00" for place in range(len(days))]
    rows = charges(days, amounts, category=WAGES)
    assert one(AS_OF, rows).cadence == "SEMI_MONTHLY"


def test_two_meters_on_one_day() -> None:
    days = list(monthly(12)(*YEAR))
    rows = charges(days, about(4, len(days), 60, 90), category=UTILITY)
    rows += charges(days, about(5, len(days), 150, 220), category=UTILITY)
    assert [stream[:3] for stream in summary(AS_OF, rows)] == [("MONTHLY", "MATURE", len(days))] * 2


def test_two_people_paid_by_one_employer_on_one_day() -> None:
    days = list(every(14, 0)(date(2026, 1, 2), AS_OF))
    rows = charges(days, about(6, len(days), 1_500, 1_600, -1), category=WAGES)
    rows += charges(days, about(7, len(days), 2_300, 2_450, -1), category=WAGES)
    assert [stream[:3] for stream in summary(AS_OF, rows)] == [("BIWEEKLY", "MATURE", len(days))] * 2


def test_now_two_now_three_coffees_a_day_are_no_plans() -> None:
    chance = random.Random(8)
    days = sorted(chance.sample([date.fromordinal(AS_OF.toordinal() - back) for back in range(200)], 40))
    rows = [
        Row(day, Decimal(f"{chance.uniform(2, 9):.2f}"), "Quillfeather")
        for day in days
        for _ in range(chance.choice((1, 2, 3)))
    ]
    assert found(AS_OF, rows) == []


def test_pay_that_became_fortnightly() -> None:
    weekly = list(every(7, 0)(date(2026, 1, 2), date(2026, 5, 29)))
    fortnightly = list(every(14, 0)(date(2026, 6, 12), AS_OF))
    rows = charges(weekly, about(9, len(weekly), 740, 760, -1), category=WAGES)
    rows += charges(fortnightly, about(10, len(fortnightly), 1_560, 1_590, -1), category=WAGES)
    assert [stream[:3] for stream in summary(AS_OF, rows)] == [
        ("BIWEEKLY", "MATURE", len(fortnightly)),
        ("WEEKLY", "TOMBSTONED", len(weekly)),
    ]


def test_pay_of_which_a_fixed_part_is_paid_apart() -> None:
    days = list(every(14, 0)(date(2026, 1, 2), AS_OF))
    rows = charges(days, "-200.00", category=WAGES)
    rows += charges(days, about(11, len(days), 1_300, 1_900, -1), category=WAGES)
    assert [stream[:3] for stream in summary(AS_OF, rows)] == [("BIWEEKLY", "MATURE", len(days))] * 2


def test_a_payment_that_comes_late_is_one_misfit() -> None:
    # 12 charges: 6 February and 6 August came five days late. Each leaves a gap of two months, and is in it.
    days = on("2025-12-01 2026-01-02 02-06 03-02 04-01 05-01 06-01 07-01 08-06 09-01 10-01 11-02")
    rows = charges(days, about(12, len(days), 60, 90, -1), name="Lodger")
    stream = one(AS_OF, rows)
    assert (stream.cadence, stream.status, len(stream.rows)) == ("MONTHLY", "MATURE", 12)


def test_three_charges_with_a_gap_among_others_are_chance() -> None:
    # 17 February, 16 May and 16 November: quarters, one of which is missing, among sums to a friend.
    rows = charges(on("2026-02-17 05-16 11-16"), "20.00", name="Zelle payment to Joan", category=None)
    rows += charges(on("2026-03-02 04-19 06-30 07-11 09-05 10-23"), about(13, 6, 5, 90), name="Zelle payment to Joan")
    assert found(AS_OF, rows) == []


def test_three_holidays_at_one_place_are_no_plan() -> None:
    rows = charges(on("2024-07-08 2025-07-12 2026-07-06"), ["689.00", "706.00", "506.00"], name="Lakeside Camping")
    assert found(AS_OF, rows) == []
    rows = charges(on("2024-07-15 2025-07-23 2026-07-16"), ["675.70", "729.31", "755.38"], name="Lakeside Camping")
    assert found(AS_OF, rows) == []


def test_three_years_of_a_premium_that_rises() -> None:
    rows = charges(on("2024-07-08 2025-07-08 2026-07-08"), ["489.00", "512.00", "590.00"], name="Alder Mutual")
    assert one(AS_OF, rows).cadence == "ANNUALLY"


def test_what_nobody_has_named_and_varies_is_a_bill() -> None:
    days = list(monthly(15)(date(2025, 1, 1), AS_OF))
    stream = one(AS_OF, charges(days, about(14, len(days), 30, 210)))
    assert (stream.cadence, stream.kind, len(stream.rows)) == ("MONTHLY", "bill", len(days))


def test_what_nobody_has_named_and_keeps_its_price_is_a_subscription() -> None:
    days = list(monthly(15)(*YEAR))
    assert one(AS_OF, charges(days, ["9.99"] * 6 + ["12.99"] * (len(days) - 6))).kind == "subscription"


@pytest.mark.parametrize("count", [3, 6, 14])
def test_two_bills_on_one_day_that_mostly_are_the_basic_price(count: int) -> None:
    """Of each exact amount alone a plan can be made, which leaves out the months in which more was used."""
    days = list(monthly(9)(date(2025, 9, 1), date(2026, 10, 31)))[-count:]
    one_phone = ["15.00" if number % 3 else "17.40" for number in range(count)]
    other_phone = ["35.00" if (number + 1) % 4 else "41.10" for number in range(count)]
    rows = charges(days, one_phone, category=TELEPHONE) + charges(days, other_phone, category=TELEPHONE)
    assert [stream[:3] for stream in summary("2026-10-31", rows)] == [("MONTHLY", "MATURE", count)] * 2


def test_a_third_bill_between_two_on_one_day_is_in_no_plan() -> None:
    # Days of two charges are four in five, so that the two are found all the same.
    days = on("2026-07-09 08-09 09-09 10-09")
    rows = charges(days, ["15.00", "15.00", "15.00", "16.10"], category=TELEPHONE)
    rows += charges(days, ["35.00", "41.10", "35.00", "35.00"], category=TELEPHONE)
    rows += charges(on("2026-09-20"), "80.00", category=TELEPHONE)
    assert [stream[:3] for stream in summary("2026-10-31", rows)] == [("MONTHLY", "MATURE", 4)] * 2
