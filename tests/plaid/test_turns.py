"""What is paid in turn names its turn in each bank's way: all turns are one counterparty, and names stay names."""

from collections.abc import Sequence

import pytest

from spendsense.plaid.merchants import is_opaque, normalise

MONTHS = {
    "en": "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER",
    "en short": "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC",
    "de": "JANUAR FEBRUAR MÄRZ APRIL MAI JUNI JULI AUGUST SEPTEMBER OKTOBER NOVEMBER DEZEMBER",
    "de plain": "JAENNER FEBER MAERZ APRIL MAI JUNI JULI AUGUST SEPTEMBER OKTOBER NOVEMBER DEZEMBER",
    "fr": "JANVIER FÉVRIER MARS AVRIL MAI JUIN JUILLET AOÛT SEPTEMBRE OCTOBRE NOVEMBRE DÉCEMBRE",
    "es": "ENERO FEBRERO MARZO ABRIL MAYO JUNIO JULIO AGOSTO SEPTIEMBRE OCTUBRE NOVIEMBRE DICIEMBRE",
    "it": "GENNAIO FEBBRAIO MARZO APRILE MAGGIO GIUGNO LUGLIO AGOSTO SETTEMBRE OTTOBRE NOVEMBRE DICEMBRE",
    "pt": "JANEIRO FEVEREIRO MARÇO ABRIL MAIO JUNHO JULHO AGOSTO SETEMBRO OUTUBRO NOVEMBRO DEZEMBRO",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "pl of": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "cs": "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "hu": "január február március április május június július augusztus szeptember október november december",
    # Without March: `mart` is part of too many names.
    "tr": "ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "fi": "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
}


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    [
        ("en", "J BELL {} RENT STO", "j bell rent sto"),
        ("en short", "NORTHGATE LTD {} SALARY BGC", "northgate ltd salary bgc"),
        ("en", "ZELLE PAYMENT TO BOB FOR {} RENT", "bob for rent"),
        ("de", "Miete {} Meier", "miete meier"),
        ("de plain", "{} Miete Meier", "miete meier"),
        ("fr", "VIR SEPA LOYER DE {} M MARTIN", "loyer de m martin"),
        ("es", "TRANSF ARRIENDO {} CASA", "arriendo casa"),
        ("it", "AFFITTO {} ROSSI", "affitto rossi"),
        ("pt", "TRF RENDA DE CASA {}", "renda de casa"),
        ("nl", "Kinderopvang {} Zonnetje", "kinderopvang zonnetje"),
        ("pl", "CZYNSZ {} KOWALSKI", "czynsz kowalski"),
        ("pl of", "CZYNSZ {} KOWALSKI", "czynsz kowalski"),
        ("cs", "NAJEM {} NOVAK", "najem novak"),
        ("ro", "CHIRIE {} POPESCU", "chirie popescu"),
        ("hu", "LAKBER {} KOVACS", "lakber kovacs"),
        ("tr", "{} KIRA YILMAZ", "kira yilmaz"),
        ("fi", "VUOKRA {} VIRTANEN", "vuokra virtanen"),
    ],
)
def test_each_month_of_a_year(language: str, line: str, expected: str) -> None:
    found = {normalise(line.format(month)) for month in MONTHS[language].split()}
    assert found == {expected}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Septembermiete Meier", "miete meier"),
        ("Juligehalt Acme", "gehalt acme"),
        ("Zonnetje oktober", "zonnetje"),  # nothing but a month is called so
        ("Boekhandel Januari", "boekhandel"),
        ("Comision administrare pachet mai", "comision administrare pachet"),  # the last of three words
        ("BILL PAYMENT TO C SHARP WINDOWS REFERENCE 02 May, MANDATE NO 82", "c sharp windows mandate no 82"),
    ],
)
def test_a_month_that_can_be_nothing_else(line: str, expected: str) -> None:
    assert normalise(line) == expected


@pytest.mark.parametrize(
    ("line", "turns", "expected"),
    [
        ("RATA MUTUO N {}", range(1, 37), "rata mutuo n"),
        ("Termin {:02d}", range(1, 13), "termin"),
        ("RATE {} VON 36 AUTOBANK", range(1, 37), "rate autobank"),
        ("{}. Abschlag Stadtwerke", range(1, 12), "abschlag stadtwerke"),
        ("WAGES WK {} ACME", range(1, 53), "wages wk acme"),
        ("ACME LTD SAL P{:02d}", range(1, 13), "acme ltd sal"),
        ("NOMINA MES {} ACME", range(1, 13), "nomina mes acme"),
        ("PRESTAMO CUOTA NRO {}", range(1, 25), "prestamo cuota nro"),
        ("A B COUNCIL CTAX INST {}", range(1, 11), "a b council ctax inst"),
        ("KWARTAAL {} 2026 GEMEENTE", range(1, 5), "kwartaal gemeente"),
        ("Splátka úvěru 9456911156 č. {}", range(1, 37), "splatka uveru c"),
        ("City Gym 3 of {}", range(3, 13), "city gym"),
    ],
)
def test_each_number_of_a_series(line: str, turns: Sequence[int], expected: str) -> None:
    found = {normalise(line.format(turn)) for turn in turns}
    assert found == {expected}


@pytest.mark.parametrize(
    "name",
    [
        *("March of Dimes", "May Department Store", "Pizzeria Da Marco", "Bruno Mars", "Theresa May", "Cafe Juli"),
        *("Agosto Pizza", "Casa de Mayo", "Tacos Julio", "April Nails", "Salon Maja", "Juli Nails"),
        *("Bar No 7", "Chanel No 5", "Studio 54", "Forever 21", "Motel 6", "Super 8 Motel", "Pier 1 Imports", "P90X"),
    ],
)
def test_what_is_a_name_stays(name: str) -> None:
    assert normalise(name) == name.lower()


def test_a_code_behind_stars_names_nobody() -> None:
    assert normalise("SEND E-TFR ***BKH") == normalise("SEND E-TFR ***q7d")
    assert is_opaque(normalise("SEND E-TFR ***BKH"))
    assert not is_opaque(normalise("SEND E-TFR JOHN DOE"))
