"""The demo people: one for each persona and another of the first, one with a short history, one who has not agreed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from spendsense.local.demo_history import History

PAY_NAME: Final = "BRIGHTWATER MFG DIRECT DEP PAYROLL"
TRANSFER: Final = ("TRANSFER_OUT_SAVINGS", "TRANSFER_IN_SAVINGS")
FIRST_PRICE_YEAR: Final = 2025
CARD_PAYMENT: Final = "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One made-up person and the persona that their history is written for; None: none yet, or no consent."""

    email: str
    persona: str | None
    purposes: tuple[str, ...]
    write: Callable[[History], None]
    days: int | None = None


def _ada(history: History) -> None:
    """A card at 68 % of its limit that costs interest and gets the minimum."""
    checking = history.account("checking", "Everyday Checking", "checking", "1104", 182_540)
    card = history.account("visa", "Visa", "credit card", "4523", 340_000, limit_cents=500_000)
    history.card_terms(card, apr="24.9900", statement_cents=335_000, minimum_cents=9_500, paid_cents=9_500)
    _salary(history, checking, 165_000)
    _home(history, checking, 128_000)
    _shop(history, card)
    _subscription(history, card, "Reelhouse", 1_549, 12)
    _pay_card(history, checking, card, 9_500)
    for day in history.monthly(24):
        cents = 5_800 + history.chance("interest", day).randrange(0, 900)
        history.add(day, "interest", card, cents, "INTEREST CHARGE ON PURCHASES", "BANK_FEES_INTEREST_CHARGE")


def _ben(history: History) -> None:
    """Six subscriptions, a card paid in full."""
    checking = history.account("checking", "Checking", "checking", "2231", 264_110)
    card = history.account("card", "Rewards Card", "credit card", "8810", 61_250, limit_cents=800_000)
    history.card_terms(card, apr="19.9900", statement_cents=58_000, minimum_cents=3_500, paid_cents=58_000)
    _salary(history, checking, 172_000, phase=1)
    _home(history, checking, 110_000)
    _shop(history, card)
    for name, cents, day in (
        ("Reelhouse", 1_549, 3),
        ("Tunebox", 1_099, 8),
        ("Skyvault Cloud", 999, 11),
        ("Daily Ledger News", 1_700, 15),
        ("Homestretch Fitness", 3_900, 19),
        ("Arcadia Game Pass", 1_499, 26),
    ):
        _subscription(history, card, name, cents, day)
    _pay_card(history, checking, card, 58_000)


def _cleo(history: History) -> None:
    """Invoices paid when clients get round to it, and little in checking."""
    checking = history.account("checking", "Business Checking", "checking", "3307", 48_200)
    clients = ("NORTHLIGHT STUDIO INVOICE", "PARKER & DALE INVOICE", "OAKFIELD PRESS INVOICE")
    irregular = ((4,), (19, 27), (11,), (2, 23), (14,), (6, 9, 28))
    for month in history.monthly(1):
        for number, day_of_month in enumerate(irregular[month.month % len(irregular)]):
            day = month.replace(day=day_of_month)
            chance = history.chance(f"invoice{number}", day)
            client = clients[(month.month + number) % len(clients)]
            history.add(day, "invoice", checking, -chance.randrange(80_000, 260_000), client, "INCOME_OTHER_INCOME")
    _home(history, checking, 98_000)
    _shop(history, checking)


def _dan(history: History) -> None:
    """Puts 400.00 by each month; the card is hardly used."""
    checking = history.account("checking", "Checking", "checking", "4418", 351_900)
    savings = history.account("savings", "High Yield Savings", "savings", "4419", 1_240_000)
    card = history.account("card", "Cash Card", "credit card", "4420", 36_000, limit_cents=600_000)
    history.card_terms(card, apr="21.2400", statement_cents=34_000, minimum_cents=3_500, paid_cents=34_000)
    _salary(history, checking, 196_000)
    _home(history, checking, 120_000)
    _shop(history, card)
    _subscription(history, card, "Tunebox", 1_099, 8)
    _save(history, checking, savings, 40_000)
    _pay_card(history, checking, card, 34_000)


def _eve(history: History) -> None:
    """Overdraft fees twice a month."""
    checking = history.account("checking", "Student Checking", "checking", "5512", 21_430)
    _salary(history, checking, 94_000, phase=1)
    _home(history, checking, 85_000)
    _shop(history, checking)
    for day_of_month in (9, 23):
        for day in history.monthly(day_of_month):
            history.add(day, "overdraft", checking, 3_400, "OVERDRAFT FEE", "BANK_FEES_OVERDRAFT_FEES")
    for day in history.monthly(17):
        if day.month % 2:
            history.add(day, "atm", checking, 300, "OUT OF NETWORK ATM FEE", "BANK_FEES_ATM_FEES")


def _finn(history: History) -> None:
    """Nothing stands out."""
    checking = history.account("checking", "Checking", "checking", "6627", 412_300)
    savings = history.account("savings", "Savings", "savings", "6628", 1_180_000)
    card = history.account("card", "Gold Card", "credit card", "6629", 74_000, limit_cents=700_000)
    history.card_terms(card, apr="18.7400", statement_cents=52_000, minimum_cents=3_500, paid_cents=52_000)
    _salary(history, checking, 184_000)
    _home(history, checking, 125_000)
    _shop(history, card)
    _subscription(history, card, "Reelhouse", 1_549, 12)
    _subscription(history, card, "Tunebox", 1_099, 21)
    _save(history, checking, savings, 2_500)
    _pay_card(history, checking, card, 52_000)


