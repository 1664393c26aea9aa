"""Shares and their intervals, against published values."""

import pytest

from spendsense.evaluation.shares import Share, newcombe, wilson


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        (Share(81, 263), 0.2553, 0.3662),
        (Share(15, 148), 0.0624, 0.1605),
        (Share(0, 20), 0.0, 0.1611),
        (Share(1, 29), 0.0061, 0.1718),
        (Share(29, 29), 0.8830, 1.0),  # the mirror of 0 of 29, which is 0 to 0.1170
    ],
)
def test_wilson_gives_the_published_intervals(share: Share, low: float, high: float) -> None:
    assert wilson(share) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10 of
        # table II.
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_intervals(one: Share, other: Share, low: float, high: float) -> None:
    assert newcombe(one, other) == pytest.approx((low, high), abs=0.00006)
    assert newcombe(other, one) == pytest.approx((-high, -low), abs=0.00006)


def test_of_nothing_nothing_is_known() -> None:
    nothing = Share(0, 0)
    assert (nothing.ratio, wilson(nothing), newcombe(nothing, Share(1, 2)), newcombe(Share(1, 2), nothing)) == (
        *(None, None, None, None),
    )
    assert nothing.is_whole


def test_shares_add_and_part() -> None:
    assert Share(1, 2) + Share(2, 5) == Share(3, 7)
    assert Share(3, 7) - Share(2, 5) == Share(1, 2)
    assert Share(3, 4).ratio == 0.75
    assert [Share(3, 4).is_whole, Share(4, 4).is_whole] == [False, True]
