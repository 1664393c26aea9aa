"""A stream as it was found, with its own charges alone: what is written, and what can be joined with another."""

from collections import Counter
from collections.abc import Container, Sequence

from msgspec import Struct, structs

from spendsense.signals.amounts import Group
from spendsense.signals.cadence import Cadence
from spendsense.signals.packing import SEPARATOR, Packed, kinds_of, purposes_of
from spendsense.signals.streams import Found, find_streams, stream_at
from spendsense.store.kinds import Purpose

Slot = tuple[str, int, bool, int]
"""Person, counterparty, is inflow, number among the plans: what a stream is known by."""

FIRM_CHARGES = 6  # of money from somebody who is also paid: then they are no refunds


class Judged(Struct, frozen=True, gc=False):
    """One stream. Its charges by day and id; codes as in `packing.Packed`, amounts in positive cents."""

    user_id: str
    counterparty_key: int
    is_inflow: bool
    plan: int
    codes: list[int]
    cents: list[int]
    transaction_ids: list[str]
    found: Found

    @property
    def slot(self) -> Slot:
        """What the stream is known by."""
        return self.user_id, self.counterparty_key, self.is_inflow, self.plan

    @property
    def purposes(self) -> list[Purpose]:
        """What each charge would be by itself."""
        return purposes_of(self.codes)

    @property
    def kinds(self) -> list[int]:
        """What each charge counts as."""
        return kinds_of(self.codes)


def judge(packed: Packed) -> list[tuple[Found, list[str]]]:
    """The streams of a group, each with the ids of its rows."""
    if not packed.may_have_stream:
        return []
    purposes = packed.purposes
    found = find_streams(Group(packed.days, packed.cents, most_common(purposes), packed.is_inflow, packed.is_opaque))
    if not found:
        return []
    ids = packed.transaction_ids
    if len(found[0].members) == len(ids):
        return [(found[0], ids)]
    return [(one, [ids[place] for place in one.members]) for one in found]


def judge_received(packed: Packed, refunds: set[str]) -> tuple[Packed, list[tuple[Found, list[str]]]]:
    """The same of money that comes in, some of which may be refunds, with the group that the streams are of.

    What comes firmly is no refund: a stream of six charges or more that keeps its price. Where no such one holds any of
    the refunds, they are left out; else only streams without any are found beside the firm ones.
    """
    if refunds.isdisjoint(packed.transaction_ids):
        return packed, judge(packed)
    found = judge(packed)
    kept = [one for one in found if _is_firm(one[0]) or refunds.isdisjoint(one[1])]
    if any(not refunds.isdisjoint(ids) for _, ids in kept):
        return packed, kept
    ids = packed.transaction_ids
    rest = _at(packed, [place for place, transaction_id in enumerate(ids) if transaction_id not in refunds])
    return rest, judge(rest)


def _is_firm(found: Found) -> bool:
    return not found.is_early and not found.varies and len(found.members) >= FIRM_CHARGES


def _at(packed: Packed, places: Sequence[int]) -> Packed:
    """The group with the rows at these places alone."""
    ids = packed.transaction_ids
    return structs.replace(
        packed,
        codes=[packed.codes[place] for place in places],
        cents=[packed.cents[place] for place in places],
        may_have_stream=packed.may_have_stream and len(places) > 1,
        joined_ids=SEPARATOR.join([ids[place] for place in places]),
    )


def judged(packed: Packed, found: Found, transaction_ids: list[str], plan: int) -> Judged:
    """The stream with its charges, under its number."""
    codes, cents = packed.codes, packed.cents
    if len(found.members) < len(codes):
        codes, cents = [codes[place] for place in found.members], [cents[place] for place in found.members]
    return Judged(packed.user_id, packed.counterparty_key, packed.is_inflow, plan, codes, cents, transaction_ids, found)


def join(one: Judged, other: Judged) -> Judged:
    """The two as one stream, known as the second: at the cadence that they keep together, else at the later one's."""
    charges = sorted(
        {
            (code >> 8, transaction_id): (code, cents)
            for part in (one, other)
            for code, cents, transaction_id in zip(part.codes, part.cents, part.transaction_ids, strict=True)
        }.items()
    )
    codes, cents = ([pair[place] for _, pair in charges] for place in (0, 1))
    later = max(one, other, key=lambda part: part.codes[-1] >> 8)
    group = Group([code >> 8 for code in codes], cents, most_common(later.purposes), other.is_inflow)
    together = find_streams(group)
    is_one = len(together) == 1 and len(together[0].members) == len(charges)
    found = together[0] if is_one else stream_at(group, later.found.cadence)
    ids = [transaction_id for (_, transaction_id), _ in charges]
    return structs.replace(other, codes=codes, cents=cents, transaction_ids=ids, found=found)


def kept(
    packed: Packed, transaction_ids: Sequence[str], taken: Container[str], plan: int, cadence: Cadence
) -> Judged | None:
    """A stream that the rows show no more and the person says is one: its rows that are left, and those after them.

    Those `taken` are in other streams of the group by now, and not in this one as well.
    """
    known = set(transaction_ids)
    ids = packed.transaction_ids
    free = [place for place, transaction_id in enumerate(ids) if transaction_id not in taken]
    present = [place for place in free if ids[place] in known]
    if not present:
        return None
    members = present + [place for place in free if place > present[-1]]
    part = _at(packed, members)
    found = stream_at(Group(part.days, part.cents, most_common(packed.purposes), part.is_inflow), cadence)
    return Judged(
        part.user_id, part.counterparty_key, part.is_inflow, plan, part.codes, part.cents, part.transaction_ids, found
    )


def most_common(purposes: Sequence[Purpose]) -> Purpose:
    """What most of the rows say; the later ones where as many say another."""
    if purposes.count(purposes[-1]) * 2 >= len(purposes):
        return purposes[-1]
    return Counter(reversed(purposes)).most_common(1)[0][0]
