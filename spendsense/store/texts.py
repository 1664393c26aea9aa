"""What texts a row can hold."""

import re
from typing import Final

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""What no text of the store has: NUL, and half a character (a lone surrogate)."""
