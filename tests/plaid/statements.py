"""Raw lines as banks of many countries write them, with the dates and codes that change at every charge. Seeded.

`line(random, style, merchant, day)` is one charge; the same random state gives the same line. In a style's template
`{M}` is the merchant in capitals as a terminal sends it, `{m}` as the merchant spells it, `{day:…}` the day in that
form, `{n8}` eight random digits, `{a8}` letters and digits, `{h8}` the same in small letters, `{l8}` letters without
vowels (as codes are that must spell no word), `{amount}` and `{rate}` random decimals, `{time}` the time of day,
`{place}` the town of the merchant in that country.
All merchants are invented.
"""

import string
from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import NamedTuple

from spendsense.store.names import folded


class Style(NamedTuple):
    """How one bank writes one sort of charge."""

    country: str
    template: str


STYLES = {
    # United States
    "us-card": Style("US", "CARD PURCHASE {n4} {day:%m/%d} {M} {place} {n4} XX{n4}"),
    "us-pos-visa": Style("US", "POS DEBIT VISA CHECK CARD {n4} {M} {place}"),
    "us-ach": Style("US", "{M} DES:ONLINE PMT ID:{a12} INDN:JOHN DOE CO ID:{n10} WEB"),
    "us-ach-long": Style(
        "US",
        "ORIG CO NAME:{M} ORIG ID:{n10} DESC DATE:{day:%y%m%d} CO ENTRY DESCR:PAYMENT SEC:WEB TRACE#:{n15}"
        " EED:{day:%y%m%d} IND ID:{a12} IND NAME:JANE ROE TRN: {n10}TC",
    ),
    "us-recurring": Style("US", "RECURRING PAYMENT AUTHORIZED ON {day:%m/%d} {M} {place} S{n15} CARD {n4}"),
    "us-checkcard": Style("US", "CHECKCARD {day:%m%d} {M} {n3}-{n3}-{n4} CA {n23} RECURRING"),
    "us-square": Style("US", "SQ *{M} {n4} {place}"),
    "us-toast": Style("US", "TST* {M}"),
    "us-paypal": Style("US", "PAYPAL *{M} {n10} CA"),
    "us-star-code": Style("US", "{m}*{a9}"),
    "us-star-letters": Style("US", "{m}*{l8} {n3}-{n7} WA"),
    "us-phone": Style("US", "{M} {n3}-{n3}-{n4} CA"),
    "us-zelle": Style("US", "Zelle payment to {m} Conf# {h9}"),
    "us-billpay": Style("US", "Online Payment {n11} To {m} {day:%m/%d}"),
    # Canada
    "ca-idp": Style("CA", "IDP PURCHASE - {n4} {M}"),
    "ca-pap": Style("CA", "PREAUTHORIZED DEBIT PAP {M} {n9}"),
    "ca-etransfer": Style("CA", "INTERAC e-Transfer sent {m} CA{h8}"),
    "ca-pos": Style("CA", "Point of Sale - Interac RETAIL PURCHASE {n12} {M}"),
    # United Kingdom and Ireland
    "gb-direct-debit": Style("GB", "DIRECT DEBIT PAYMENT TO {M} REF {n8}, MANDATE NO {n4}"),
    "gb-card": Style("GB", "CARD PAYMENT TO {M} ON {day:%d-%m-%Y}"),
    "gb-contactless": Style("GB", ")))  {M} {place} GB"),
    "gb-standing-order": Style("GB", "STANDING ORDER TO {M} REF {n8}"),
    "gb-barclays-like": Style("GB", "{M} ON {day:%d} {month} BCC"),
    "gb-foreign": Style("GB", "{M} {place} {amount} EUR VISAXR {rate} CD {n4} {day:%d%m%y}"),
    "ie-visa": Style("IE", "VDP-{M} {day:%d/%m}"),
    # Germany, Austria, Switzerland
    "de-sepa": Style(
        "DE",
        "SEPA-LASTSCHRIFT {M} EREF+{n14} MREF+{a10} CRED+DE98ZZZ0999{n7} SVWZ+Rechnung {n9} vom {day:%d.%m.%Y}",
    ),
    "de-mandate": Style("DE", "Basislastschrift {m} Mandat {a12} Glaeubiger-ID DE98ZZZ0999{n7} End-to-End-Ref.: {n16}"),
    "de-girocard": Style("DE", "Kartenzahlung girocard {M}//{place}/DE {day:%Y-%m-%d}T{time} Debitk.1 2029-12"),
    "de-commerz": Style("DE", "Auftraggeber: {m} Buchungstext: Beitrag {n8} Ref. {a9}/{n5}"),
    "de-standing": Style("DE", "DAUERAUFTRAG {M} IBAN: DE{n20} BIC: COBADEFFXXX"),
    "de-paypal": Style(
        "DE",
        "LASTSCHRIFT PayPal Europe S.a.r.l. et Cie S.C.A SVWZ+{n13}/PP.{n4}.PP/. {M}, Ihr Einkauf bei {M}"
        " EREF+{n13} MREF+{a12}",
    ),
    "at-pos": Style("AT", "POS {amount} AT D4 {day:%d.%m.} {time} {M} {place}"),
    "ch-purchase": Style("CH", "Kauf/Dienstleistung vom {day:%d.%m.%Y} Karten-Nr. XXXX{n4} {M} {place} CH"),
    # France and Belgium
    "fr-prlv": Style("FR", "PRLV SEPA {M} ID EMETTEUR: FR12ZZZ{n6} RUM: {a14} REF: {n10}"),
    "fr-card": Style("FR", "CARTE X{n4} {day:%d/%m} {M} {place}"),
    "fr-paiement": Style("FR", "PAIEMENT PAR CARTE {M} {place} {day:%d/%m} {n6}"),
    "fr-transfer": Style("FR", "VIR SEPA RECU /DE {M} /MOTIF {a10} /REF {n12}"),
    "fr-soc": Style("FR", "PRELEVEMENT EUROPEEN {n10} DE: {M} ID: FR12ZZZ{n6} MOTIF: FACTURE {n8} MANDAT {a12}"),
    "be-card": Style(
        "BE",
        "PAIEMENT AVEC LA CARTE DE DEBIT NUMERO 4871 04XX XXXX {n4} {M} {place} {day:%d/%m/%Y}"
        " REFERENCE BANQUE : {n16} DATE VALEUR : {day:%d/%m/%Y}",
    ),
    # Spain, Portugal, Italy
    "es-card": Style("ES", "COMPRA TARJ. 5402XXXXXXXX{n4} {M}-{place}"),
    "es-receipt": Style("ES", "RECIBO {M} Nº RECIBO {n4} {n4} {n3} REF. MANDATO {a14}"),
    "pt-card": Style("PT", "COMPRA {n4} {M} {place} CONTACTLESS"),
    "it-sdd": Style("IT", "ADDEBITO SDD N. {n9} A FAVORE {M} CODICE MANDATO {a16}"),
    "it-pos": Style(
        "IT", "PAGAMENTO POS {M} {place} DEL {day:%d/%m/%y} ORE {time} CARTA *{n4} COD. AUTORIZZAZIONE {n6}"
    ),
    # Netherlands
    "nl-bea": Style("NL", "BEA, Betaalpas {M},PAS123 NR:{a6}, {day:%d.%m.%y}/{time} {place}"),
    "nl-trtp": Style(
        "NL",
        "/TRTP/SEPA Incasso algemeen doorlopend/CSID/NL{n2}ZZZ{n12}/NAME/{m}/MARF/{a10}/REMI/Factuur {n9}"
        "/IBAN/NL{n2}INGB{n10}/BIC/INGBNL2A/EREF/{n16}",
    ),
    "nl-ing": Style("NL", "Naam: {m} Omschrijving: {n10} IBAN: NL{n2}RABO{n10} Kenmerk: {a16} Machtiging ID: {a12}"),
    # Scandinavia and Finland
    "se-card": Style("SE", "Kortköp {day:%y%m%d} {M}"),
    "se-autogiro": Style("SE", "Autogiro {m} {n8}"),
    "no-card": Style("NO", "*{n4} {day:%d.%m} NOK {amount} {M} Kurs: 1.0000"),
    "no-goods": Style("NO", "Varekjøp {M} {place} Dato {day:%d.%m} kl. {dotted}"),
    "dk-card": Style("DK", "Dankort-nota {M} {n5}"),
    "fi-card": Style("FI", "KORTTIOSTO {day:%d.%m.} {M} {place}"),
    # Poland, Czechia
    "pl-card": Style(
        "PL",
        "PŁATNOŚĆ KARTĄ Lokalizacja: Adres: {M} Miasto: {place} Kraj: POLSKA Data i czas operacji: {day:%Y-%m-%d}"
        " {time} Numer karty: 425125******{n4}",
    ),
    "cz-purchase": Style("CZ", "Nákup: {M}, {place}, CZ, dne {day:%d.%m.%Y}, částka {amount} CZK"),
    "cz-collect": Style("CZ", "INKASO {M} VS {n10} KS 0558 SS {n6}"),
    # India
    "in-upi": Style("IN", "UPI-{M}-{n10}@okbank-HDFC0000001-{n12}-PAYMENT"),
    "in-upi-slash": Style("IN", "UPI/DR/{n12}/{M}/SBIN/{n10}@ok/Pay"),
    "in-ach": Style("IN", "ACH D- {M}-{a14}"),
    "in-pos": Style("IN", "POS 416012XXXXXX{n4} {M} {place}"),
    "in-neft": Style("IN", "NEFT CR-HDFC0000001-{M}-JOHN DOE-HDFCN{n15}"),
    # Australia
    "au-visa": Style("AU", "VISA PURCHASE CARD {n4} {M} {place} AUS Card xx{n4} Value Date: {day:%d/%m/%Y}"),
    "au-debit": Style("AU", "DIRECT DEBIT {n6} {M} {n10}"),
    "au-paypal": Style("AU", "PAYPAL *{M} {n10} AUS"),
    # Brazil, Mexico
    "br-pix": Style("BR", "PIX ENVIADO {M} {day:%d/%m}"),
    "br-card": Style("BR", "COMPRA CARTAO {day:%d/%m} {M} {place} BRA"),
    "mx-card": Style("MX", "COMPRA {M} {place} MX AUT: {n6} RFC: ABC{n6}XY{n1}"),
    # Japan, South Africa
    "jp-debit": Style("JP", "デビット {n6} {M}"),
    "za-card": Style("ZA", "POS Purchase {M} {n6}*{n4} {day:%d} {month}"),
}

