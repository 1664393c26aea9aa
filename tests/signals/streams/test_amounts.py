"""Prices, price changes, and plans beside each other at one counterparty (spec: amount)."""

import random
from datetime import date, timedelta
from decimal import Decimal

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
from tests.signals.streams.worlds import every, monthly

AS_OF = date(2026, 11, 27)
YEAR = (date(2025, 12, 1), AS_OF)
UTILITY = "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY"
STREAMING = "ENTERTAINMENT_TV_AND_MOVIES"
MARKETPLACE = "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES"


def at_random(seed: int, count: int, days: int, *amounts: str) -> list[tuple[date, str]]:
    """So many purchases on random days up to AS_OF: of these amounts, or of any."""
    chance = random.Random(seed)
    return sorted(
        (AS_OF - timedelta(chance.randrange(days)), chance.choice(amounts or (f"{chance.uniform(5, 180):.2f}",)))
        for _ in range(count)
    )


def shopping(seed: int, count: int, days: int, *amounts: str, name: str = "Quillfeather", **more: str) -> list[Row]:
    """The same as rows."""
    return [Row(day, Decimal(amount), name, **more) for day, amount in at_random(seed, count, days, *amounts)]


@both_ways
class TestOnePrice:
    """What is stable, and what is a change: more than max(5 %, 0.50) from the last stable amount."""

    def test_a_price_rise(self, sign: int) -> None:
        # From the 17th of July on 15.99.
        days = on("2026-02-17 03-17 04-17 05-17 06-17 07-17 08-17 09-17 10-17 11-17")
        rows = turned(charges(days, ["9.99"] * 5 + ["15.99"] * 5), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        stream = one(AS_OF, rows)
        assert (str(stream.typical), str(stream.last)) == ("15.99", "15.99")
        assert stream.changes == (("9.99", "15.99", "2026-07-17"),)
        assert one("2026-07-16", rows).changes == ()

    def test_a_price_rise_with_three_charges(self, sign: int) -> None:
        rows = turned(charges(on("2026-09-17 10-17 11-17"), ["9.99", "15.99", "15.99"]), sign)
        assert one(AS_OF, rows).changes == (("9.99", "15.99", "2026-10-17"),)

    def test_two_rises(self, sign: int) -> None:
        days = list(monthly(9)(*YEAR))
        rows = turned(charges(days, ["9.99"] * 4 + ["11.99"] * 4 + ["15.99"] * 4), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one(AS_OF, rows).changes == (
            ("9.99", "11.99", days[4].isoformat()),
            ("11.99", "15.99", days[8].isoformat()),
        )

    @pytest.mark.parametrize(
        ("old", "new", "is_change"),
        [
            ("9.99", "10.49", False),  # 0.50
            ("9.99", "10.50", True),  # one cent more
            ("9.99", "9.49", False),
            ("9.99", "9.48", True),
            ("100.00", "105.00", False),  # 5 %
            ("100.00", "105.01", True),
            ("100.00", "95.00", False),
            ("100.00", "94.99", True),
        ],
    )
    def test_the_bound(self, sign: int, old: str, new: str, is_change: bool) -> None:
        days = on("2026-06-09 07-09 08-09 09-09 10-09 11-09")
        rows = turned(charges(days, [old] * 3 + [new] * 3), sign)
        assert one(AS_OF, rows).changes == (((old, new, "2026-09-09"),) if is_change else ())
        assert one("2026-09-09", rows).changes == (((old, new, "2026-09-09"),) if is_change else ())

    def test_small_steps_add_up_to_no_change(self, sign: int) -> None:
        # Each new price stays for two months and is within 0.50 of the last one: each is stable, none is a change.
        amounts = ["9.99", "9.99", "10.39", "10.39", "10.79", "10.79", "11.19", "11.19"]
        rows = turned(charges(list(monthly(9)(date(2026, 4, 1), AS_OF)), amounts), sign)
        stream = one(AS_OF, rows)
        assert (stream.changes, str(stream.last)) == ((), "11.19")

    @pytest.mark.parametrize("seed", range(8))
    def test_tax_and_exchange_rates_are_no_change(self, sign: int, seed: int) -> None:
        chance = random.Random(seed)
        days = list(monthly(13)(*YEAR))
        rows = turned(charges(days, [f"{37 * chance.uniform(0.98, 1.02):.2f}" for _ in days]), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        assert one(AS_OF, rows).changes == ()

    def test_an_introductory_month(self, sign: int) -> None:
        days = list(monthly(2)(date(2026, 5, 1), AS_OF))
        rows = turned(charges(days, ["0.99", *["14.99"] * 6]), sign)
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        stream = one(AS_OF, rows)
        assert (str(stream.typical), len(stream.rows)) == ("14.99", 7)
        assert stream.changes == (("0.99", "14.99", "2026-06-02"),)

    def test_one_odd_charge_is_no_change(self, sign: int) -> None:
        days = list(monthly(2)(date(2026, 3, 1), AS_OF))
        amounts = ["14.99"] * len(days)
        amounts[4] = "24.99"
        stream = one(AS_OF, turned(charges(days, amounts), sign))
        assert (str(stream.typical), stream.changes, len(stream.rows)) == ("14.99", (), len(days))


def test_from_monthly_to_yearly() -> None:
    """A last charge that is far larger is another plan. (A last pay that is far larger is a bonus: test_income.)"""
    days = [*on("2025-09-21 10-21 11-21 12-21 2026-01-21 02-21 03-21 04-21"), date(2026, 5, 23)]
    assert summary(AS_OF, charges(days, ["9.99"] * 8 + ["69.99"])) == [("MONTHLY", "TOMBSTONED", 8, "9.99")]


@pytest.mark.parametrize(
    ("second", "amount", "expected"),
    [
        ("2026-10-02", "125.00", 1),
        ("2026-10-05", "125.00", 1),
        ("2026-10-06", "125.00", 0),
        ("2026-10-02", "125.01", 0),
        ("2026-10-02", "94.99", 0),  # renewals are not cheaper by more than a price may drift
    ],
)
def test_a_year_later_it_is_dearer(second: str, amount: str, expected: int) -> None:
    # Failed at first sight: of two charges only those of one price were a plan.
    rows = charges([*on("2025-10-02"), date.fromisoformat(second)], ["100.00", amount])
    streams = found(AS_OF, rows)
    assert [(stream.cadence, len(stream.changes)) for stream in streams] == [("ANNUALLY", 1)] * expected
    assert not found(AS_OF, charges([row.on for row in rows], ["100.00", amount], category=MARKETPLACE))


class TestVaryingBills:
    """Varying when the cadence is firm and category or name say bill, utility, income or loan."""

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize(("name", "category"), [("Northwind", UTILITY), ("Northwind Electric Co", None)])
    def test_a_utility_that_varies_by_forty_percent(self, seed: int, name: str, category: str | None) -> None:
        chance = random.Random(seed)
        days = [day + timedelta(chance.randint(-1, 1)) for day in monthly(12)(*YEAR)]
        amounts = [f"{90 * chance.uniform(0.6, 1.4):.2f}" for _ in days]
        rows = [Row(day, Decimal(amount), name, category) for day, amount in zip(days, amounts, strict=True)]
        check_found_from_the_third_charge_on(rows, "MONTHLY")
        stream = one(AS_OF, rows)
        assert (stream.kind, stream.changes) == ("bill", ())

    @pytest.mark.parametrize("seed", range(8))
    def test_heating_that_costs_nine_times_as_much_in_january(self, seed: int) -> None:
        # Failed at first sight: whatever varied by more than 1 : 4 was no plan.
        chance = random.Random(seed)
        days = [day + timedelta(chance.randint(-2, 2)) for day in monthly(12)(*YEAR)]
        of_month = dict(enumerate([190, 175, 140, 85, 45, 24, 20, 21, 38, 80, 130, 170], start=1))
        amounts = [f"{of_month[day.month] * chance.uniform(0.95, 1.05):.2f}" for day in days]
        assert summary(AS_OF, charges(days, amounts, category=UTILITY))[0][:3] == ("MONTHLY", "MATURE", 12)

    @pytest.mark.parametrize(("most", "expected"), [("200.00", 1), ("200.01", 0)])
    def test_up_to_ten_times_the_least(self, most: str, expected: int) -> None:
        days = [*monthly(12)(*YEAR)][:9]  # up to nine are not trimmed
        amounts = ["20.00", most, "90.00", "35.00", "140.00", "60.00", "110.00", "45.00", "75.00"]
        assert len(found(AS_OF, charges(days, amounts, category=UTILITY))) == expected

    @pytest.mark.parametrize(("offs", "expected"), [((0, 0, 0, 0), 1), ((0, 3, 0, 3), 0)])
    def test_such_bills_keep_their_days_better(self, offs: tuple[int, ...], expected: int) -> None:
        days = [day + timedelta(off) for day, off in zip(list(monthly(12)(*YEAR))[-4:], offs, strict=True)]
        for most in ("79.99", "150.00"):
            streams = found(AS_OF, charges(days, ["20.00", most, "30.00", "60.00"], category=UTILITY))
            assert len(streams) == (expected if most == "150.00" else 1)

    @pytest.mark.parametrize("category", [STREAMING, MARKETPLACE, "FOOD_AND_DRINK_GROCERIES"])
    def test_subscriptions_and_shops_never_vary(self, category: str) -> None:
        days = list(monthly(12)(*YEAR))
        amounts = [f"{40 + 7 * (number % 5) * (-1) ** number}.00" for number in range(len(days))]
        assert [s for s in found(AS_OF, charges(days, amounts, category=category)) if s.is_mature] == []

    def test_a_varying_bill_beside_a_fixed_one(self) -> None:
        # The telephone company: 25.00 on the 5th for the line, 40 to 70 on the 20th for calls.
        line = charges(monthly(5)(*YEAR), "25.00", category="RENT_AND_UTILITIES_TELEPHONE")
        days = list(monthly(20)(*YEAR))
        amounts = [f"{55 + (number * 7 % 31) - 15}.10" for number in range(len(days))]
        calls = charges(days, amounts, category="RENT_AND_UTILITIES_TELEPHONE")
        streams = found(AS_OF, [*line, *calls])
        assert [(stream.cadence, len(stream.rows)) for stream in streams] == [("MONTHLY", 12), ("MONTHLY", 12)]


@pytest.mark.parametrize("stray", ["2026-09-06", "2026-10-06"])
def test_a_loan_with_something_paid_off_between(stray: str) -> None:
    # Failed at first sight: a bill may vary, so that it was one by half months.
    loan = charges(on("2026-08-20 09-20 10-20"), "350.12", category="LOAN_PAYMENTS_CAR_PAYMENT")
    rows = [*loan, *charges(on(stray), "100.00", category="LOAN_PAYMENTS_CAR_PAYMENT")]
    assert summary(AS_OF, rows) == [("MONTHLY", "MATURE", 3, "350.12")]


@both_ways
@pytest.mark.parametrize(
    ("day", "amount"), [("2026-08-05", "950.00"), ("2026-08-05", "14.20"), ("2026-11-05", "950.00")]
)
def test_something_else_between_is_no_late_payment(sign: int, day: str, amount: str) -> None:
    # Failed at first sight: what came three weeks after a charge was taken for the next one, and the next one as well.
    days = on("2026-05-12 06-11 07-11 08-12 09-11 10-11")
    rows = turned([*charges(days, "20.00"), *charges(on(day), amount)], sign)
    for as_of in (AS_OF, date.fromisoformat(day)):
        stream = next(stream for stream in found(as_of, rows) if stream.is_mature)
        assert (stream.cadence, str(stream.last), len(stream.rows)) == (
            "MONTHLY",
            "20.00",
            sum(d < as_of for d in days),
        )


@both_ways
class TestPlansBesideEachOther:
    """Two amounts that overlap in time are two streams."""

    def test_on_different_days(self, sign: int) -> None:
        rows = turned([*charges(monthly(5)(*YEAR), "9.99"), *charges(monthly(20)(*YEAR), "12.99")], sign)
        if sign > 0:
            assert summary(AS_OF, rows) == [("MONTHLY", "MATURE", 12, "12.99"), ("MONTHLY", "MATURE", 12, "9.99")]
        else:  # one payer, whose two pays of a month are near each other: deductions
            assert [(stream.cadence, len(stream.rows)) for stream in found(AS_OF, rows)] == [("SEMI_MONTHLY", 24)]

    def test_on_different_days_far_apart_in_amount(self, sign: int) -> None:
        rows = turned([*charges(monthly(5)(*YEAR), "9.99"), *charges(monthly(20)(*YEAR), "32.99")], sign)
        assert summary(AS_OF, rows) == [("MONTHLY", "MATURE", 12, "32.99"), ("MONTHLY", "MATURE", 12, "9.99")]

    def test_on_the_same_day(self, sign: int) -> None:
        rows = turned([*charges(monthly(5)(*YEAR), "9.99"), *charges(monthly(5)(*YEAR), "12.99")], sign)
        assert summary(AS_OF, rows) == [("MONTHLY", "MATURE", 12, "12.99"), ("MONTHLY", "MATURE", 12, "9.99")]
        assert summary("2026-02-06", rows) == [("MONTHLY", "MATURE", 3, "12.99"), ("MONTHLY", "MATURE", 3, "9.99")]

    def test_monthly_and_yearly(self, sign: int) -> None:
        months = monthly(9)(date(2024, 12, 1), AS_OF)
        rows = turned([*charges(months, "9.99"), *charges(on("2025-06-20 2026-06-20"), "99.00")], sign)
        assert summary(AS_OF, rows) == [("ANNUALLY", "MATURE", 2, "99.00"), ("MONTHLY", "MATURE", 24, "9.99")]

    def test_one_price_rises_and_the_other_stays(self, sign: int) -> None:
        days = list(monthly(5)(*YEAR))
        first = charges(days, ["9.99"] * 7 + ["11.99"] * 5)
        rows = turned([*first, *charges(monthly(18)(*YEAR), "29.99")], sign)
        streams = found(AS_OF, rows)
        assert [(stream.cadence, stream.status, len(stream.rows)) for stream in streams] == [
            ("MONTHLY", "MATURE", 12),
            ("MONTHLY", "MATURE", 12),
        ]
        assert sorted(change for stream in streams for change in stream.changes) == [
            ("9.99", "11.99", days[7].isoformat())
        ]


class TestAtAShop:
    """A subscription at a merchant where the person also buys."""

    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("category", [MARKETPLACE, None])
    def test_the_fixed_amount_stands_out(self, seed: int, category: str | None) -> None:
        rows = charges(monthly(22)(*YEAR), "14.99", category=category or "")
        rows = [*rows, *shopping(seed, 35, 300, category=category or "")]
        assert summary(AS_OF, rows) == [("MONTHLY", "MATURE", 12, "14.99")]

    @pytest.mark.parametrize("seed", range(12))
    def test_after_three_months(self, seed: int) -> None:
        rows = charges(on("2026-09-22 10-22 11-22"), "14.99", category=MARKETPLACE)
        assert summary(AS_OF, [*rows, *shopping(seed, 12, 90, category=MARKETPLACE)]) == [
            ("MONTHLY", "MATURE", 3, "14.99")
        ]

    @pytest.mark.parametrize("seed", range(6))
    def test_its_price_rises(self, seed: int) -> None:
        # The new price has been charged twice so far: enough to go on with what was found.
        days = list(monthly(24)(date(2026, 4, 1), AS_OF))
        rows = charges(days, ["7.99"] * 6 + ["9.99"] * 2, category=MARKETPLACE)
        streams = found(AS_OF, [*rows, *shopping(seed, 26, 240, category=MARKETPLACE)])
        assert [(len(stream.rows), stream.status, stream.changes) for stream in streams] == [
            (8, "MATURE", (("7.99", "9.99", days[6].isoformat()),))
        ]


class TestOpaqueNames:
    """Where names say nothing, amount and cadence separate the streams."""

    @pytest.mark.parametrize("seed", range(12))
    def test_standing_orders_among_random_transfers(self, seed: int) -> None:
        orders = [
            *charges(monthly(1)(*YEAR), "500.00", "TRANSFER"),
            *charges(monthly(10)(*YEAR), "250.00", "TRANSFER"),
            *charges(monthly(20)(*YEAR), "120.50", "TRANSFER"),
        ]
        noise = shopping(seed, 14, 300, "50.00", "100.00", "200.00", "300.00", "80.00", name="TRANSFER")
        assert summary(AS_OF, [*orders, *noise]) == [
            ("MONTHLY", "MATURE", 12, "120.50"),
            ("MONTHLY", "MATURE", 12, "250.00"),
            ("MONTHLY", "MATURE", 12, "500.00"),
        ]

    @pytest.mark.parametrize("seed", range(12))
    def test_a_random_transfer_of_the_same_sum_now_and_then(self, seed: int) -> None:
        order = charges(monthly(10)(*YEAR), "50.00", "TRANSFER")
        noise = shopping(seed, 12, 300, "50.00", "100.00", name="TRANSFER")
        streams = [s for s in found(AS_OF, [*order, *noise]) if s.is_mature and str(s.typical) == "50.00"]
        assert [stream.cadence for stream in streams] == ["MONTHLY"]
        # A random one within three days of the 10th may stand for one of them.
        assert len({row.on for row in streams[0].rows} & {row.on for row in order}) >= 10

    def test_its_sum_rises(self) -> None:
        days = list(monthly(10)(*YEAR))
        order = charges(days, ["500.00"] * 6 + ["520.00"] * 6, "TRANSFER")
        streams = found(AS_OF, [*order, *shopping(1, 20, 300, name="TRANSFER")])
        assert [(len(stream.rows), str(stream.typical)) for stream in streams] == [(12, "520.00")]

    def test_different_sums_are_different_counterparties(self) -> None:
        days = list(every(14, 0)(*YEAR))
        rows = charges(days, [f"{40 + number * 3}.00" for number in range(len(days))], "TRANSFER")
        assert found(AS_OF, rows) == []


class TestCollected:
    """By direct debit a contract or a bill is paid: its amounts may vary when the days say 6 bits."""

    VARYING = ("61.20", "84.75", "49.10")

    def test_three_that_vary_are_a_bill(self) -> None:
        # Two gaps, the second after a weekend: log2(30.4) + log2(30.4 / 3) = 4.9 + 3.3 bits.
        days = on("2026-09-10 10-10 11-11")
        stream = one(AS_OF, charges(days, self.VARYING, "DIRECT DEBIT QUILLFEATHER REF: 4711001234"))
        assert (stream.cadence, stream.status, stream.kind, len(stream.rows)) == ("MONTHLY", "MATURE", "bill", 3)

    def test_by_card_they_say_too_little(self) -> None:
        assert found(AS_OF, charges(on("2026-09-10 10-10 11-11"), self.VARYING, "QUILLFEATHER AMSTERDAM NL")) == []

    def test_on_loose_days_they_say_too_little(self) -> None:
        # Two days off each: 2 · log2(30.4 / 5) = 5.2 bits.
        days = on("2026-09-10 10-12 11-14")
        assert found(AS_OF, charges(days, self.VARYING, "DIRECT DEBIT QUILLFEATHER REF: 4711001234")) == []

    def test_nor_by_the_week(self) -> None:
        days = on("2026-10-30 11-06 11-13 11-20 11-27")
        amounts = [*self.VARYING, "77.00", "52.30"]
        assert found(AS_OF, charges(days, amounts, "DIRECT DEBIT QUILLFEATHER REF: 4711001234")) == []

    def test_one_price_remains_a_subscription(self) -> None:
        days = on("2026-09-10 10-10 11-11")
        stream = one(AS_OF, charges(days, "24.99", "DIRECT DEBIT QUILLFEATHER REF: 4711001234"))
        assert (stream.kind, stream.status) == ("subscription", "MATURE")
