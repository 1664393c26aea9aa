"""Raw lines of many countries' banks: one key for all charges of a merchant, and no key for two merchants."""

import string
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest

from spendsense.plaid.merchants import counterparty, normalise
from tests.plaid.statements import MERCHANTS, STYLES, line, spelling

CHARGES = 12
FIRST = date(2025, 7, 1)


def keys_of(random: Random, style: str, merchant: str) -> set[int | None]:
    """The keys of a year's charges, one a month, with the days and codes of each."""
    start = FIRST + timedelta(random.randrange(28))
    days = (start + timedelta(30 * month + random.randrange(4)) for month in range(CHARGES))
    return {counterparty(None, None, line(random, style, merchant, day)).key for day in days}


@pytest.fixture(scope="module")
def keys() -> dict[tuple[str, str], set[int | None]]:
    """Of a quarter of all pairs of style and merchant, drawn by lot, each with its keys."""
    random = Random(20260612)
    pairs = [(style, merchant) for style in STYLES for merchant in MERCHANTS]
    return {(style, merchant): keys_of(random, style, merchant) for style, merchant in random.sample(pairs, 3_300)}


def test_there_are_many_banks_and_merchants() -> None:
    assert len(STYLES) >= 40 and len({style.country for style in STYLES.values()}) >= 14
    assert len(set(map(spelling, MERCHANTS))) >= 150


def test_all_charges_of_a_merchant_have_one_key(keys: dict[tuple[str, str], set[int | None]]) -> None:
    split = [pair for pair, found in keys.items() if len(found) > 1]
    assert len(split) <= len(keys) * 0.01, split


@pytest.mark.parametrize("style", STYLES)
def test_no_style_splits_most_of_its_merchants(style: str) -> None:
    random = Random(style)
    split = [merchant for merchant in random.sample(MERCHANTS, 20) if len(keys_of(random, style, merchant)) > 1]
    assert len(split) <= 10, (
        split
    )  # 1 code in 14 of letters alone looks like a word; 12 charges meet one in half of them


@pytest.mark.parametrize("length", [6, 8, 10])
def test_codes_that_nothing_announces_are_no_part_of_a_name(length: int) -> None:
    random = Random(length)
    names = [
        normalise(f"{merchant} {''.join(random.choices(string.ascii_uppercase + string.digits, k=length))}")
        for merchant in MERCHANTS
        for _ in range(CHARGES)
    ]
    usual = Counter(names)
    split = sum(count for name, count in usual.items() if count < CHARGES // 2)
    assert split <= len(names) * 0.06  # one code of six letters alone in five looks like a word


def test_no_two_merchants_share_a_key(keys: dict[tuple[str, str], set[int | None]]) -> None:
    merchants = defaultdict(set)
    for (style, merchant), found in keys.items():
        for key in found:
            merchants[style, key].add(spelling(merchant))
    shared = [names for names in merchants.values() if len(names) > 1]
    assert len(shared) <= len(keys) * 0.001, shared


def test_nobody_is_opaque(keys: dict[tuple[str, str], set[int | None]]) -> None:
    assert all(key is not None and key % 2 == 0 for found in keys.values() for key in found)


def test_most_styles_write_a_merchant_so_that_they_meet(keys: dict[tuple[str, str], set[int | None]]) -> None:
    by_itself = {merchant: counterparty(None, merchant, "").key for merchant in MERCHANTS}
    met = sum(by_itself[merchant] in found for (_, merchant), found in keys.items())
    assert met >= len(keys) * 0.95


def lines_of(seed: int) -> Iterator[str]:
    random = Random(seed)
    for style in STYLES:
        yield line(random, style, "Lumora", FIRST)


def test_the_same_seed_gives_the_same_lines_and_another_others() -> None:
    assert list(lines_of(1)) == list(lines_of(1)) != list(lines_of(2))
