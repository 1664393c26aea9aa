"""The part of a statement line that names the other side, for lines that are made of fields. Pure.

`/NAME/…/REMI/…`, `SVWZ+…`, `ORIG CO NAME:…`, `… DES:… INDN:…`, `Naam: … Kenmerk: …`, `UPI-name-handle-bank-number`.
All text is folded.
"""

import re

FIELD_END = ";;"  # stands between fields that are read as one text

_NAME, _TEXT, _PERSON, _CODE = "name", "text", "person", "code"
_LABELS = {
    label.strip(): kind
    for kind, labels in (
        (
            _NAME,
            "orig co name, co name, company name, merchant, merchant name, payee, payee name, beneficiary,"
            " beneficiary name, creditor, creditor name, counterparty, counterparty name, sender, recipient, paid"
            " to, to, from, name, benm, ordp, abwa, abwe, auftraggeber, empfanger, auftraggeber/empfanger,"
            " zahlungsempfanger, begunstigter, absender, handler, de, ben, pour, nom, chez, beneficiaire,"
            " creancier, beneficiario, ordenante, comercio, establecimiento, favorecido, nome, estabelecimento,"
            " destinatario, ordinante, mitt, benef, creditore, esercente, presso, favore di, naam, naam"
            " tegenpartij, tegenpartij, begunstigde, opdrachtgever, nazwa, nazwa odbiorcy, nazwa nadawcy,"
            " odbiorca, nadawca, adres, prijemce, obchodnik, obchod, nakup, nazev protiuctu, odesilatel,"
            " mottagare, betalningsmottagare, avsandare, mottaker, modtager, afsender, til, fra, saaja, an, von,"
            " da",
        ),
        (
            _TEXT,
            "des, desc, descr, description, co entry descr, memo, note, message, remarks, remi, svwz,"
            " verwendungszweck, buchungstext, betreff, mitteilung, mitteilungen, motif, lib, libelle, objet,"
            " communication, communicatie, mededeling, omschrijving, concepto, observaciones, causale, tytul,"
            " tytulem, popis, zprava, zprava pro prijemce, poznamka, meddelande, besked, melding, viesti, miasto,"
            " kraj, lokalizacja, city, country, town, ort, plaats, ville, localita",
        ),
        (_PERSON, "indn, ind name, ultd, ultb, debitor"),
        (
            _CODE,
            "id, orig id, ind id, co id, web id, ppd id, id emetteur, machtiging id, incassant id, creditor id,"
            " mandate id, sec, trace#, trace, eed, trn, desc ref, reference, referenz, referentie,"
            " referencia, reference banque, kref, eref, mref, cred, end-to-end-ref, mandat, mandatsref,"
            " mandatsreferenz, mandate, mandato, rum, glaubiger-id, glaeubiger-id, csid, marf, trtp, rtyp, purp,"
            " isdt, swod, ntav, coam, oamt, debt, iban, bic, blz, kto, kto/iban, kenmerk,"
            " machtiging, incassant, ics, date valeur, value auth, authorisation, authorization, aut,"
            " rfc, vs, ks, ss, refdo, refben, cpt, crn, tid, rrn, utr, data operacji, data i czas operacji,"
            " numer karty, oryginalna kwota operacji, conf, nr, "
            " betaalpas",
        ),
    )
    for label in labels.split(",")
}
_LABEL_ENDS = frozenset(label.rpartition(" ")[2] for label in _LABELS)
_LONGEST_LABEL = 5  # words
# The same labels in the writing of SWIFT and of SEPA: `/NAME/Ivy/REMI/…`, `/DE IVY /MOTIF …` and `SVWZ+…`.
_SLASHED = re.compile(
    r"\s?/{1,2}(name|remi|marf|csid|iban|bic|eref|trtp|benm|ordp|swod|purp|isdt|rtyp|de|motif|ref|ben|refben|refdo|lib|rum"
    r"|id|nom|pour|mandat)\b[/ ]{1,2}(?![/:])"
)
_PLUSSED = re.compile(r"\b([ekm]ref|cred|debt|svwz|abw[ae]|iban|bic|coam|oamt|purp|ntav)\+")
# "…, Ihr Einkauf bei IVY": what a wallet writes of the seller.
_BOUGHT_AT = ("einkauf bei ", "achat chez ", "acquisto presso ", "aankoop bij ", "compra en ")
_SOLD_BY = re.compile(r"\bdes: ?inst xfer id: ?(?=[a-z])")  # the same where a wallet writes it in place of a code

