"""Evaluates everybody, shard by shard: what is shown, to whom, why, and whether it holds. Stores nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from spendsense.clock import today
from spendsense.evaluation.fairness import GroupCounts
from spendsense.evaluation.latency import time_people
from spendsense.evaluation.result import Evaluation
from spendsense.evaluation.shard import Question, evaluate_shard
from spendsense.pipeline.preview import count_people, next_people, taken_back
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Progress, User

SHARD_SIZE: Final = 250  # people whose rows are locked at once, for a second or so
SAMPLE: Final = 100

Progressed = Callable[[int, int], None]
"""Called with people done and people in all, the timed ones counted once more."""


def evaluate(
    at: datetime,
    as_of: date | None = None,
    groups: Mapping[str, str] | None = None,
    *,
    sample: int = SAMPLE,
    progress: Progressed = lambda _done, _total: None,
) -> Evaluation:
    """Every measure, over all people under live consent to the analysis at `at` who have data.

    `as_of` is the last day that the jobs have measured, unless it is given. `groups` is email or id → group. Memory
    is bounded by the shard, whatever the number of people.
    """
    as_of = as_of or last_measured_day(at) or today()
    question = Question(as_of, at, load_rulebook(), groups)
    found = Evaluation(as_of, question.rulebook.version)
    by_group = GroupCounts()
    total = count_people(at)
    all_steps = total + min(total, sample)
    done, after = 0, None
    progress(0, all_steps)
    while people := _evaluate_next(question, after, found, by_group):
        done, after = done + len(people), people[-1]
        progress(done, all_steps)
    found.latency = time_people(as_of, at, sample, lambda timed: progress(done + timed, all_steps))
    found.fairness = None if groups is None else by_group.rates()
    return found


def last_measured_day(at: datetime) -> date | None:
    """The last day for which signals of anybody under live consent are stored; None when there are none."""
    query = select(func.max(Progress.measured_as_of)).join(User).where(User.analysis_until > at)
    with taken_back() as session:
        return session.scalar(query)


def _evaluate_next(question: Question, after: UUID | None, found: Evaluation, by_group: GroupCounts) -> Sequence[UUID]:
    """Evaluates one shard. Returns its people; nobody when nobody is left."""
    with taken_back() as session:
        people = next_people(session, question.at, after, SHARD_SIZE)
        if people:
            evaluate_shard(session, people, question, found, by_group)
        return people