def _gia(history: History) -> None:
    """Connected a bank twelve days ago."""
    checking = history.account("checking", "Checking", "checking", "7731", 96_400)
    _salary(history, checking, 121_000)
    _shop(history, checking)


def _ivy(history: History) -> None:
    """A card at 56 % of its limit, paid well above the minimum: Ada's persona for another reason."""
    checking = history.account("checking", "Checking", "checking", "9914", 236_800)
    card = history.account("card", "Travel Card", "credit card", "9915", 224_000, limit_cents=400_000)
    history.card_terms(card, apr="17.9900", statement_cents=210_000, minimum_cents=4_000, paid_cents=150_000)
    _salary(history, checking, 188_000, phase=1)
    _home(history, checking, 119_000)
    _shop(history, card)
    _subscription(history, card, "Tunebox", 1_099, 8)
    _pay_card(history, checking, card, 150_000)


PEOPLE: Final = (
    DemoPerson("ada@demo.example", "high_utilization", ("analysis", "offers"), _ada),
    DemoPerson("ben@demo.example", "subscription_heavy", ("analysis",), _ben),
    DemoPerson("cleo@demo.example", "variable_income_budgeter", ("analysis", "offers"), _cleo),
    DemoPerson("dan@demo.example", "savings_builder", ("analysis", "offers"), _dan),
    DemoPerson("eve@demo.example", "fee_pressured", ("analysis",), _eve),
    DemoPerson("finn@demo.example", "general_wellness", ("analysis",), _finn),
    DemoPerson("gia@demo.example", None, ("analysis",), _gia, days=12),
    DemoPerson("ivy@demo.example", "high_utilization", ("analysis",), _ivy),
    DemoPerson("hal@demo.example", None, (), _finn),
)


def payload_of(person: DemoPerson, on: date) -> bytes:
    """The person's bank data up to that day, as Plaid would send it."""
    history = History(person.email.split("@")[0], on, person.days)
    person.write(history)
    return history.payload()


def _salary(history: History, checking: str, cents: int, phase: int = 0) -> None:
    """Pay every other Friday, with a bonus beside the first one of June and of December."""
    for day in history.every_two_weeks(phase):
        history.add(day, "pay", checking, -cents, PAY_NAME, "INCOME_WAGES")
        if day.month in (6, 12) and day.day <= 14:
            history.add(day, "bonus", checking, -2 * cents, f"{PAY_NAME} BONUS", "INCOME_WAGES")


def _home(history: History, checking: str, rent_cents: int) -> None:
    """Rent, power and phone."""
    for day in history.monthly(1):
        history.add(day, "rent", checking, rent_cents, "MAPLE COURT APARTMENTS", "RENT_AND_UTILITIES_RENT")
    for day in history.monthly(14):
        cents = 7_200 + history.chance("power", day).randrange(0, 4_500)
        history.add(day, "power", checking, cents, "NORTHERN POWER", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY")
    for day in history.monthly(22):
        history.add(day, "phone", checking, 4_500, "LINKTEL MOBILE", "RENT_AND_UTILITIES_TELEPHONE")


def _shop(history: History, account: str) -> None:
    """Groceries, lunch, fuel and things on many days, and now and then something taken back."""
    for day in history.days():
        chance = history.chance("shop", day)
        for slug, name, category, odds, low, high in (
            ("groceries", "Corner Grocer", "FOOD_AND_DRINK_GROCERIES", 0.3, 1_800, 9_500),
            ("lunch", "Noodle Bar", "FOOD_AND_DRINK_RESTAURANT", 0.25, 900, 2_600),
            ("fuel", "Route 9 Fuel", "TRANSPORTATION_GAS", 0.12, 2_800, 5_200),
            ("things", "Fern & Finch", "GENERAL_MERCHANDISE_DEPARTMENT_STORES", 0.08, 1_500, 7_900),
        ):
            cents = chance.randrange(low, high)
            if chance.random() < odds:
                history.add(day, slug, account, cents, name, category)
    for day in history.monthly(7):
        if day.month % 2:
            category = "GENERAL_MERCHANDISE_CLOTHING_AND_ACCESSORIES"
            history.add(day, "shoes", account, 8_900, "Shoe House", category)
            history.add(day + timedelta(days=9), "shoes-back", account, -8_900, "Shoe House", category)


def _subscription(history: History, account: str, name: str, cents: int, day_of_month: int) -> None:
    """A monthly subscription; its price rises by a tenth when a year begins."""
    slug = name.split()[0].lower()
    for day in history.monthly(day_of_month):
        rises = day.year - FIRST_PRICE_YEAR
        category = "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS" if "Fitness" in name else "ENTERTAINMENT_TV_AND_MOVIES"
        history.add(day, slug, account, cents + rises * (cents // 10), name, category)


def _save(history: History, checking: str, savings: str, cents: int) -> None:
    """A transfer from checking to savings on the 5th, which arrives a day later."""
    for day in history.monthly(5):
        out, back = TRANSFER
        history.add(day, "save-out", checking, cents, "TRANSFER TO SAVINGS", out)
        history.add(day + timedelta(days=1), "save-in", savings, -cents, "TRANSFER FROM CHECKING", back)


def _pay_card(history: History, checking: str, card: str, cents: int) -> None:
    """The card's payment on the 20th, on both sides."""
    for day in history.monthly(20):
        history.add(day, "card-out", checking, cents, "CREDIT CARD AUTOPAY", CARD_PAYMENT)
        history.add(day + timedelta(days=1), "card-in", card, -cents, "PAYMENT - THANK YOU", CARD_PAYMENT)
