"""The tables, split by subject. `user_id` stands first in the key of whatever grows with the number of people."""

from spendsense.store.models.advice import Feedback, Recommendation, RecommendationEvent, RulebookVersion, Trace
from spendsense.store.models.bank import (
    Account,
    Balance,
    Correction,
    CounterpartyName,
    Item,
    Liability,
    RemovedTransaction,
    Transaction,
    Upload,
)
from spendsense.store.models.measures import (
    CardSignals,
    MerchantFlag,
    Persona,
    PersonaChange,
    Stream,
    StreamChoice,
    WindowSignals,
)
from spendsense.store.models.people import Consent, ConsentNotice, Progress, SetAside, User
from spendsense.store.models.records import AuditAnchor, AuditEvent, AuditLink, Flag, JobRun, OperatorAction
from spendsense.store.models.requests import KeptAnswer, RequestRate

__all__ = [
    "Account",
    "AuditAnchor",
    "AuditEvent",
    "AuditLink",
    "Balance",
    "CardSignals",
    "Consent",
    "ConsentNotice",
    "Correction",
    "CounterpartyName",
    "Feedback",
    "Flag",
    "Item",
    "JobRun",
    "KeptAnswer",
    "Liability",
    "MerchantFlag",
    "OperatorAction",
    "Persona",
    "PersonaChange",
    "Progress",
    "Recommendation",
    "RecommendationEvent",
    "RemovedTransaction",
    "RequestRate",
    "RulebookVersion",
    "SetAside",
    "Stream",
    "StreamChoice",
    "Trace",
    "Transaction",
    "Upload",
    "User",
    "WindowSignals",
]
