"""Whether this process answers. It asks nothing of the database, and says nothing of the inside."""

from marshmallow import Schema, fields

from spendsense.api.resource import PREFIX, PUBLIC, Resource

health = Resource("health", "Whether the service is up.", prefix="")


class Health(Schema):
    """The one thing that is said."""

    status = fields.String(required=True)


@health.operation("GET", f"{PREFIX}/health", to=PUBLIC, answers=Health, example={"status": "ok"})
@health.operation("GET", "/health", to=PUBLIC, answers=Health, example={"status": "ok"})
def read_health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
