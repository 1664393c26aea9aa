"""What holds for every group whatever is in it, and how long the largest takes."""

import random
import time
from datetime import date
from itertools import pairwise

import pytest

from spendsense.signals.amounts import Group
from spendsense.signals.cadence import BEATS, Cadence, to_day
from spendsense.signals.streams import find_streams
from spendsense.store.kinds import Purpose

FIRST = to_day(date(2024, 1, 31))
STEPS = (1, 6, 7, 7, 8, 13, 14, 14, 15, 16, 28, 30, 30, 31, 31, 31, 36, 61, 91, 92, 365, 366)
PRICES = (999, 999, 999, 1049, 1050, 1599, 2500, 9900)


def any_group(seed: int) -> Group:
    """Days at steps that streams have, and a few that none has; prices that repeat; several of a day."""
    chance = random.Random(seed)
    steps = chance.sample(STEPS, chance.randint(1, 4))
    days, day = [], FIRST
    for _ in range(chance.randint(2, 30)):
        days += [day] * chance.choice((1, 1, 1, 1, 1, 1, 2))
        day += max(1, chance.choice(steps) + chance.choice((0, 0, 0, 0, -1, 1, 3)))
    prices = chance.sample(PRICES, chance.randint(1, 3))
    cents = [chance.choice(prices) if chance.random() < 0.9 else chance.randint(500, 5000) for _ in days]
    return Group(days, cents, chance.choice(list(Purpose)), chance.random() < 0.4, chance.random() < 0.2)


@pytest.mark.parametrize("start", range(0, 4000, 500))
def test_what_holds_for_every_group(start: int) -> None:
    for seed in range(start, start + 500):
        group = any_group(seed)
        streams = find_streams(group)
        taken = [place for stream in streams for place in stream.members]
        assert len(taken) == len(set(taken)), seed  # each charge in one stream at most
        for stream in streams:
            days = sorted({group.days[place] for place in stream.members})
            assert stream.members == sorted(stream.members), seed
            assert days[-1] < stream.next_day < stream.lapse_day, seed
            assert len(days) >= (2 if stream.is_early else BEATS[stream.cadence].least_charges), seed
            assert stream.is_early is (len(days) == 2 and stream.cadence is not Cadence.ANNUALLY), seed
            assert all(one.day < other.day for one, other in pairwise(stream.price_changes)), seed


@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_the_order_within_a_day_does_not_matter(start: int) -> None:
    for seed in range(start, start + 500):
        group = any_group(seed)
        turned = sorted(range(len(group.days)), key=lambda place: (group.days[place], -place))
        other = Group(
            group.days, [group.cents[place] for place in turned], group.purpose, group.is_inflow, group.is_opaque
        )
        assert shown(group) == shown(other), seed


def shown(group: Group) -> list[tuple[object, ...]]:
    """What is found, without positions."""
    return [
        (
            stream.cadence,
            sorted((group.days[place], group.cents[place]) for place in stream.members),
            stream.typical_cents,
            stream.last_cents,
            stream.next_day,
            stream.lapse_day,
            stream.price_changes,
        )
        for stream in find_streams(group)
    ]


@pytest.mark.parametrize("amounts", [1, 5, 200, 100_000])
@pytest.mark.parametrize("span", [700, 4000])
def test_five_thousand_rows_without_a_name(amounts: int, span: int) -> None:
    """Quadratic work would take seconds: 30 ms at most were measured."""
    chance = random.Random(amounts)
    rows = sorted((FIRST + chance.randrange(span), 100 * chance.randint(1, amounts)) for _ in range(5000))
    group = Group([day for day, _ in rows], [cents for _, cents in rows], Purpose.TRANSFER, is_opaque=True)
    before = time.perf_counter()
    find_streams(group)
    assert time.perf_counter() - before < 0.5
