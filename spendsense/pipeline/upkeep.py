"""What the nightly run does before it measures: notices, what has ended, what is kept too long, the audit's anchor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.audit.anchoring import anchor_news
from spendsense.config import load_settings
from spendsense.consent.term import OFFERS_EXPIRED, Chore, chores
from spendsense.pipeline.apart import apart
from spendsense.pipeline.claims import Moment, Scope, within
from spendsense.recommendations.forgetting import forget_offers
from spendsense.store import answers, rates
from spendsense.store.models import User
from spendsense.store.session import transaction

SHARD_SIZE = 200  # a shard of people with years of rows is deleted within the Lambda's safety margin


@dataclass(slots=True)
class Kept:
    """How many people each chore was done for, by its name, and whose data breaks one."""

    done: dict[str, int] = field(default_factory=dict)
    left_out: list[UUID] = field(default_factory=list)


def keep_up(scope: Scope, moment: Moment, is_over: Callable[[], bool]) -> Kept:
    """Does every chore for whoever it is due for, shard by shard.

    It may stop after any shard, when `is_over()` says so: what is not reached, or breaks, is still due in the next run.
    A run for everybody, or the first of its shards, then signs how far the audit goes, where there is a key to do so.
    """
    kept = Kept()
    with transaction() as session:
        answers.purge(session, moment.at)
        rates.purge(session, moment.at)
    settings = load_settings()
    for chore in chores(settings.consent_retention_days):
        _do(chore, scope, moment.at, is_over, kept)
    if settings.audit_anchor_key and scope.user_ids is None and (scope.shard is None or scope.shard.index == 0):
        with transaction() as session:
            kept.done["audit_anchors"] = int(anchor_news(session, settings.audit_anchor_key, moment.at) is not None)
    return kept


def _do(chore: Chore, scope: Scope, at: datetime, is_over: Callable[[], bool], kept: Kept) -> None:
    kept.done[chore.name] = 0
    after: UUID | None = None
    while True:
        query = within(scope, chore.due(at)).order_by(User.user_id).limit(SHARD_SIZE)
        if after is not None:
            query = query.where(User.user_id > after)
        with transaction() as session:
            people = list(session.scalars(query.with_for_update(of=User, skip_locked=True)))
            reached = apart(session, people, partial(_do_for, session, chore, at))
        if not people:
            return
        kept.done[chore.name] += len(reached)
        kept.left_out += {*people} - {*reached}
        after = people[-1]
        if is_over():
            return


def _do_for(session: Session, chore: Chore, at: datetime, people: Sequence[UUID]) -> None:
    chore.do(session, people, at)
    if chore.name == OFFERS_EXPIRED:
        forget_offers(session, people)
