"""What `doctor` and `deploy check` find when they look at something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `cure` is None when it is in order."""

    subject: str
    found: str
    cure: str | None = None

    def __str__(self) -> str:
        """The line that is printed: `disk         ok: 12.3 GB free in /home/ann`."""
        verdict = f"wrong: {self.found}; {self.cure}" if self.cure else f"ok: {self.found}"
        return f"{self.subject:<12} {verdict}"
