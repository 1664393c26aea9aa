"""What waits is told of by the rulebook that chose it, whatever is in force by now."""

from sqlalchemy.orm import Session

from spendsense.operators.review import queue
from tests.recommendations.advised import LATER, for_nobody, high_person


def test_a_rule_that_changed_since_changes_nothing_of_why_it_was_chosen(session: Session) -> None:
    high_person(session, delivery="approval")
    waiting = queue(session, for_nobody("utilization-explained"), LATER, by_age=False, after=None, limit=20)
    (one,) = [one for one in waiting if one.recommendation.item_id == "utilization-explained"]
    assert one.why is not None
    assert one.why.is_for_persona
