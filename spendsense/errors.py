"""What can go wrong, in the domain's words. Status codes and exit codes are the edge's business."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of an input: where it is (a JSON pointer, or `line 3, amount` in a CSV) and what is wrong with it."""

    pointer: str
    detail: str


class SpendSenseError(Exception):
    """Base of everything this project raises on purpose. The text is safe to show: it holds no personal data."""


class ConfigurationError(SpendSenseError):
    """The process can't start as it is configured; the text names the variable and the cure."""


class DeploymentError(SpendSenseError):
    """A step of a deployment failed; the text names what, and the cure where there is one."""


class InvalidInput(SpendSenseError):
    """The input can't be taken; nothing of it was stored."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class TooLarge(SpendSenseError):
    """The input is larger than a stated limit, before or after decompression."""


class UnsupportedMediaType(SpendSenseError):
    """The input is of a type that is not read here."""


class Unauthenticated(SpendSenseError):
    """No token, or one that does not hold. The text never says which check failed."""


class Forbidden(SpendSenseError):
    """The caller is known and may not do this."""


class ConsentMissing(Forbidden):
    """The person has not agreed to this purpose, or the agreement has ended."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"There is no live consent to '{purpose}'.")
        self.purpose = purpose


class NotFound(SpendSenseError):
    """The thing does not exist, or is not the caller's: the two are not told apart."""


class Conflict(SpendSenseError):
    """The request does not fit the present state."""


class EntriesRefused(Conflict):
    """Some of many things can't be done, so none was; `errors` names each of them and why."""

    def __init__(self, detail: str, errors: Sequence[FieldError]) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class ConsentTextOutdated(Conflict):
    """The text that is agreed to is not the one in force; `current` names that one."""

    def __init__(self, current: str, *, is_known: bool) -> None:
        what = "This version of the text is outdated" if is_known else "There is no such version of the text"
        super().__init__(f"{what}. The one in force is '{current}': read it, and agree to that.")
        self.current = current


class KeyReused(InvalidInput):
    """An idempotency key came before with another request."""


class Outdated(SpendSenseError):
    """What is to be changed is not what the caller has seen."""


class TagNeeded(SpendSenseError):
    """The change must name what the caller has seen, by its tag."""


class TooManyRequests(SpendSenseError):
    """The caller asks too often; after `retry_after` seconds the next request may be made."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"These are too many requests; the next may come in {retry_after} s.")
        self.retry_after = retry_after


class HeadersTooLarge(SpendSenseError):
    """The request has more, or longer, headers than are read."""


class Unavailable(SpendSenseError):
    """Something this process needs is away for now; trying again later may work."""