# India's: how it was paid, then fields between hyphens or slashes.
_RAIL = re.compile(r"(?:upi|imps|neft|rtgs|nach|ecs|mmt|bil|inb|ach [dc])(?: ?(?:cr|dr|in|out))?\s?[-/]")
_RAIL_SIGN = re.compile(r"\s*([-/])\s*")
_NO_CODE = re.compile(r"[^\d@]+")
_MOST_FIELDS = 25  # and the signs between them
_TOWN = re.compile(r"//[^/]+/[a-z]{2}\b")


def naming_fields(text: str) -> list[str]:
    """The texts that may name the other side, best first; the last is what to take when none of the others does.

    Of labels: what those say that name, then what stands outside of free texts, then the free texts, then all of it.
    """
    if "//" in text:
        text = _TOWN.sub(" ", text)
    if _RAIL.match(text):
        return [*_rail_fields(text), text]
    text = _with_colons(text)
    values = _labelled(text) if ":" in text else {}
    if sum(map(len, values.values())) < 2:
        return [text]
    outside = [_after_code(value) for value in values[_CODE]]
    return [*values[_NAME], f" {FIELD_END} ".join(outside), " ".join(values[_TEXT]), text]


def free_text(text: str) -> str:
    """What the labels of free texts say: what is paid for. "" where there is none."""
    text = _with_colons(text)
    return " ".join(_labelled(text)[_TEXT]) if ":" in text else ""


def _with_colons(text: str) -> str:
    """The text with every label as `label: value`."""
    for phrase in _BOUGHT_AT:
        if phrase in text:
            text = text.replace(phrase, " name: ")
    if "xfer" in text:
        text = _SOLD_BY.sub(" name: ", text)
    if "/" in text:
        text = _SLASHED.sub(r" \1: ", text)
    if "+" in text:
        text = _PLUSSED.sub(r" \1: ", text)
    return text


def _labelled(text: str) -> dict[str, list[str]]:
    """The values by what their labels are for."""
    pieces = text.split(":")
    values: dict[str, list[str]] = {_NAME: [], _TEXT: [], _PERSON: [], _CODE: []}
    kind, value = _CODE, "- "  # the words before the first label, as if a code had gone before them
    for piece in pieces[:-1]:
        label = _label_at_end(piece)
        if label:
            values[kind].append(value + piece[: piece.rindex(label)])
            kind, value = _LABELS[label], ""
        else:
            value += piece + ":"
    values[kind].append(value + pieces[-1])
    return values


def _label_at_end(text: str) -> str:
    """The longest label that the text ends with; "" without one."""
    words = text.rstrip(" .").rsplit(" ", _LONGEST_LABEL)[-_LONGEST_LABEL:]
    last = words[-1].rpartition("/")[2].rpartition(",")[2]
    if last not in _LABEL_ENDS:
        return ""
    words[0] = words[0].rpartition(",")[2]
    for first in range(len(words)):
        label = " ".join(words[first:])
        if label in _LABELS:
            return label
    return last if last in _LABELS else ""


def _after_code(value: str) -> str:
    """A code goes with its label, also one of letters alone."""
    return value.lstrip().partition(" ")[2]


def _rail_fields(text: str) -> list[str]:
    """Each field in turn; one word before a hyphen goes on in the next field: `UPI-COCA-MELA-…`."""
    fields = _RAIL_SIGN.split(text)[:_MOST_FIELDS]
    names = []
    for at in range(2, len(fields), 2):
        name = last = fields[at]
        for sign, more in zip(fields[at + 1 :: 2], fields[at + 2 :: 2], strict=False):
            if sign != "-" or not last.isalpha() or not _NO_CODE.fullmatch(more):
                break
            name, last = f"{name} {more}", more
        names.append(name)
    return names
