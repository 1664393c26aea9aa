"""Names as they are compared: in lower case and without accents."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=100_000)
def folded(name: str) -> str:
    """The name in lower case, accents and compatibility forms gone: `Převod Ｎo. 5` → `prevod no. 5`."""
    lowered = name.casefold()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(character for character in decomposed if not unicodedata.combining(character))
