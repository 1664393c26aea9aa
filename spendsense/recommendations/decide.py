"""What is to change in one person's recommendations, and why. Pure: nothing is read or written here."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final

from spendsense.errors import Conflict, NotFound
from spendsense.recommendations import choose, guardrails, rationale
from spendsense.recommendations.choose import Refusal
from spendsense.recommendations.eligibility import Check, check_offer, passes, too_old_on
from spendsense.recommendations.rationale import Rendered
from spendsense.recommendations.types import (
    Decision,
    Ending,
    Issue,
    Item,
    Person,
    Replaced,
    Row,
    catalog,
    disclosure_of,
    kind_of,
)
from spendsense.rulebook.load import INSUFFICIENT_HISTORY
from spendsense.rulebook.types import EducationItem, Offer, Rulebook
from spendsense.store.statuses import Reason, Status

_OTHER_CAME_FIRST: Final = "another item came first"
_REASON_OF: Final = {
    Refusal.NO_TRIGGER: Reason.TRIGGER_GONE,
    Refusal.UNSAYABLE: Reason.FIGURE_UNKNOWN,
    Refusal.RESTING: Reason.OTHER_CAME_FIRST,
}


def decide(person: Person, rulebook: Rulebook, as_of: date) -> Decision:
    """The changes that bring the stored rows to what fits now. With nothing to change it is empty."""
    return _Desk(person, rulebook, as_of).decide()


def replace(person: Person, rulebook: Rulebook, as_of: date, replaced: Replaced) -> Decision:
    """An operator's choice: one live row ends and another item of its kind takes its place, or none does.

    Raises NotFound when the row is not live, and Conflict for an item that the person may not be shown: every condition
    of the rulebook holds for operators too.
    """
    return _Desk(person, rulebook, as_of).replace(replaced)


class _Desk:
    """One decision in the making."""

    def __init__(self, person: Person, rulebook: Rulebook, as_of: date) -> None:
        self.person = person
        self.rulebook = rulebook
        self.as_of = as_of
        self.decision = Decision()
        self.items = catalog(rulebook)
        self.live = {row.item_id: row for row in person.rows if row.ended_on is None}
        self.rests_until = self._rests()
        self.rendered: dict[str, Rendered | None] = {}
        self.faults: dict[str, list[str]] = {}  # item → what its texts failed, found just now

    def decide(self) -> Decision:
        self._end_expired()
        self._end_outdated()
        education = self._choose_education()
        offers = self._choose_offers()
        self._settle("education", education)
        self._settle("offer", offers)
        self.decision.revisit_on = self._revisit_on()
        return self.decision

    def replace(self, replaced: Replaced) -> Decision:
        row = next((row for row in self.live.values() if row.recommendation_id == replaced.recommendation_id), None)
        if row is None:
            raise NotFound("There is no such recommendation that is live.")
        if replaced.by_item is not None:
            item = self._allowed(replaced.by_item, row.kind)
            self._issue(row.kind, item, max(row.position, 1), (Status.ACTIVE, Reason.CHOSEN))
        self._end(row, Status.OVERRIDDEN, replaced.code, "an operator's choice")
        return self.decision

    def _allowed(self, item_id: str, kind: str) -> Item:
        """The item, if the person may be shown it now. Raises Conflict that says why not."""
        item = self.items.get(item_id)
        if item is None or kind_of(item) != kind:
            raise Conflict(f"There is no such item of {kind} in the rulebook.")
        if item_id in self.live:
            raise Conflict("The person has this item already.")
        self._choose_education()
        self._choose_offers()
        if not self._still_fits(item):
            reason = "not eligible" if isinstance(item, Offer) else self._refusal(item)
            raise Conflict(f"This item can't be shown to the person: {reason}.")
        if self._check(item):
            raise Conflict(f"The item's text does not pass: {'; '.join(self.faults[item_id])}.")
        return item

    def _rests(self) -> dict[str, date]:
        """Item → first day on which it may return."""
        rest = timedelta(days=self.rulebook.limits.rest_days)
        rests: dict[str, date] = {}
        for row in self.person.rows:
            if row.ended_on is not None and row.ended_on + rest > self.as_of:
                rests[row.item_id] = max(row.ended_on + rest, rests.get(row.item_id, row.ended_on))
        return rests

    def _end_expired(self) -> None:
        for row in [row for row in self.live.values() if row.expires_on <= self.as_of]:
            reason = f"shown for {self.rulebook.limits.expires_after_days} days"
            self._end(row, Status.EXPIRED, Reason.TIME_OVER, reason)
            self.rests_until[row.item_id] = self.as_of + timedelta(days=self.rulebook.limits.rest_days)

    def _end_outdated(self) -> None:
        """A text that changed in the rulebook is issued anew; one that left it goes."""
        for row in list(self.live.values()):
            item = self.items.get(row.item_id)
            if item is None or item.fingerprint != row.fingerprint:
                self._end(row, Status.SUPERSEDED, Reason.RULEBOOK_CHANGED, "the rulebook changed")

    def _end(self, row: Row, status: Status, code: Reason, reason: str) -> None:
        self.decision.endings.append(Ending(row.recommendation_id, Status(row.status), status, code, reason))
        del self.live[row.item_id]

    def _resting(self) -> Collection[str]:
        return self.rests_until.keys() - self.live.keys()

    def _choose_education(self) -> list[EducationItem]:
        """Chosen anew until no text among the chosen fails its checks; those that fail are held beside them."""
        found = choose.candidates(
            self.rulebook.education,
            self.person.persona or INSUFFICIENT_HISTORY,
            self.person.signals,
            lambda item: self._render(item) is not None,
            {item_id: row.position for item_id, row in self.live.items()},
            self._resting(),
            self.person.seen_on,
        )
        while True:
            usable = [candidate for candidate in found if not self._is_held(candidate.item)]
            chosen = choose.choose(usable, self.rulebook.limits)
            if not [item for item in chosen if self._check(item)]:
                self.decision.candidates = found
                return chosen

    def _choose_offers(self) -> list[Offer]:
        """The offers that pass all checks, those that are shown already first; none without consent."""
        if self.person.offers_until is None:
            return []
        chosen = []
        offers = sorted(self.rulebook.offers, key=self._place)
        resting = self._resting()
        for offer in offers:
            checks = (
                *check_offer(offer, self.person.persona, self.person.signals, self.person.circumstances, self.as_of),
                Check("figures known", None, "==", True, None, self._render(offer) is not None),
                Check("not ended or dismissed lately", None, "==", True, None, offer.item_id not in resting),
            )
            self.decision.offer_checks.append((offer.item_id, checks))
            if passes(checks) and not self._is_held(offer) and not self._check(offer):
                chosen.append(offer)
        return chosen[: self.rulebook.limits.offers_max]

    def _place(self, item: Item) -> tuple[bool, int]:
        """What is live comes first and keeps its place; the rest stays as in the rulebook."""
        row = self.live.get(item.item_id)
        return row is None, row.position if row else 0

    def _render(self, item: Item) -> Rendered | None:
        if item.item_id not in self.rendered:
            signals = self.person.signals
            card = rationale.choose_card(signals.cards, item.card)
            self.rendered[item.item_id] = rationale.render(
                item.rationale, signals, card, self.as_of, self.rulebook.vocabulary
            )
        return self.rendered[item.item_id]

    def _is_held(self, item: Item) -> bool:
        row = self.live.get(item.item_id)
        return item.item_id in self.faults or (row is not None and row.status == "held")

    def _check(self, item: Item) -> list[str]:
        """The faults of the item's finished texts, remembered when there are any. What is live has passed."""
        if item.item_id in self.live:
            return []
        rendered = self._render(item)
        assert rendered is not None  # an item whose figures are not known is no candidate
        found = guardrails.check(
            guardrails.Texts(
                kind_of(item), item.title, rendered.text, item.content, disclosure_of(item, self.rulebook)
            ),
            self._figures(item),
            self.rulebook.tone,
            self.rulebook.disclosures,
            self.rulebook.vocabulary,
        )
        if found:
            self.faults[item.item_id] = found
        return found

    def _figures(self, item: Item) -> guardrails.Figures:
        """The signals behind the item's sentence, as they are measured."""
        signals = self.person.signals
        card = rationale.choose_card(signals.cards, item.card)
        names = rationale.names_in(item.rationale)
        values = {name: rationale.value_of(name, signals, card, self.as_of) for name in names}
        return guardrails.Figures(item.rationale, values, signals.coverage.currency)

    def _settle(self, kind: str, chosen: Iterable[Item]) -> None:
        """Ends what is live and not chosen, moves what stays, issues what is new and what failed its checks."""
        places = {item.item_id: position for position, item in enumerate(chosen, start=1)}
        new = {item_id: position for item_id, position in places.items() if item_id not in self.live}
        failed = [item_id for item_id in self.faults if kind_of(self.items[item_id]) == kind]
        for row in [row for row in self.live.values() if row.kind == kind]:
            self._settle_row(row, places.get(row.item_id))
        for item_id, position in (*new.items(), *((item_id, 0) for item_id in failed)):
            self._issue(kind, self.items[item_id], position)

    def _settle_row(self, row: Row, position: int | None) -> None:
        item = self.items[row.item_id]
        if position is None and not (row.status == "held" and self._still_fits(item)):
            self._end(row, *self._why_ended(item))
        elif position is not None and position != row.position:
            self.decision.moves.append((row.recommendation_id, position))

    def _still_fits(self, item: Item) -> bool:
        if isinstance(item, Offer):
            return self.person.offers_until is not None and self._offer_passes(item)
        return self._refusal(item) is None

    def _why_ended(self, item: Item) -> tuple[Status, Reason, str]:
        """Status, code and reason for a live item that was not chosen again."""
        if isinstance(item, Offer):
            if self.person.offers_until is None:
                return Status.SUPERSEDED, Reason.CONSENT_ENDED, "no live consent to offers"
            if not self._offer_passes(item):
                return Status.EXPIRED, Reason.NOT_ELIGIBLE, "not eligible"
        else:
            refusal = self._refusal(item)
            if refusal is not None:
                return Status.EXPIRED, _REASON_OF[refusal], refusal
        return Status.SUPERSEDED, Reason.OTHER_CAME_FIRST, _OTHER_CAME_FIRST

    def _refusal(self, item: Item) -> Refusal | None:
        return next(found.refusal for found in self.decision.candidates if found.item.item_id == item.item_id)

    def _offer_passes(self, offer: Offer) -> bool:
        return any(item_id == offer.item_id and passes(checks) for item_id, checks in self.decision.offer_checks)

    def _issue(self, kind: str, item: Item, position: int, by_hand: tuple[Status, Reason] | None = None) -> None:
        rendered = self._render(item)
        assert rendered is not None  # it was chosen, or its finished text failed
        faults = self.faults.get(item.item_id)
        card = rationale.choose_card(self.person.signals.cards, item.card)
        status, code = by_hand or self._first_status(item)
        self.decision.issues.append(
            Issue(
                item=item,
                kind=kind,
                position=position,
                status=status,
                code=code,
                reason="; ".join(faults) if faults else None,
                rendered=rendered,
                card_account_id=card.account_id if card else None,
            )
        )

    def _first_status(self, item: Item) -> tuple[Status, Reason]:
        """Held when a text failed; else approval is waited for when the stage or the item asks for it."""
        if item.item_id in self.faults:
            return Status.HELD, Reason.TEXT_FAILED
        if "approval" in (item.delivery, self.person.delivery):
            return Status.PENDING_APPROVAL, Reason.AWAITS_APPROVAL
        return Status.ACTIVE, Reason.CHOSEN

    def _revisit_on(self) -> date:
        """The earliest expiry of what is live or new, end of a rest, or day after offers consent or its data ends."""
        days = [row.expires_on for row in self.live.values()]
        days += self.rests_until.values()
        days.append(self.as_of + timedelta(days=self.rulebook.limits.expires_after_days))
        if self.person.offers_until is not None:
            days.append(self.person.offers_until + timedelta(days=1))
            offers = (offer for offer in self.rulebook.offers if self._offer_passes(offer))
            days += [day for offer in offers if (day := too_old_on(offer, self.person.circumstances))]
        return min(day for day in days if day > self.as_of)
