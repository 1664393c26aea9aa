"""What a recurring stream is called: by category, then name, then direction."""

import pytest

from spendsense.plaid.purposes import purpose, purpose_of
from spendsense.store.kinds import STREAM_KINDS, Purpose


@pytest.mark.parametrize(
    ("primary", "detailed", "name", "inflow", "expected"),
    [
        ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT", "x", False, "bill"),
        ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_TELEPHONE", "x", False, "bill"),
        ("LOAN_PAYMENTS", "LOAN_PAYMENTS_CAR_PAYMENT", "x", False, "bill"),
        ("LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", "x", False, "transfer"),
        ("GENERAL_SERVICES", "GENERAL_SERVICES_INSURANCE", "x", False, "bill"),
        ("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES", "Mobile TV", False, "subscription"),
        ("PERSONAL_CARE", "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS", "x", False, "subscription"),
        ("TRANSFER_OUT", "TRANSFER_OUT_SAVINGS", "x", False, "transfer"),
        ("TRANSFER_OUT", "TRANSFER_OUT_OTHER_TRANSFER_OUT", "City Water Charges", False, "bill"),
        ("TRANSFER_OUT", "TRANSFER_OUT_OTHER_TRANSFER_OUT", "Anna", False, "transfer"),
        ("TRANSFER_IN", "TRANSFER_IN_ACCOUNT_TRANSFER", "x", True, "transfer"),
        ("TRANSFER_IN", "TRANSFER_IN_DEPOSIT", "Quillfeather Rides", True, "income"),
        ("TRANSFER_IN", "TRANSFER_IN_DEPOSIT", "ATM CASH DEPOSIT", True, "transfer"),
        ("TRANSFER_IN", "TRANSFER_IN_DEPOSIT", "Transfer from Anna", True, "transfer"),
        ("LOAN_DISBURSEMENTS", "LOAN_DISBURSEMENTS_EWA", "x", True, "transfer"),
        ("LOAN_DISBURSEMENTS", "LOAN_DISBURSEMENTS_OTHER_DISBURSEMENT", "x", True, "transfer"),
        ("INCOME", "INCOME_WAGES", "Transfer of pay", True, "income"),
        (None, None, "Transfer from Anna", True, "transfer"),
        (None, None, "Acme", True, "income"),
        (None, None, "Rent November", False, "bill"),
        (None, None, "Phone Company", False, "bill"),
        (None, None, "Pojištění domu", False, "bill"),
        (None, None, "Money transfer", False, "transfer"),
        (None, None, "Spotify", False, "subscription"),
        (None, None, "Parenting Weekly", False, "subscription"),
    ],
)
def test_stream_kinds(primary: str | None, detailed: str | None, name: str, inflow: bool, expected: str) -> None:
    assert STREAM_KINDS[purpose(primary, detailed, name, inflow)] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Corner Bakery", Purpose.SHOP),
        ("Bäckerei Sommer", Purpose.SHOP),
        ("Ulmen Apotheke", Purpose.SHOP),
        ("Boulangerie du Port", Purpose.SHOP),
        ("Supermercado Rosal", Purpose.SHOP),
        ("Trattoria Gigi", Purpose.SHOP),
        ("Lékárna U Lípy", Purpose.SHOP),
        ("Sklep Zielony", Purpose.SHOP),
        ("Stadtwerke Lindau", Purpose.BILL),
        ("Rosal Energia", Purpose.BILL),
        ("Food - Soda Water", Purpose.SHOP),
        ("Zorgverzekering Delta", Purpose.BILL),
        ("Mutuelle des Lilas", Purpose.BILL),
        ("Försäkring Nord", Purpose.BILL),
        ("Corner Bakery Membership", Purpose.UNKNOWN),
        ("Abo Kino Zentral", Purpose.UNKNOWN),
        ("Telephone Subscription", Purpose.BILL),
        ("Ivy and Oak", Purpose.UNKNOWN),
        ("Untermiete Meier", Purpose.BILL),
        ("Haftpflichtversicherung", Purpose.BILL),
        ("Autokredit", Purpose.BILL),
        ("Blue Mobile", Purpose.BILL),
        ("JOHN DOE MOBILE PAYMENT", Purpose.UNKNOWN),  # how it was paid
        ("Oak Investments", Purpose.TRANSFER),
        ("Oak Investments LLC Rent", Purpose.BILL),
    ],
)
def test_words_of_many_languages(name: str, expected: Purpose) -> None:
    assert purpose(None, None, name, False) is expected


@pytest.mark.parametrize(
    "line",
    [
        "Naam: Stichting Woonhuis Omschrijving: Huur Kenmerk: 0123456",
        "SEPA-BASISLASTSCHRIFT SVWZ+Krankenversicherung EREF+4711 ABWA+Linde AG",
        "/NAME/SCI DES LILAS/MOTIF/LOYER/IBAN/FR1420041010050500013M02606",
    ],
)
def test_free_text_tells_what_is_paid(line: str) -> None:
    assert purpose_of(None, None, None, line, False) == Purpose.BILL


