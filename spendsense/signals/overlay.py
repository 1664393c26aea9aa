"""The streams as people have them: what they said of a stream, laid over what the rows show.

Streams are found anew whenever rows change; a choice is kept apart from them, under the slot of its stream.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import psycopg2.extensions
from msgspec import Struct, structs

from spendsense.signals.cadence import Cadence
from spendsense.signals.judged import Judged, Slot, join, kept
from spendsense.signals.packing import Packed


class Choice(Struct, frozen=True):
    """What was said of the stream of one slot."""

    stream_id: str
    slot: Slot
    cadence: Cadence
    transaction_ids: list[str]
    verdict: str | None
    same_as: str | None


class Choices(Struct, frozen=True):
    """What one person said, and the slots of all of their streams by id: stored ones and chosen ones."""

    choices: list[Choice]
    slots: dict[str, Slot]


def choices_of(cursor: psycopg2.extensions.cursor, user_ids: Sequence[str]) -> dict[str, Choices]:
    """The choices of those of these people who made some."""
    cursor.execute(
        "SELECT user_id::text, stream_id::text, counterparty_key, direction = 'inflow', plan, cadence, transaction_ids,"
        " verdict, same_as::text FROM stream_choices WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id, stream_id",
        (list(user_ids),),
    )
    choices: dict[str, list[Choice]] = defaultdict(list)
    for user_id, stream_id, key, is_inflow, plan, cadence, transaction_ids, verdict, same_as in cursor.fetchall():
        slot = (user_id, key, is_inflow, plan)
        choices[user_id].append(Choice(stream_id, slot, Cadence(cadence), transaction_ids, verdict, same_as))
    if not choices:
        return {}
    slots: dict[str, dict[str, Slot]] = {
        user_id: {choice.stream_id: choice.slot for choice in made} for user_id, made in choices.items()
    }
    cursor.execute(
        "SELECT user_id::text, stream_id::text, counterparty_key, direction = 'inflow', plan FROM streams"
        " WHERE user_id = ANY(%s::uuid[])",
        (list(choices),),
    )
    for user_id, stream_id, key, is_inflow, plan in cursor.fetchall():
        slots[user_id][stream_id] = (user_id, key, is_inflow, plan)
    return {user_id: Choices(made, slots[user_id]) for user_id, made in choices.items()}


def lay_over(said: Choices, streams: Iterable[Judged], groups: Mapping[tuple[int, bool], Packed]) -> list[Judged]:
    """One person's streams as the person has them. `groups` are their packed groups by counterparty and direction."""
    by_slot = {stream.slot: stream for stream in streams}
    for choice in said.choices:
        if choice.verdict == "recurring" and choice.slot not in by_slot:
            packed = groups.get((choice.slot[1], choice.slot[2]))
            taken = {
                one for slot, other in by_slot.items() if slot[:3] == choice.slot[:3] for one in other.transaction_ids
            }
            stream = packed and kept(packed, choice.transaction_ids, taken, choice.slot[3], choice.cadence)
            if stream:
                by_slot[choice.slot] = stream
    for choice in said.choices:
        target = _last_target(choice, said)
        part = by_slot.get(choice.slot)
        if target is None or part is None or target == choice.slot:
            continue
        del by_slot[choice.slot]
        whole = by_slot.get(target)
        by_slot[target] = join(part, whole) if whole else _moved(part, target)
    return list(by_slot.values())


def _last_target(choice: Choice, said: Choices) -> Slot | None:
    """Where the chain of `same_as` ends: that one may be part of a third."""
    following = {one.stream_id: one.same_as for one in said.choices}
    target = choice.same_as
    for _ in said.choices:
        if target is None or following.get(target) is None:
            break
        target = following[target]
    return said.slots.get(target) if target else None


def _moved(stream: Judged, slot: Slot) -> Judged:
    _, key, is_inflow, plan = slot
    return structs.replace(stream, counterparty_key=key, is_inflow=is_inflow, plan=plan)