PLACES = {
    "US": ("LOS GATOS CA", "AUSTIN TX", "NEW YORK NY", "SEATTLE WA", "CHICAGO IL"),
    "CA": ("TORONTO ON", "VANCOUVER BC"),
    "GB": ("LONDON", "MANCHESTER", "LEEDS"),
    "IE": ("DUBLIN",),
    "DE": ("BERLIN", "HAMBURG", "MUENCHEN", "KOELN"),
    "AT": ("WIEN", "GRAZ"),
    "CH": ("ZÜRICH", "BASEL"),
    "FR": ("PARIS", "LYON", "MARSEILLE"),
    "BE": ("BRUXELLES", "GENT"),
    "ES": ("MADRID", "BARCELONA"),
    "PT": ("LISBOA", "PORTO"),
    "IT": ("MILANO", "ROMA", "TORINO"),
    "NL": ("AMSTERDAM", "UTRECHT"),
    "SE": ("STOCKHOLM",),
    "NO": ("OSLO", "BERGEN"),
    "DK": ("KØBENHAVN",),
    "FI": ("HELSINKI", "TAMPERE"),
    "PL": ("WARSZAWA", "KRAKÓW"),
    "CZ": ("PRAHA", "BRNO"),
    "IN": ("MUMBAI", "PUNE", "BENGALURU"),
    "AU": ("SYDNEY", "MELBOURNE"),
    "BR": ("SAO PAULO", "RIO DE JANEIRO"),
    "MX": ("MEXICO", "MONTERREY"),
    "JP": ("TOKYO",),
    "ZA": ("JOHANNESBURG",),
}