@pytest.mark.parametrize(
    "line",
    [
        "SEPA-BASISLASTSCHRIFT Quillfeather GmbH EREF+4711 MREF+12 CRED+DE98ZZZ09990000001 SVWZ+RNr 1020",
        "DD QUILLFEATHER 4711001234",
        "QUILLFEATHER 4711001234 DD",
        "DIRECT DEBIT PAYMENT TO QUILLFEATHER REF 4711001234, MANDATE NO 0012",
        "QUILLFEATHER BILL PAY PPD ID: 4711001234",
        "PRLV SEPA QUILLFEATHER RUM 4711001234",
        "/TRTP/SEPA Incasso algemeen doorlopend/CSID/NL12ZZZ1/NAME/Quillfeather/MARF/12/REMI/4711",
        "RECIBO QUILLFEATHER SA REF. MANDATO 4711",
        "SDD ADDEBITO DIRETTO QUILLFEATHER SPA MANDATO 4711",
        "DEB AUT QUILLFEATHER 4711001234",
        "PAG BOLETO QUILLFEATHER 4711001234",
        "Inkaso Quillfeather VS:4711001234",
        "NACH-10-DR-QUILLFEATHER-4711001234",
        "口座振替 クイルフエザー",
    ],
)
def test_what_is_collected_is_known_by_many_languages_words(line: str) -> None:
    assert purpose_of(None, None, None, line, False) == Purpose.COLLECTED
    assert STREAM_KINDS[Purpose.COLLECTED] == "subscription"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("QUILLFEATHER AMSTERDAM NL", Purpose.UNKNOWN),
        ("LASTSCHRIFT PayPal Europe S.a.r.l. et Cie S.C.A.", Purpose.UNKNOWN),  # a wallet: of whatever was bought
        ("Lastschrift Linden Apotheke ELV65123456 12.06. 18.31", Purpose.SHOP),
        ("Lastschrift Stadtwerke Linden", Purpose.BILL),
        ("CREDIT CARD AUTOPAY PPD ID: 4711001234", Purpose.TRANSFER),
    ],
)
def test_what_is_named_is_not_only_collected(line: str, expected: Purpose) -> None:
    assert purpose_of(None, None, None, line, False) == expected


def test_a_category_that_may_be_anything_asks_the_name() -> None:
    vague = "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE"
    assert purpose("GENERAL_MERCHANDISE", vague, "Blue Wireless", False) == Purpose.BILL
    assert purpose("GENERAL_MERCHANDISE", vague, "Ivy and Oak", False) == Purpose.SHOP
    assert purpose("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_ELECTRONICS", "Blue Wireless", False) == Purpose.SHOP


VAGUE_SHOP = ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE")
VAGUE_TRANSFER = ("TRANSFER_OUT", "TRANSFER_OUT_OTHER_TRANSFER_OUT")
VAGUE_SERVICE = ("GENERAL_SERVICES", "GENERAL_SERVICES_OTHER_GENERAL_SERVICES")
NONE = (None, None)


@pytest.mark.parametrize(
    ("category", "merchant_name", "line", "expected"),
    [
        (NONE, "Quillfeather", "DIRECT DEBIT QUILLFEATHER REF 4711", Purpose.COLLECTED),
        (VAGUE_SERVICE, "Quillfeather", "DIRECT DEBIT QUILLFEATHER REF 4711", Purpose.COLLECTED),
        (VAGUE_SHOP, "Quillfeather", "DIRECT DEBIT QUILLFEATHER REF 4711", Purpose.COLLECTED),
        (VAGUE_SHOP, None, "DIRECT DEBIT QUILLFEATHER REF 4711", Purpose.COLLECTED),
        (NONE, "Quillfeather", "Quillfeather GmbH EREF+99 MREF+4711 SVWZ+Rechnung 12", Purpose.COLLECTED),
        (NONE, "Hilde Meier", "Hilde Meier EREF+99 MREF+4711 SVWZ+Miete", Purpose.BILL),
        (NONE, "Quillfeather", "CARD PAYMENT TO QUILLFEATHER", Purpose.UNKNOWN),
        (VAGUE_SHOP, "Quillfeather", "CARD PAYMENT TO QUILLFEATHER", Purpose.SHOP),
        (VAGUE_SHOP, "Linden Apotheke", "Lastschrift Linden Apotheke ELV65123456", Purpose.SHOP),
        (("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_SUPERSTORES"), "Ivy", "DIRECT DEBIT IVY REF 4711", Purpose.SHOP),
        (VAGUE_TRANSFER, "Quillfeather", "DIRECT DEBIT QUILLFEATHER REF 4711", Purpose.TRANSFER),
    ],
)
def test_how_it_was_paid_is_read_beside_the_merchants_name(
    category: tuple[str | None, str | None], merchant_name: str | None, line: str, expected: Purpose
) -> None:
    assert purpose_of(*category, merchant_name, line, False) == expected


@pytest.mark.parametrize("category", [NONE, VAGUE_SHOP, VAGUE_TRANSFER, VAGUE_SERVICE])
@pytest.mark.parametrize("name", ["Linden Water", "Linden Gas", "Eau de Lilas", "Linden Council"])
def test_a_utility_that_draws_what_is_owed_is_a_bill(category: tuple[str | None, str | None], name: str) -> None:
    assert purpose_of(*category, name, f"DIRECT DEBIT {name.upper()} REF 4711", False) == Purpose.BILL
    assert purpose_of(*category, name, f"CARD PAYMENT TO {name.upper()}", False) != Purpose.BILL  # a filling station
