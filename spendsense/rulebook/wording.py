"""Advice and comparison in words that no list holds. Pure; texts are searched as `folding` spells them.

The phrase list is what compliance keeps; the patterns here find the same faults in other words.
"""

import re
from collections.abc import Iterator
from typing import Final

from spendsense.rulebook.folding import fold, fold_clauses
from spendsense.rulebook.types import Tone

# What may stand between the one who is spoken to and what is asked: `you, of course, should`.
_BETWEEN: Final = (
    r"(?: (?:\w+ly|also|just|still|never|always|now|then|too|both|all|do|please|perhaps|maybe|indeed|first|might|may"
    r"|of course|in fact|at least|as well|no doubt|in any case|after all|for sure|for one)){0,3}"
)
_OUGHT: Final = (
    r"(?:should|shouldn't|must|mustn't|ought|oughtn't|need to|needn't|have to|had better|'d better"
    r"|(?:will|would|may|might|'ll|'d) (?:want|do well|be wise|be smart|be well advised) to|are (?:well )?advised to"
    r"|are better off|would be better off)"
)
_GOOD: Final = (
    r"(?:best|better|wise|wiser|smart|smarter|sensible|prudent|advisable|recommended|advised|suggested|high time|time"
    r"|a (?:good|great|smart|wise) (?:idea|move|step|choice))"
)
# A text tells what is so. It does not tell anybody what to do, nor say what "we" think of a product.
_ADVICE: Final = re.compile(
    rf"\b(?:you|one|everyone|everybody|anyone|anybody|people)(?:'ll| will| would| are going to)?{_BETWEEN} {_OUGHT}\b"
    r"|\byou'(?:d|ll) (?:better|want to|do well to|be wise to)\b"
    r"|\b(?:should|shouldn't|must|mustn't) you\b"
    r"|\b(?:we|i|(?:our )?experts?)(?:'d)?(?: \w+ly| would| also| do)*"
    r" (?:recommend|advise|suggest|urge|encourage)\b"
    rf"|\b(?:it is|it's|it (?:would|will|may|might|could) be|it'(?:d|ll) be)(?: \w+ly| also| much| always)* {_GOOD}"
    r" (?:for (?:you|everyone) )?(?:to|that)\b"
    r"|\bit (?:makes|would make) sense (?:for you )?to\b|\bit pays to\b"
    r"|\bthe (?:best|smartest|wisest) \w+ (?:is|would be) to\b"
    r"|\b(?:is|are) (?:\w+ly )?(?:recommended|advised|urged) (?:for you|to)\b"
    r"|\b(?:our|my) (?:advice|recommendation|suggestion|tip)\b|\bwhy not (?!every\b)\w+ (?:it|them|this|your|the)\b"
)
_ITS_OBJECT: Final = (
    r"(?:your|yours|the|it|its|this|that|these|those|them|all|any|each|every|both|some|one|ones|a|an|half|unused|old"
    r"|what|whatever|whichever|everything|nothing|no|more|less|extra|at least|as much|as little|now|today)"
)
_OPENERS: Final = (
    r"(?:(?:then|so|now|please|first|next|second|third|just|instead|better|also|today|never|always|don't"
    r"|do not|do|go ahead and|go and|let's|let us|\w+ly)(?: ,)? )*"
)
# At the beginning of a clause, or behind one that sets a condition, and so addressed to the reader. `Pay comes`,
# `Transfer is free` and `Open accounts` are nouns and no commands: an object has to follow a word that may be one.
_COMMAND: Final = re.compile(
    r"^(?:(?:if|when|whenever|once|unless|since|because|to|while|until|before|instead of|rather than)\b[^\n]*? , )?"
    rf"(?:(?:and|but|or)(?: ,)? )?{_OPENERS}"
    r"(?:(?:buy|sell|invest|apply|sign up|enroll|enrol|refinance|consolidate|switch|subscribe|unsubscribe"
    r"|opt in|opt out)(?: (?!is\b|are\b|was\b|or\b|and\b|means\b|,)|$)"
    r"|(?:pay|repay|prepay|cancel|drop|ditch|end|stop|close|open|borrow|transfer|move|save|spend|cut|lower|reduce|raise"
    rf"|increase|put|keep|get|take|choose|pick|use|avoid|shift|withdraw|deposit|ask for|order|freeze) {_ITS_OBJECT}\b"
    r"|(?:pay|cut) (?:off|down|back|up)\b|cancel (?:subscriptions?|memberships?|cards?|plans?)\b|get rid of\b"
    r"|set (?:\w+ )?aside\b|make (?:a|the|your|an extra|extra|larger|higher) payments?\b"
    r"|(?:high )?time to\b|better to\b"
    r"|(?:stop|avoid|quit|start|begin) (?:paying|buying|spending|using|borrowing|saving|investing)\b)",
    re.MULTILINE,
)
_OTHERS: Final = (
    r"(?:people|persons|customers|consumers|clients|users|members|households|families|savers|borrowers|earners|spenders"
    r"|americans|adults|cardholders|card holders|account holders|account owners|homeowners|renters|taxpayers|investors"
    r"|shoppers|workers|peers|neighbors|neighbours|folks|men|women|students|parents|retirees|millennials)"
)
_ONE_OF_THEM: Final = (
    r"(?:person|customer|consumer|client|user|member|household|family|saver|borrower|earner|spender|american|adult"
    r"|cardholder|investor|homeowner|renter|shopper|worker)"
)
_WHOSE: Final = r"(?:most|many|other|average|typical|similar|all)"
_MORE: Final = r"(?:more|less|fewer|lower|higher|better|worse|bigger|smaller|faster|slower|earlier|later|sooner)"
_COUNT: Final = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twenty|a hundred|hundred|half|most|few)"
_SHARE: Final = r"\d+(?:[.,]\d+){0,4} (?:%|percent|per cent|pct)"
# Nobody is measured against others, by word or by rank.
_COMPARISON: Final = re.compile(
    rf"\b(?:than|compared (?:to|with)|unlike|next to|versus|vs) (?:the )?{_WHOSE}(?: \w+)? {_OTHERS}\b"
    r"|\b(?:than|compared (?:to|with)|unlike|as (?:\w+ )?as) "
    r"(?:others|everyone|everybody|anyone|anybody|your peers|the rest|average)\b"
    rf"|\bas (?:\w+ )?as (?:(?:most|many|other|all|the other) )?{_OTHERS}\b|\bunlike you\b"
    rf"|\bthan (?:{_SHARE}|\w+ (?:out of|in) \w+)(?: of)?(?: the| all)? {_OTHERS}\b"
    rf"|\b(?:{_SHARE}|(?:two|three) (?:thirds|quarters|fifths)|{_COUNT} (?:out of|in|of)(?: every)? {_COUNT})"
    rf"(?: of)?(?: the| all| our| other| us)* {_OTHERS}\b"
    rf"|\b{_OTHERS} (?:like you|(?:of|at) your (?:age|income)|in your (?:area|town|state|situation|position))\b"
    rf"|\b(?:the|an?) (?:average|typical) {_ONE_OF_THEM}\b"
    rf"|\b(?:most|many|other|few|all|the majority of|half of|average|typical)(?: of)?(?: the| our| other)* {_OTHERS}"
    rf"(?: \w+){{0,5}} {_MORE}\b"
    rf"|\b(?:others|everyone else|everybody else|other {_OTHERS}|{_OTHERS})(?: \w+){{0,6}} than you\b"
    r"|\bthan (?:yours|you(?: do| did| are| have| can| ever)?)$"
    r"|\b(?:above|below|under|over|beyond|than|near|beats?|exceeds?|compared (?:to|with)) (?:the|a|an)(?: \w+)?"
    r" (?:average|norm)\b"
    r"|\b(?:national|state|local|regional|country's|nation's|us|u s) (?:average|norm|median|mean)\b"
    r"|\b(?:top|bottom) (?:\d+ (?:%|percent|per cent)|half|third|quarter|tenth)(?!\w)",
    re.MULTILINE,
)


def faults_of_words(text: str, tone: Tone) -> Iterator[str]:
    """What is wrong with the words: phrases of the list, then advice and comparison in other words, once each."""
    return joined(tone.faults(text), in_other_words(text))


def joined(of_list: tuple[str, ...], others: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The faults that the list finds, then the kinds that it does not find."""
    yield from of_list
    for kind, words in others:
        if not any(known.startswith(kind) for known in of_list):
            yield f'{kind}: "{words}"'


def in_other_words(text: str) -> tuple[tuple[str, str], ...]:
    """Advice and comparison, the first of each, with the words that are it."""
    folded = fold(text)
    advice = _ADVICE.search(folded) or _COMMAND.search(fold_clauses(text))
    found = (("advice", advice), ("comparison", _COMPARISON.search(folded)))
    return tuple((kind, " ".join(match.group().split())) for kind, match in found if match)
