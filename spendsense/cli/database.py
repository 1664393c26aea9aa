"""`spendsense db`: the database in use."""

import click

from spendsense.cli.context import application, read_url


@click.group("db")
def database() -> None:
    """The database in use: DATABASE_URL, else this project's embedded server."""


@database.command()
def upgrade() -> None:
    """Bring the tables up to date."""
    from spendsense.store import migrations

    with application(is_migration=True):
        migrations.upgrade()


@database.command()
def url() -> None:
    """Print the URL in use, password included, without a query string; starts the embedded server."""
    full = read_url()
    click.echo(full.set(drivername="postgresql", query={}).render_as_string(hide_password=False))
    if full.query:
        click.echo(f"note: DATABASE_URL also sets {', '.join(full.query)}, which is left out here", err=True)


@database.command()
def stop() -> None:
    """Stop the embedded server; its data stays."""
    from spendsense.local.postgres import stop as stop_server

    click.echo("stopped" if stop_server() else "was not running")
