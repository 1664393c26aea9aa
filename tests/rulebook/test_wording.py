"""Advice and comparison are found however they are worded; what only looks like them passes."""

import time

import pytest

from spendsense.rulebook.check import faults_of
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files
from spendsense.rulebook.wording import faults_of_words

BOOK = load_rulebook()

ADVICE = [
    "So yоu should wait.",
    "You sho\u200buld wait.",
    "You sho\u00aduld wait.",
    "Ｙｏｕ ｓｈｏｕｌｄ wait.",
    "Here you—should wait.",
    "You, of course, should wait.",
    "You shouldn't keep it.",
    "You mustn’t keep it.",
    "You may want to look around.",
    "It would be wise to close it.",
    "It's usually best to wait.",
    "It is recommended that you buy this.",
    "Іt is аdvisable to wait.",
    "Experts recommend a fund.",
    "Pay off your card now.",
    "Рay off your card now.",
    "Interest adds up. Pay more than the minimum.",
    "If interest is charged, pay more than the minimum.",
    "Please, cancel it.",
    "Cancel the ones that are not used.",
    "One way out: cancel unused plans.",
    "Then buy it.",
    "Don't pay the fee.",
    "Never borrow more.",
    "Three ways.\n\n- Close the account\n- Get rid of it",
    "Stop spending on coffee.",
    "Set aside a sum.",
    "You'll need to pay it.",
    "You are going to have to pay it.",
    "Everybody should save.",
    "It makes sense to pay more.",
    "The best thing is to wait.",
    "Better to pay it.",
    "Time to pay it.",
    "Make an extra payment.",
]
COMPARISON = [
    "Most Americans owe less.",
    "Others pay less than you do.",
    "Here you do better than yours.",
    "Your card costs more than 80% of people pay.",
    "That is more than 80 percent of users.",
    "80 percent of users save.",
    "Nine out of ten customers save more than you.",
    "9 in 10 households.",
    "Your spending is above the national average.",
    "It is below the US median.",
    "The аverage user has one card.",
    "You are in the top 10% now.",
    "You spend twice as much as others.",
    "You owe as much as most families.",
    "Three quarters of Americans save.",
    "Unlike you, others pay on time.",
    "It is worse than average.",
]


@pytest.mark.parametrize(("text", "kind"), [(t, "advice") for t in ADVICE] + [(t, "comparison") for t in COMPARISON])
def test_each_is_found(text: str, kind: str) -> None:
    (found,) = faults_of_words(text, BOOK.tone)
    assert found.startswith(f"{kind}: ")


@pytest.mark.parametrize(
    "text",
    [
        "Pay comes in on Friday. Transfer is free. Open accounts show here. Cash is free.",
        "The bank can move the date, lower the rate, or wait.",
        "After a raise the bank looks at it again, and lowers it when the reason is gone.",
        "A manager can keep them, so that only one has to be known.",
        "Many people ask this. Some customers get a letter.",
        "A balance of more than you owe. Spending more than comes in.",
        "The median of your gaps. An average month. Each of three cards.",
        "One of the cards is at 30 % of the limit.",
        "Saving, paying and buying are three things. To pay is to settle. To buy, one asks.",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    assert list(faults_of_words(text, BOOK.tone)) == []


@pytest.mark.parametrize("text", ADVICE[:3] + ADVICE[14:16] + COMPARISON[:2])
def test_the_check_holds_the_catalogs_texts_against_them(text: str) -> None:
    content = read_files(FOLDER)
    name, old = "education/card_balances.toml", "Card utilization is a simple figure"
    spelt = text.replace("\u200b", "").replace("\u00ad", "")
    found = faults_of(content | {name: content[name].replace(old, f"{spelt} Card use is a simple figure")})
    assert [fault.startswith(f"{name}: item utilization-explained: content: the tone") for fault in found] == [True]


@pytest.mark.parametrize("part", ["mostly ", "1,", "you also ", "people more ", "if a, ", "9 % ", "never ", "than "])
def test_a_long_text_takes_no_long_time(part: str) -> None:
    start = time.process_time()
    list(faults_of_words(part * (20_000 // len(part)), BOOK.tone))
    assert time.process_time() - start < 2
