"""Evaluates the people of one shard in the caller's transaction, which is taken back: it measures for other days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.evaluation import people as stored
from spendsense.evaluation.explain import Named, explain
from spendsense.evaluation.fairness import GroupCounts, group_of
from spendsense.evaluation.items import ActiveItem
from spendsense.evaluation.known import is_covered
from spendsense.evaluation.people import Holder
from spendsense.evaluation.result import Evaluation, Fault
from spendsense.evaluation.rules import faults_of_words, irrelevance
from spendsense.evaluation.shares import Share
from spendsense.evaluation.stability import count_flips, personas_of_a_week
from spendsense.pipeline.preview import bring_to
from spendsense.recommendations.kept import made_by
from spendsense.recommendations.reading import read_people
from spendsense.recommendations.types import Person
from spendsense.rulebook.types import Disclosures, Rulebook
from spendsense.signals import read
from spendsense.signals.types import UserSignals
from spendsense.store.session import raw_cursor


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: for which day, at which moment, by which rulebook, in which groups."""

    as_of: date
    at: datetime
    rulebook: Rulebook
    groups: Mapping[str, str] | None  # email or id → group; None: not asked by group


@dataclass(slots=True)
class Shard:
    """The people with data of one shard, what they are shown, and what is known of them on the day."""

    holders: dict[UUID, Holder]
    items: dict[UUID, list[ActiveItem]]
    people: dict[UUID, Person]  # those who are measured and named
    standing: dict[UUID, frozenset[Named]]  # of items whose person's data changed after the decision
    disclosures: dict[str, Disclosures]  # rulebook version → its own


def evaluate_shard(
    session: Session, user_ids: Sequence[UUID], question: Question, found: Evaluation, by_group: GroupCounts
) -> None:
    """Adds these people to what was found. The caller holds their rows of `users`."""
    measured = bring_to(session, user_ids, question.as_of)
    found.left_out += sorted(map(str, {*user_ids} - {*measured}))
    shard = _read(session, measured, question)
    for holder in shard.holders.values():
        _judge(holder, shard, question, found)
        if question.groups is not None:
            _count_group(holder, shard, question.groups, by_group)
    by_day = _by_day(shard)
    _explain(session, shard, question, question.as_of, by_day.pop(question.as_of, []), found)
    ids = list(shard.holders)
    first, *later = personas_of_a_week(session, ids, question.as_of, question.rulebook)
    found.flips += count_flips(first, later)
    for day, items in by_day.items():  # last, for each day that lies back means to measure from the first row on
        _explain(session, shard, question, day, items, found)


def _read(session: Session, user_ids: Sequence[UUID], question: Question) -> Shard:
    subjects = read_people(session, user_ids, question.as_of, question.rulebook, question.at, "auto")
    items: dict[UUID, list[ActiveItem]] = defaultdict(list)
    with raw_cursor(session) as cursor:
        holders = stored.with_data(cursor, user_ids)
        for item in stored.active_items(cursor, [holder.user_id for holder in holders]):
            items[item.user_id].append(item)
        changed = [item for holder in holders for item in items[holder.user_id] if holder.changed_after(item)]
        standing = stored.standing_evidence(cursor, changed)
    versions = {item.rulebook_version for of_person in items.values() for item in of_person}
    return Shard(
        {holder.user_id: holder for holder in holders},
        items,
        {UUID(subject.user_id): subject.person for subject in subjects if subject.person},
        standing,
        {version: made_by(session, version, question.rulebook).disclosures for version in versions},
    )


def _judge(holder: Holder, shard: Shard, question: Question, found: Evaluation) -> None:
    """Coverage, and whether each item is relevant and passes the tone."""
    person, items = shard.people.get(holder.user_id), shard.items[holder.user_id]
    found.people += 1
    found.items += len(items)
    found.coverage += Share(int(person is not None and is_covered(person.persona, person.signals)), 1)
    for item in items:
        reason = irrelevance(item, person, question.rulebook, question.as_of)
        words = faults_of_words(item, question.rulebook, shard.disclosures[item.rulebook_version])
        found.relevance.add(Share(int(reason is None), 1), [_fault(item, reason)] if reason else [])
        found.tone.add(Share(int(not words), 1), [_fault(item, "; ".join(words))] if words else [])


def _count_group(holder: Holder, shard: Shard, groups: Mapping[str, str], by_group: GroupCounts) -> None:
    person = shard.people.get(holder.user_id)
    by_group.add(
        group_of(str(holder.user_id), holder.email, groups),
        person.persona if person else None,
        is_open_to_offers=person is not None and person.offers_until is not None,
        has_offer=any(item.kind == "offer" for item in shard.items[holder.user_id]),
    )


def _by_day(shard: Shard) -> dict[date | None, list[ActiveItem]]:
    """The items by the day on which they were decided; None: their traces can't be read."""
    by_day: dict[date | None, list[ActiveItem]] = defaultdict(list)
    for items in shard.items.values():
        for item in items:
            by_day[item.trace.as_of if item.trace else None].append(item)
    return by_day


def _explain(
    session: Session,
    shard: Shard,
    question: Question,
    day: date | None,
    items: Sequence[ActiveItem],
    found: Evaluation,
) -> None:
    """Measures the people anew for the day on which these items were decided, and follows their figures."""
    anew = _measured_on(session, day, items)
    for item in items:
        signals = anew.get((item.user_id, item.trace.window_days)) if item.trace else None
        standing = shard.standing[item.user_id] if shard.holders[item.user_id].changed_after(item) else None
        explanation = explain(item, signals, standing, question.rulebook.vocabulary)
        explained = explanation.measured_anew + explanation.by_evidence
        found.by_evidence += explanation.by_evidence
        found.explainability.add(
            Share(explained, explanation.figures), [_fault(item, what) for what in explanation.faults]
        )


def _measured_on(session: Session, day: date | None, items: Sequence[ActiveItem]) -> Mapping[read.Key, UserSignals]:
    if day is None:
        return {}
    people = sorted({item.user_id for item in items})
    measured = bring_to(session, people, day)
    return read.load(session, measured, sorted({item.trace.window_days for item in items if item.trace}))


def _fault(item: ActiveItem, what: str) -> Fault:
    return Fault(str(item.user_id), item.recommendation_id, item.item_id, what)
