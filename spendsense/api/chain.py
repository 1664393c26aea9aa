"""After new data, a new consent or what a person says: the three stations for that one person, at once."""

from uuid import UUID

from marshmallow import Schema, fields

from spendsense.logs import describe, log
from spendsense.pipeline.run import refresh


class Followed(Schema):
    """The part of an answer that says whether the rest followed at once."""

    is_up_to_date = fields.Boolean(
        required=True,
        metadata={"description": "Whether signals and recommendations followed at once; else the next run makes them"},
    )


def refresh_person(user_id: UUID) -> bool:
    """Measures, names and advises one person. False when that failed: the next run of the jobs makes up for it.

    What was asked for (the upload, the consent, the choice) is stored by then: failure is logged, and not the caller's.
    """
    try:
        refresh(user_id)
    except Exception as error:  # noqa: BLE001  whatever it is, what was asked for stands
        log.error("refresh_failed", user_id=str(user_id), **describe(error))
        return False
    return True