# The groups that share a word are here to be kept apart.
MERCHANTS = (
    *("Lumora", "Zentrix", "Brillo", "Fennel", "Quandry", "Velvet", "Orchidia", "Tamarind", "Saltbox", "Pinewell"),
    *("Nordlys", "Kestrel", "Wobbegong", "Umbra", "Marzipan", "Ottoman", "Ixion", "Jubilee", "Harvestry", "Cobalt"),
    *("Green Valley Power", "Green Valley Water", "Green Valley Dental", "Green Valley", "Green Village Foods"),
    *("Silver Lake Gym", "Silver Lake Insurance", "Silver Lane Books", "Silver Lake", "Lake Silver Marina"),
    *("Northwind Energy", "Northwind Telecom", "Northwind Traders", "Northwind", "Northgate Energy"),
    *("Blue Kettle", "Blue Kettle Coffee", "Blue Kite", "Red Kettle", "Kettle & Blue"),
    *("Small Cap Fund 1", "Small Cap Fund 2", "Studio 54", "Studio 55", "Pier 7", "Pier 8", "Route 66 Diner"),
    *("7 Sisters Market", "9 Sisters Market", "1Keyring", "2Keyring", "24 Hour Muscle", "48 Hour Muscle", "4Paws"),
    *(
        "O3",
        "O4",
        "3 Cellular",
        "5 Cellular",
        "Home24",
        "Kids2Play",
        "Bet777",
        "V8 Motors",
        "V6 Motors",
        "B2C Partners",
    ),
    *("H&K", "H&L", "B&W Hardware", "Stone & Sons", "Stone & Daughters", "Salt & Pine", "Arthur & Co", "Dune and Sky"),
    *("Café Zélie", "Müller Optik", "Schönbrunn Apotheke", "Pâtisserie Élan", "Piñata Libre", "Øresund Strøm"),
    *("Žižka Knihy", "Łąka Zdrowia", "Ångström Lab", "Crèche Étoile", "São Bento Seguros", "Škola Jazyků Alfa"),
    *("McDoogal's", "Joe's Garage", "Annie's Attic", "O'Leary Plumbing", "Levi’s Yard", "Women's Circle"),
    *("Card Foundry", "Credit Garden", "Direct Lamp", "Cash Mill", "Point Breeze", "Check Harbor", "Transferly"),
    *("Payday Bakery", "Order Of The Owl", "Bank Of Willow", "Onlinea", "Mobile Meadow", "Store Of Wonders"),
    *("Mayflower Foods", "March Of Kindness", "April Flowers", "August Brewing", "June & Juno", "Dezember Verlag"),
    *("Octane Fuels", "Novelty Barn", "Marchetti", "Sept Iles Nautique", "Janssen Fietsen", "Decathlona"),
    *(
        "Paris Baguette House",
        "Berliner Luft Shop",
        "Londonderry Linen",
        "Chicago Crust",
        "Roma Pizza Bar",
        "Miami Juice",
    ),
    *("Delta Yoga", "Delta Dental", "Delta Drains", "Alpha Yoga", "Omega Yoga", "Yoga", "Yoga Loft", "Yoga Loft Kids"),
    *("Sunrise Health", "Sunrise Wealth", "Sunset Health", "Sundial Health Club", "Moonrise Health"),
    *("Acorn Rent", "Acorn Storage", "Acorn Prime", "Acorn Music", "Acorn Marketplace", "Acorn Web Services"),
    *("KFB", "DHM", "TJV", "PZN", "SNQF", "BHW Bausparen", "CVR Pharmacy", "WDR Kultur", "GMBX", "XPX"),
    *("Ivy", "Oak", "Elm", "Zoo", "Uno", "Aria Ltd", "Brix GmbH", "Corva AG", "Dalia S.p.A.", "Evora B.V."),
    *("Wal-Tex", "Coca-Mela", "Chick-In-Box", "Jean-Luc Fromages", "T-Fon", "E.ONE", "Dr. Tooth", "St. Bernard Vet"),
    *(
        "Riverbend Unified School District",
        "Holy Trinity Parish Church",
        "Society For Small Birds",
        "Friends Of The Fen",
    ),
    *("Waterworks Dunmore", "Stadtwerke Altenau", "Gaz De La Plaine", "Agua Clara", "Acqua Chiara", "Vattnet AB"),
    *("lumen.io", "Fjordnet.com", "skyroom.tv", "Papertrail.org", "inkwell.co.uk", "Streamette+", "Channel Plus"),
    *("Ola Fit", "Ola Fitness", "Ola", "Fit Ola", "Hilltop", "Hill Top Farm", "Top Hill", "Maple", "Maple Leaf"),
)

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ALPHABETS = {
    "n": string.digits,
    "a": string.ascii_uppercase + string.digits,
    "h": string.ascii_lowercase + string.digits,
    "l": "BCDFGHJKLMNPQRSTVWXZ",
}


