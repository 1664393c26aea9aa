"""Who is on the other side of a transaction: a name becomes a key that is the same for every charge of one merchant."""

from functools import lru_cache
from hashlib import blake2b


def counterparty(
    merchant_entity_id: str | None, merchant_name: str | None, name: str, amount_cents: int
) -> tuple[int | None, bool]:
    """The 64-bit key of the other side, and whether the name says nothing, in which case the amount is in the key."""
    if merchant_entity_id:
        return _key("e:" + merchant_entity_id), False
    normal = normalise(merchant_name or name)
    return (_key("n:" + normal), False) if normal else (None, False)


@lru_cache(maxsize=100_000)
def normalise(name: str) -> str:
    """The name without what changes from charge to charge."""
    return " ".join(name.casefold().split())


@lru_cache(maxsize=100_000)
def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
