"""The catalog's education items, and what they have in common with offers. Each is checked as it is read."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final, cast, get_args

from spendsense.rulebook.criteria import CriterionReader
from spendsense.rulebook.entry import Entry
from spendsense.rulebook.texts import TextReader
from spendsense.rulebook.types import WINDOW_DAYS, CardChoice, Delivery, EducationItem, Signal

CARD_CHOICES: Final = get_args(CardChoice)
VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
AMOUNT: Final = ":amount"  # {card.balance_cents:amount} says the amount without its currency
CONTENT_WORDS: Final = (150, 400)
_MARKS: Final = ",;.:!?()\"'"
# Said as days, or where no unit follows: `From 30 days on`, `until there are 30, the figures`.
_DAYS_OF_WINDOW: Final = re.compile(rf"(?<!\S)\(?(?:{'|'.join(map(str, WINDOW_DAYS))})(?:\s+days\b|[,;.:!?)]+(?!\S))")
_ID: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_MOST_OF_ID: Final = 80  # it stands in an index of the database
_UNSPEAKABLE: Final = ("flag",)  # units that have no wording of their own


def own_figures(template: str) -> tuple[str, ...]:
    """What the template itself says in figures, and no signal: `12`, `½`, `30 %`. The days of a window may be said."""
    literal = VARIABLE.sub(" ", template)
    return tuple(
        word.strip(_MARKS)
        for word in _DAYS_OF_WINDOW.sub(" ", literal).split()
        if any(letter.isnumeric() for letter in word)
    )


class Ids:
    """The ids of the whole rulebook: personas, education and offers share one set, so that none is mistaken."""

    def __init__(self, reserved: str) -> None:
        self._taken = {reserved}

    def read(self, entry: Entry) -> str:
        """The entry's id: small letters, digits, hyphens; nobody else's."""
        name = entry.text("id")
        if name in self._taken:
            entry.fault("id", f"'{name}' stands twice in the rulebook.")
        elif name and not _ID.fullmatch(name):
            entry.fault("id", f"'{name}' is more than small letters, digits and hyphens.")
        elif len(name) > _MOST_OF_ID:
            entry.fault("id", f"must have at most {_MOST_OF_ID} characters.")
        self._taken.add(name)
        return name


class ItemReader:
    """Reads what education and offers both have: id, personas, the template of the rationale, card, delivery."""

    def __init__(
        self, vocabulary: Mapping[str, Signal], texts: TextReader, personas: tuple[str, ...], ids: Ids
    ) -> None:
        self.texts = texts
        self.ids = ids
        self._vocabulary = vocabulary
        self._personas = personas

    def personas(self, entry: Entry) -> tuple[str, ...]:
        """The personas that the entry names; unknown ones are left out."""
        for persona in (named := entry.texts("personas")):
            if persona not in self._personas:
                entry.fault("personas", f"'{persona}' is not a persona of personas.toml.")
        return tuple(persona for persona in named if persona in self._personas)

    def place(self, item: EducationItem) -> int:
        """Where the first of the item's personas stands in personas.toml; general items come last."""
        return min((self._personas.index(persona) for persona in item.personas), default=len(self._personas))

    def rationale(self, entry: Entry) -> str:
        """The template. It holds at least one figure, and each of its variables is one that a text can say."""
        template = self.texts.text(entry, "rationale")
        variables = VARIABLE.findall(template)
        if template and not any(self._is_figure(variable.removesuffix(AMOUNT)) for variable in variables):
            entry.fault("rationale", "holds no figure of the person's own.")
        if re.search(r"[{}]", VARIABLE.sub("", template)):
            entry.fault("rationale", "holds a brace that stands alone.")
        for figure in own_figures(template):
            entry.fault("rationale", f"holds '{figure}', a figure that no signal gives.")
        for variable in variables:
            name = variable.removesuffix(AMOUNT)
            unit = self._vocabulary[name].unit if name in self._vocabulary else "flag"
            if unit in _UNSPEAKABLE or (name != variable and unit != "cents"):
                entry.fault("rationale", f"{{{variable}}} is not a variable that a signal gives.")
        of_card = [variable for variable in variables if variable.startswith("card.")]
        if of_card and not entry.has("card"):
            entry.fault("card", f"is missing: {{{of_card[0]}}} needs to know which card.")
        return template

    def _is_figure(self, name: str) -> bool:
        return name in self._vocabulary and not name.startswith("window.") and self._vocabulary[name].unit != "text"

    def card(self, entry: Entry) -> CardChoice | None:
        """Which card the rationale speaks of."""
        return cast(CardChoice, entry.choice("card", CARD_CHOICES)) if entry.has("card") else None

    def delivery(self, entry: Entry) -> Delivery:
        """Shown at once, or only after an operator's approval."""
        return cast(Delivery, entry.choice("delivery", get_args(Delivery), "auto"))

    def fingerprint(self, entry: Entry) -> str:
        """A hash of everything that the entry says, 16 hex digits."""
        canonical = json.dumps(entry.data, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read_education(files: list[Entry], items: ItemReader, criteria: CriterionReader) -> tuple[EducationItem, ...]:
    """The items of all files: those of the first persona first, then as the files are named, then as in them."""
    read = []
    for file in files:
        read += [_item(entry, items, criteria) for entry in file.entries("item")]
        file.finish()
    return tuple(sorted(read, key=items.place))


def _item(entry: Entry, items: ItemReader, criteria: CriterionReader) -> EducationItem:
    item = EducationItem(
        item_id=items.ids.read(entry),
        title=items.texts.title(entry, "title"),
        topic=entry.text("topic"),
        personas=items.personas(entry) if entry.has("personas") else (),
        when=criteria.group(entry.entry("when"), criteria.origin(entry)),
        card=items.card(entry),
        rationale=items.rationale(entry),
        content=_content(entry, items.texts),
        delivery=items.delivery(entry),
        fingerprint=items.fingerprint(entry),
    )
    entry.finish()
    return item


def _content(entry: Entry, texts: TextReader) -> str:
    content = texts.text(entry, "content")
    fewest, most = CONTENT_WORDS
    if content and not fewest <= len(content.split()) <= most:
        entry.fault("content", f"has {len(content.split())} words; it must have {fewest} to {most}.")
    if VARIABLE.search(content):
        entry.fault("content", "holds a variable; figures belong in the rationale.")
    return content
