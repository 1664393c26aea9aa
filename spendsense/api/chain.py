"""After new data or a new consent: the three stations for that one person, at once."""

from uuid import UUID

from spendsense.logs import describe, log
from spendsense.pipeline.run import refresh


def refresh_person(user_id: UUID) -> bool:
    """Measures, names and advises one person. False when that failed: the next run of the jobs makes up for it.

    What was asked for (the upload, the consent) is stored by then, so a failure here is logged and not the caller's.
    """
    try:
        refresh(user_id)
    except Exception as error:  # noqa: BLE001  whatever it is, what was asked for stands
        log.error("refresh_failed", user_id=str(user_id), **describe(error))
        return False
    return True
