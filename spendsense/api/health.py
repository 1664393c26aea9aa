"""Whether this process answers. It asks nothing of the database, and says nothing of the inside."""

from marshmallow import Schema, fields

from spendsense.api.probe import HEALTHY, SHORT_PATH, VERSIONED_PATH
from spendsense.api.resource import PUBLIC, Resource

health = Resource("health", "Whether the service is up.", prefix="")


class Health(Schema):
    """The one thing that is said."""

    status = fields.String(required=True)


@health.operation("GET", VERSIONED_PATH, to=PUBLIC, answers=Health, example=HEALTHY)
@health.operation("GET", SHORT_PATH, to=PUBLIC, answers=Health, example=HEALTHY)
def read_health() -> dict[str, str]:
    """Whether the service answers."""
    return HEALTHY
