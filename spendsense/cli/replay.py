"""`spendsense replay`: the decision behind a recommendation, made again from its trace."""

import sys
from typing import TYPE_CHECKING
from uuid import UUID

import click

from spendsense.cli.context import application

if TYPE_CHECKING:
    from spendsense.recommendations.replay import Replay


@click.command()
@click.argument("recommendation_id", metavar="ID", type=click.UUID)
@click.option("--json", "is_json", is_flag=True, help="Print the result as JSON.")
def replay(recommendation_id: UUID, is_json: bool) -> None:
    """Make the decision behind a recommendation again, from its trace and the rulebook that was kept with it.

    Says that everything is identical, or what differs (exit code 1).
    """
    from spendsense.recommendations.replay import replay as decide_again
    from spendsense.store.session import transaction

    with application(), transaction() as session:
        result = decide_again(session, recommendation_id)
    click.echo(_json(result) if is_json else _told(result))
    if not result.is_identical:
        sys.exit(1)


def _told(result: "Replay") -> str:
    about = f"{result.item_id}, chosen on {result.chosen_on} by rulebook {result.rulebook_version}"
    if result.is_identical:
        return f"identical: {about}"
    return "\n".join([f"differs: {about}", *(f"  {difference}" for difference in result.differences)])


def _json(result: "Replay") -> str:
    import msgspec

    return msgspec.json.encode({"is_identical": result.is_identical, **msgspec.to_builtins(result)}).decode()