class _Blanks(Mapping[str, object]):
    """What a template may ask for; every code is drawn anew."""

    def __init__(self, random: Random, style: Style, merchant: str, day: date) -> None:
        places = PLACES[style.country]
        self._random = random
        self._fixed: dict[str, object] = {
            "m": merchant,
            "M": merchant.upper(),
            "day": day,
            "month": _MONTHS[day.month - 1],
            "place": places[sum(map(ord, merchant)) % len(places)],
        }

    def __getitem__(self, blank: str) -> object:
        if blank in self._fixed:
            return self._fixed[blank]
        if blank in ("time", "dotted"):
            hour, minute = self._random.randrange(24), self._random.randrange(60)
            return f"{hour:02}{':' if blank == 'time' else '.'}{minute:02}"
        if blank == "amount":
            return f"{self._random.randrange(100, 20_000) / 100:.2f}"
        if blank == "rate":
            return f"{self._random.uniform(0.8, 1.4):.4f}"
        return "".join(self._random.choices(_ALPHABETS[blank[0]], k=int(blank[1:])))

    def __iter__(self) -> Iterator[str]:  # pragma: no cover  only Mapping asks for it
        return iter(self._fixed)

    def __len__(self) -> int:  # pragma: no cover  only Mapping asks for it
        return len(self._fixed)


def line(random: Random, style: str, merchant: str, day: date) -> str:
    """One charge of the merchant on that day as the bank of that style writes it."""
    form = STYLES[style]
    return form.template.format_map(_Blanks(random, form, merchant, day))


def spelling(merchant: str) -> str:
    """What two merchants must differ in to be two: letters, digits and `&`."""
    return "".join(character for character in folded(merchant) if character.isalnum() or character == "&")
