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
from spendsense.evaluation.people import Person
from spendsense.evaluation.result import Evaluation, Fault
from spendsense.evaluation.rules import Situation, faults_of_words, irrelevance
from spendsense.evaluation.shares import Share
from spendsense.evaluation.stability import count_flips, personas_of_a_week
from spendsense.pipeline.preview import bring_to
from spendsense.recommendations import circumstances
from spendsense.rulebook.types import Rulebook
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

    people: list[Person]
    items: dict[UUID, list[ActiveItem]]
    situations: dict[UUID, Situation]
    standing: dict[UUID, frozenset[Named]]  # of items whose person's data changed after the decision


def evaluate_shard(
    session: Session, user_ids: Sequence[UUID], question: Question, found: Evaluation, by_group: GroupCounts
) -> None:
    """Adds these people to what was found. The caller holds their rows of `users`."""
    shard = _read(session, user_ids, question)
    for person in shard.people:
        _judge(person, shard, question, found)
        if question.groups is not None:
            _count_group(person, shard, question.groups, by_group)
    ids = [person.user_id for person in shard.people]
    first, *later = personas_of_a_week(session, ids, question.as_of, question.rulebook)
    found.flips += count_flips(first, later)
    _explain(session, shard, question.rulebook, found)


def _read(session: Session, user_ids: Sequence[UUID], question: Question) -> Shard:
    window_days = question.rulebook.primary_window_days
    bring_to(session, user_ids, question.as_of)
    signals = read.load(session, user_ids, (window_days,))
    items: dict[UUID, list[ActiveItem]] = defaultdict(list)
    with raw_cursor(session) as cursor:
        people = stored.with_data(cursor, user_ids, window_days, question.at)
        circumstances_of = circumstances.load(cursor, [str(person.user_id) for person in people], question.as_of)
        for item in stored.active_items(cursor, [person.user_id for person in people]):
            items[item.user_id].append(item)
        changed = [item for person in people for item in items[person.user_id] if person.changed_after(item)]
        standing = stored.standing_evidence(cursor, changed)
    situations = {
        person.user_id: Situation(
            question.as_of,
            person.persona,
            signals.get((person.user_id, window_days)),
            person.offers_until,
            circumstances_of[str(person.user_id)],
        )
        for person in people
    }
    return Shard(people, items, situations, standing)


def _judge(person: Person, shard: Shard, question: Question, found: Evaluation) -> None:
    """Coverage, and whether each item is relevant and passes the tone."""
    situation, items = shard.situations[person.user_id], shard.items[person.user_id]
    found.people += 1
    found.items += len(items)
    found.coverage += Share(int(is_covered(person.persona, situation.signals)), 1)
    for item in items:
        reason = irrelevance(item, situation, question.rulebook)
        words = faults_of_words(item, question.rulebook)
        found.relevance.add(Share(int(reason is None), 1), [_fault(item, reason)] if reason else [])
        found.tone.add(Share(int(not words), 1), [_fault(item, "; ".join(words))] if words else [])


def _count_group(person: Person, shard: Shard, groups: Mapping[str, str], by_group: GroupCounts) -> None:
    by_group.add(
        group_of(str(person.user_id), person.email, groups),
        person.persona,
        is_open_to_offers=person.offers_until is not None,
        has_offer=any(item.kind == "offer" for item in shard.items[person.user_id]),
    )


def _explain(session: Session, shard: Shard, rulebook: Rulebook, found: Evaluation) -> None:
    """Measures the people anew for each day on which an item of theirs was decided, and follows its figures."""
    person_of = {person.user_id: person for person in shard.people}
    by_day: dict[date | None, list[ActiveItem]] = defaultdict(list)
    for item in (item for of_person in shard.items.values() for item in of_person):
        by_day[item.trace.as_of if item.trace else None].append(item)
    for day, of_day in by_day.items():
        anew = _measured_on(session, day, of_day)
        for item in of_day:
            signals = anew.get((item.user_id, item.trace.window_days)) if item.trace else None
            has_changed = person_of[item.user_id].changed_after(item)
            evidence = shard.standing[item.user_id] if has_changed else None
            explanation = explain(item, signals, evidence, rulebook.vocabulary)
            explained = explanation.measured_anew + explanation.by_evidence
            found.by_evidence += explanation.by_evidence
            found.explainability.add(
                Share(explained, explanation.figures), [_fault(item, what) for what in explanation.faults]
            )


def _measured_on(session: Session, day: date | None, items: Sequence[ActiveItem]) -> Mapping[read.Key, UserSignals]:
    if day is None:
        return {}
    people = sorted({item.user_id for item in items})
    bring_to(session, people, day)
    return read.load(session, people, sorted({item.trace.window_days for item in items if item.trace}))


def _fault(item: ActiveItem, what: str) -> Fault:
    return Fault(str(item.user_id), item.recommendation_id, item.item_id, what)
